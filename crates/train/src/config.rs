//! How long and how to train, and how to measure.

use std::num::NonZeroUsize;

use hourglass_data::Finite;
use hourglass_models::range::Positive;
use serde::{Deserialize, Serialize};

use crate::cold::Cold;
use crate::engine::EngineConfig;
use crate::gradient::GradientConfig;
use crate::metric::Metric;
use crate::monitor::Monitor;
use crate::schedule::ScheduleConfig;
use crate::selection::Selection;
use crate::{OptimizerConfig, Precision, PretrainConfig, alternate, early_stopping};

/// `[train]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrainConfig {
    /// Passes over the rows.
    pub epochs: NonZeroUsize,
    /// Rows in a step; the last batch of an epoch may be smaller.
    pub batch: NonZeroUsize,
    /// In which order rows are visited.
    pub order: Order,
    /// How weights change.
    pub optimizer: OptimizerConfig,
    /// How the learning rate changes.
    pub schedule: ScheduleConfig,
    /// Which gradient weights change by.
    pub gradient: GradientConfig,
    /// Gradients of a step that are longer than this, all together, are scaled down to it (Pascanu et al. 2013).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clip_gradient: Option<Positive>,
    /// How many more steps follow each, in which the last outputs are input and target (dense re-feeding).
    pub refeed: usize,
    /// Which weights are kept.
    pub selection: Selection,
    /// What `selection = "best"`, early stopping and the schedule `plateau` look at: a column of what an epoch reports.
    pub monitor: Monitor,
    /// When to stop before the last epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub early_stopping: Option<early_stopping::Config>,
    /// How layers are trained by themselves before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pretrain: Option<PretrainConfig>,
    /// Whether encoder and decoder learn in turns, and in how many passes over the rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alternate: Option<alternate::Config>,
    /// How the first and the last layer are computed.
    pub engine: EngineConfig,
    /// How exact the products are.
    pub precision: Precision,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            epochs: const { NonZeroUsize::new(100).unwrap() },
            batch: const { NonZeroUsize::new(128).unwrap() },
            order: Order::Shuffled,
            optimizer: OptimizerConfig::default(),
            schedule: ScheduleConfig::default(),
            gradient: GradientConfig::OfBatch,
            clip_gradient: None,
            refeed: 0,
            selection: Selection::Best,
            monitor: Monitor::column("validation.rmse"),
            early_stopping: None,
            pretrain: None,
            alternate: None,
            engine: EngineConfig::default(),
            precision: Precision::default(),
        }
    }
}

impl TrainConfig {
    /// Whether anything depends on the monitored column.
    pub fn is_watched(&self) -> bool {
        self.selection == Selection::Best || self.early_stopping.is_some() || self.schedule.plateau.is_some()
    }
}

/// In which order an epoch visits the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// In one of its own, drawn anew in each epoch.
    Shuffled,
    /// From the first to the last.
    AsGiven,
}

/// `[evaluation]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EvaluationConfig {
    /// Measured on training and validation ratings after epochs, and once on the test ratings.
    pub metrics: Metrics,
    /// Epochs from one measurement to the next; the last epoch is always measured, and the loss of every epoch is known.
    #[serde(skip_serializing_if = "is_one")]
    pub every: NonZeroUsize,
    /// Whether predictions are clipped to the rating scale before they are measured.
    pub clip: bool,
    /// From which rating on a held-out item counts as relevant in lists of recommendations; without it, each does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relevant_from: Option<Finite>,
    /// What counts as the prediction for a rating of a user or of an item of which nothing is known.
    #[serde(skip_serializing_if = "Cold::is_predict")]
    pub cold: Cold,
}

impl Default for EvaluationConfig {
    fn default() -> Self {
        let metrics = Metrics(vec![Metric::RMSE, Metric::USER_RMSE, Metric::MAE]);
        Self { metrics, every: NonZeroUsize::MIN, clip: true, relevant_from: None, cold: Cold::default() }
    }
}

fn is_one(every: &NonZeroUsize) -> bool {
    *every == NonZeroUsize::MIN
}

/// At least one metric, each once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Metric>", into = "Vec<Metric>")]
pub struct Metrics(Vec<Metric>);

impl Metrics {
    /// In the order they are reported.
    pub fn list(&self) -> &[Metric] {
        &self.0
    }
}

impl From<Metrics> for Vec<Metric> {
    fn from(metrics: Metrics) -> Self {
        metrics.0
    }
}

impl TryFrom<Vec<Metric>> for Metrics {
    type Error = String;

    fn try_from(metrics: Vec<Metric>) -> Result<Self, String> {
        let repeated = (1..metrics.len()).find(|&place| metrics[..place].contains(&metrics[place]));
        match repeated {
            _ if metrics.is_empty() => Err("no metric; expected at least one, for example [\"rmse\"]".to_owned()),
            Some(place) => Err(format!("metric `{}` is listed twice; list it once", metrics[place])),
            None => Ok(Self(metrics)),
        }
    }
}

/// The names of what an epoch reports, in order: the loss and its parts, then each metric on each part of the ratings.
pub fn columns(loss_parts: &[&str], evaluation: &EvaluationConfig) -> Vec<String> {
    let losses = ["loss".to_owned()].into_iter();
    let parts = loss_parts.iter().map(|part| format!("loss.{part}"));
    let validation_loss = ["validation.loss".to_owned()].into_iter();
    let metrics = evaluation
        .metrics
        .list()
        .iter()
        .flat_map(|metric| ["train", "validation"].map(|part| format!("{part}.{metric}")));
    losses.chain(parts).chain(validation_loss).chain(metrics).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RMSE: Metric = Metric::RMSE;
    const USER_RMSE: Metric = Metric::USER_RMSE;
    const MAE: Metric = Metric::MAE;

    #[test]
    fn metrics_are_at_least_one_and_each_once() {
        for (metrics, complaint) in [
            (vec![RMSE], None),
            (vec![USER_RMSE, MAE, RMSE], None),
            (vec![], Some("no metric; expected at least one, for example [\"rmse\"]")),
            (vec![RMSE, MAE, RMSE], Some("metric `rmse` is listed twice; list it once")),
        ] {
            match (Metrics::try_from(metrics.clone()), complaint) {
                (Ok(read), None) => assert_eq!(read.list(), metrics),
                (read, complaint) => assert_eq!(read.err().as_deref(), complaint, "{metrics:?}"),
            }
        }
    }

    #[test]
    fn columns_are_losses_and_then_each_metric_of_each_part() {
        let evaluation =
            EvaluationConfig { metrics: vec![USER_RMSE, MAE].try_into().unwrap(), ..EvaluationConfig::default() };
        let expected = [
            "loss",
            "loss.masked-mse",
            "loss.l2",
            "validation.loss",
            "train.user-rmse",
            "validation.user-rmse",
            "train.mae",
            "validation.mae",
        ];
        assert_eq!(columns(&["masked-mse", "l2"], &evaluation), expected);
    }
}
