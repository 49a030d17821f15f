//! Questions about what is learned: noise, targets, gradients, and what the loss makes of what was not rated.

use hourglass_models::Activation;
use hourglass_train::inputs::Target;
use hourglass_train::objective::On;
use hourglass_train::{GradientConfig, NoiseConfig, ObjectiveConfig, Order};

use super::{Check, Raised, Setting, Severity};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "gradients-never-cleared",
        trap: Some(5),
        why: "each step follows the sum of all gradients so far: no optimizer is meant so, and published numbers that rest on it cannot be \
              had otherwise",
        look: gradients_never_cleared,
    },
    Check {
        name: "noisy-target",
        trap: Some(6),
        why: "what is corrupted is input and target alike, so that noise is learned and nothing is denoised",
        look: noisy_target,
    },
    Check {
        name: "static-noise",
        trap: Some(6),
        why: "noise that is drawn once is a fixed change of the data; it is there when the model is validated and tested, too",
        look: static_noise,
    },
    Check {
        name: "rows-in-a-fixed-order",
        trap: Some(15),
        why: "every epoch makes the same batches, and the last rows weigh more than the first",
        look: rows_in_a_fixed_order,
    },
    Check {
        name: "unrated-counts-as-zero",
        trap: Some(7),
        why: "of a sparse matrix nearly all cells are unrated, so that the loss falls by predicting nearly 0 everywhere",
        look: unrated_counts_as_zero,
    },
    Check {
        name: "constant-targets",
        trap: Some(12),
        why: "where every observed target is the same, the network that always says so has no error, and ranks nothing",
        look: constant_targets,
    },
    Check {
        name: "ratings-out-of-reach",
        trap: Some(12),
        why: "no weights can bring the outputs to these ratings",
        look: ratings_out_of_reach,
    },
];

fn gradients_never_cleared(setting: &Setting<'_>) -> Option<Raised> {
    (setting.config.train.gradient == GradientConfig::NeverCleared).then_some(())?;
    Severity::Wrong.at(
        "train.gradient",
        "the gradients of all earlier batches are in every step",
        "set train.gradient = \"of-batch\" and look for the weight decay anew, or say that this reproduces a mistake",
    )
}

fn noisy_target(setting: &Setting<'_>) -> Option<Raised> {
    (setting.config.input.target == Target::Noisy).then_some(())?;
    Severity::Wrong.at(
        "input.target",
        "outputs are compared with the corrupted ratings",
        "set input.target = \"clean\", or say that this reproduces a mistake",
    )
}

fn static_noise(setting: &Setting<'_>) -> Option<Raised> {
    let once = |noise: &NoiseConfig| serde_json::to_string(noise).is_ok_and(|text| text.contains("\"draw\":\"once\""));
    setting.config.input.noise.iter().any(once).then_some(())?;
    Severity::Doubtful.at(
        "input.noise",
        "noise is drawn once, with draw = \"once\"",
        "leave draw out, which draws it for each epoch and for training alone",
    )
}

fn rows_in_a_fixed_order(setting: &Setting<'_>) -> Option<Raised> {
    let train = &setting.config.train;
    let rows = setting.data.map(|data| match setting.config.input.rows {
        hourglass_data::Axis::Users => data.users.len(),
        hourglass_data::Axis::Items => data.items.len(),
    });
    let several = rows.is_none_or(|rows| train.batch.get() < rows);
    (train.order == Order::AsGiven && several).then_some(())?;
    Severity::Note.at(
        "train.order",
        "rows are visited in the same order in every epoch",
        "set train.order = \"shuffled\"",
    )
}

/// Share of the matrix from which on it is no sparse one.
const FULL: f64 = 0.9;

fn unrated_counts_as_zero(setting: &Setting<'_>) -> Option<Raised> {
    let all = match &setting.config.objective {
        ObjectiveConfig::FullMse(_) => true,
        ObjectiveConfig::Bce(config) => config.on == On::All,
        ObjectiveConfig::BceWithLogits(config) => config.on == On::All,
        _ => false,
    };
    let is_full = setting.density().is_some_and(|density| density > FULL);
    (all && setting.measures_ratings() && !is_full && !setting.is_implicit()).then_some(())?;
    Severity::Doubtful.at(
        &format!("objective.{}", setting.config.objective.name()),
        "what nobody has rated counts as a rating of 0 in the loss",
        "use [objective.masked-mse], or print a trivial baseline beside the errors: the same network with train.epochs = 1",
    )
}

fn constant_targets(setting: &Setting<'_>) -> Option<Raised> {
    // Baselines have losses of their own.
    setting.config.model.baseline().is_none().then_some(())?;
    let observed_only = match &setting.config.objective {
        ObjectiveConfig::MaskedMse(_) => true,
        ObjectiveConfig::Bce(config) => config.on == On::Observed,
        ObjectiveConfig::BceWithLogits(config) => config.on == On::Observed,
        _ => false,
    };
    let [low, high] = setting.training_values()?;
    (observed_only && low == high).then_some(())?;
    Severity::Wrong.at(
        &format!("objective.{}", setting.config.objective.name()),
        format!("every training rating is {low}, and the loss looks at observed ratings alone"),
        "use [objective.multinomial], or [objective.bce] with on = \"all\"",
    )
}

fn ratings_out_of_reach(setting: &Setting<'_>) -> Option<Raised> {
    let config = setting.config;
    let squared = matches!(config.objective, ObjectiveConfig::MaskedMse(_) | ObjectiveConfig::FullMse(_));
    let [low, high] = match config.input.range {
        Some(range) => [range.minimum, range.maximum],
        None => setting.training_values()?,
    };
    let activation: Activation = config.model.output_activation();
    let [least, most] = activation.bounds().filter(|_| squared && config.model.output_range().is_none())?;
    let margin = 1e-6 * (high - low).abs() + 1e-9;
    (f64::from(low) < least - f64::from(margin) || f64::from(high) > most + f64::from(margin)).then_some(())?;
    Severity::Wrong.at(
        "model",
        format!(
            "ratings go from {low} to {high}, outputs of output_activation = \"{}\" from {least} to {most}",
            activation.name()
        ),
        format!("set input.range = [{least}, {most}], or output_activation = \"linear\""),
    )
}
