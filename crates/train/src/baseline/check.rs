//! What says how a network is shown ratings and trained changes nothing of a baseline, and is refused where it is given.

use hourglass_data::Axis;
use serde::Serialize;
use serde_json::Value;

use super::Baseline;
use crate::inputs::{RowScale, Target};
use crate::metric::Metric;
use crate::{ObjectiveConfig, PenaltyConfig, Task, TrainConfig};

/// The keys of `[train]` that say something of baselines, too: of those that learn by epochs.
const READ: [&str; 4] = ["epochs", "selection", "monitor", "early_stopping"];

/// Checks that a baseline is given what it reads.
///
/// # Errors
/// Names all that does not apply, and what to do.
pub(crate) fn check(task: &Task<'_>, baseline: &dyn Baseline) -> Result<(), String> {
    let name = task.model.name();
    if task.rows == Axis::Items {
        return Err(format!(
            "input.rows = \"items\", but model.{name} is a baseline, which reads rows of users; set rows = \"users\" (in a sweep \
             over models, beside the model)"
        ));
    }
    let given: Vec<String> = [input(task), training(task)].concat();
    if !given.is_empty() {
        return Err(format!(
            "model.{name} is a baseline, of which these say nothing: {}; leave them out (in a sweep over models, set them beside the \
             networks alone)",
            given.join(", "),
        ));
    }
    let of_lists = |metric: &&Metric| !matches!(metric, Metric::Rating(_));
    if let Some(metric) = task.evaluation.metrics.list().iter().find(of_lists).filter(|_| !baseline.ranks()) {
        return Err(format!(
            "evaluation.metrics has {metric}, for which every item of a user is predicted, but model.{name} predicts the ratings alone \
             that are held out; leave it out"
        ));
    }
    baseline.check(task)
}

/// What is given of the input besides ratings.
fn input(task: &Task<'_>) -> Vec<String> {
    let inputs = task.inputs;
    let given = [
        (!inputs.fill.is_zero(), "input.fill"),
        (inputs.scale != RowScale::None, "input.scale"),
        (!task.noise.is_empty(), "input.noise"),
        (task.target != Target::Clean, "input.target"),
        (inputs.side.is_some(), "input.side_info"),
        (inputs.texts.is_some(), "input.text"),
        (inputs.groups.is_some(), "input.groups"),
    ];
    given.into_iter().filter(|(is_given, _)| *is_given).map(|(_, key)| key.to_owned()).collect()
}

/// What is given of the training of networks, with its value.
fn training(task: &Task<'_>) -> Vec<String> {
    let whole = |name: &str, given: Value, default: Value| (given != default).then(|| format!("{name} = {given}"));
    let objective = whole("objective", json(task.objective), json(&ObjectiveConfig::default()));
    let penalty = whole("penalty", json(task.penalty), json(&PenaltyConfig::default()));
    let default = json(&TrainConfig::default());
    let train = json(task.train);
    let keys = train.as_object().into_iter().flatten();
    let changed = keys.filter(|(key, value)| !READ.contains(&key.as_str()) && default.get(key) != Some(value));
    let changed = changed.map(|(key, value)| format!("train.{key} = {value}"));
    objective.into_iter().chain(penalty).chain(changed).collect()
}

fn json(config: &impl Serialize) -> Value {
    serde_json::to_value(config).expect("a configuration that was read can be written")
}

/// What keeps the monitored column from telling good epochs of a baseline from bad ones.
pub(crate) fn meaningless(task: &Task<'_>, baseline: &dyn Baseline) -> Option<&'static str> {
    let column = task.train.monitor.name();
    let metric = column.split_once('.').and_then(|(_, metric)| metric.parse().ok());
    match metric {
        Some(Metric::Rating(_)) if !baseline.predicts_ratings() => Some(
            "is an error of ratings, but the model's scores are none; set monitor = \"validation.ndcg@100\" and report it in \
             evaluation.metrics, or set selection = \"last\" and no early stopping",
        ),
        None if column.contains("loss") => Some(
            "is told of networks, not of baselines; set monitor = \"validation.rmse\", or a metric of lists for a model whose scores are \
             no ratings",
        ),
        _ => None,
    }
}
