//! Questions about what was chosen, by which ratings, and among how much luck.

use hourglass_report::format;
use hourglass_train::Selection;

use super::{Check, Raised, Setting, Severity};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "last-epoch",
        trap: Some(3),
        why: "how many epochs are right is a choice like any other: made by looking at test errors, it makes them too good",
        look: last_epoch,
    },
    Check {
        name: "chosen-by-training",
        trap: Some(14),
        why: "the loss on what is learned from goes on falling when that on other ratings rises: it stops late or never",
        look: chosen_by_training,
    },
    Check {
        name: "nothing-to-choose-by",
        trap: Some(3),
        why: "the best of several settings is then the best by chance on the test ratings, and its error too good",
        look: nothing_to_choose_by,
    },
    Check {
        name: "tiny-validation",
        trap: Some(3),
        why: "with few ratings the best epoch and the best setting are the luckiest",
        look: tiny_validation,
    },
    Check {
        name: "few-seeds",
        trap: None,
        why: "two trainings that differ in nothing but the seed differ in the third digit: less than that is no difference",
        look: few_seeds,
    },
    Check {
        name: "tuned-on-one-split",
        trap: None,
        why: "the best of many settings fits the ratings that happened to be held out; on another split it is seldom the best",
        look: tuned_on_one_split,
    },
    Check {
        name: "settings-stopped-early",
        trap: Some(16),
        why: "a setting that learns slowly is stopped before it shows what it can",
        look: settings_stopped_early,
    },
];

fn last_epoch(setting: &Setting<'_>) -> Option<Raised> {
    let train = &setting.config.train;
    let is_fitted_at_once = setting.config.model.baseline().is_some_and(|baseline| !baseline.learns_by_epochs());
    let fixed = train.selection == Selection::Last && train.early_stopping.is_none();
    (fixed && !is_fitted_at_once && !setting.has_no_validation()).then_some(())?;
    Severity::Doubtful.at(
        "train.selection",
        format!("the weights of epoch {} are tested, whatever the validation ratings say", train.epochs),
        "set train.selection = \"best\", or say where the number of epochs comes from",
    )
}

fn chosen_by_training(setting: &Setting<'_>) -> Option<Raised> {
    let train = &setting.config.train;
    (train.is_watched() && !train.monitor.needs_validation()).then_some(())?;
    let what = match (train.selection == Selection::Best, train.early_stopping.is_some()) {
        (true, true) => "the epoch is chosen, and training stopped",
        (true, false) => "the epoch is chosen",
        (false, true) => "training is stopped",
        (false, false) => "the learning rate is lowered",
    };
    Severity::Doubtful.at(
        "train.monitor",
        format!("{what} by {}, which is of the ratings that are learned from", train.monitor.name()),
        "monitor a column of validation, such as \"validation.rmse\"",
    )
}

fn nothing_to_choose_by(setting: &Setting<'_>) -> Option<Raised> {
    (setting.settings > 1 && setting.has_no_validation()).then_some(())?;
    Severity::Doubtful.at(
        "split",
        format!(
            "{} settings are compared, and nothing is held out to choose by but the test ratings",
            setting.settings
        ),
        "hold validation ratings out and compare by them: hourglass compare --by validation.rmse",
    )
}

/// Fewer validation ratings than this tell settings apart that are alike.
const FEW_RATINGS: usize = 1000;

fn tiny_validation(setting: &Setting<'_>) -> Option<Raised> {
    let ratings = setting.data?.split.validation.ratings.len();
    let chosen = setting.config.train.is_watched() || setting.settings > 1;
    ((1..FEW_RATINGS).contains(&ratings) && chosen).then_some(())?;
    // The relative standard error of a root mean square of normal errors.
    let uncertain = 100.0 / (2.0 * ratings as f64).sqrt();
    Severity::Doubtful.at(
        "split",
        format!(
            "{} validation ratings decide: an RMSE of so few is uncertain by about {uncertain:.0} %",
            format::count(ratings as u64)
        ),
        "hold more ratings out for validation, or choose by several folds",
    )
}

/// Fewer seeds than this are tested by nothing.
const FEW_SEEDS: usize = 3;

fn few_seeds(setting: &Setting<'_>) -> Option<Raised> {
    let seeds = setting.experiment.seeds.list().len();
    let swept = setting.experiment.sweep.paths().contains(&"seed");
    (seeds < FEW_SEEDS && setting.settings > 1 && !swept).then_some(())?;
    let each = if seeds == 1 { "one seed".to_owned() } else { format!("{seeds} seeds") };
    Severity::Note.at(
        "seeds",
        format!("{} settings are compared with {each} each", setting.settings),
        "list three seeds or more, or compare by user: hourglass compare --by-user",
    )
}

/// From so many settings on, the best of them was found by trying.
const MANY_SETTINGS: usize = 10;

fn tuned_on_one_split(setting: &Setting<'_>) -> Option<Raised> {
    let tuned = setting.settings >= MANY_SETTINGS && !setting.is_made_up();
    (tuned && !setting.varies("split")).then_some(())?;
    Severity::Note.at(
        "sweep",
        format!("the best of {} settings is found on one split", setting.settings),
        "run the best with other values of the split's seed before its error is reported",
    )
}

fn settings_stopped_early(setting: &Setting<'_>) -> Option<Raised> {
    setting.experiment.sweep.stop.as_ref()?;
    Severity::Note.at(
        "sweep.stop",
        "not every setting of the sweep is trained to its end",
        "report how many settings were planned, finished and stopped: summary.csv has them",
    )
}
