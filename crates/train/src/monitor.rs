//! The number that is watched while training goes on.

use serde::{Deserialize, Serialize};

use crate::EvaluationConfig;

/// A column of what an epoch reports, as written in `train.monitor`: `loss`, `validation.loss`, `train.mae`, `validation.rmse`, ….
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Monitor(String);

impl Monitor {
    /// The column of this name.
    pub fn column(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// Where it is among the columns, if it is.
    pub fn place(&self, columns: &[String]) -> Option<usize> {
        columns.iter().position(|column| *column == self.0)
    }

    /// Whether it has no value without validation ratings.
    pub fn needs_validation(&self) -> bool {
        self.0.starts_with("validation.")
    }

    /// The direction: that of the metric; a loss should be low.
    pub fn higher_is_better(&self, evaluation: &EvaluationConfig) -> bool {
        let metric = self.0.split_once('.').map(|(_, metric)| metric);
        let reported = evaluation.metrics.list().iter();
        reported
            .filter(|reported| metric.is_some_and(|metric| metric == reported.to_string()))
            .any(|reported| reported.higher_is_better())
    }
}
