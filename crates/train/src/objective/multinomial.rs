//! Multinomial log-likelihood: `−Σ_c x_rc ln softmax(y_r)_c` of a row, over all its columns; then the mean over rows that have a
//! rating (Liang et al. 2018, equation 2). Outputs rank items; they are no ratings.

use hourglass_models::Activation;
use serde::{Deserialize, Serialize};
use tch::Kind;

use super::{Cells, Fit, Observed, Wide, check_output, check_ratings};
use crate::Task;

/// `[objective.multinomial]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {}

impl Config {
    pub(super) fn fit(&self, cells: &Cells, observed: &Observed) -> Fit {
        let likelihood = cells.predicted.log_softmax(1, Kind::Float) * &cells.target;
        Fit { sum: -likelihood.sum(Kind::Float), count: observed.rows as f64 }
    }

    /// The target, the log-softmax and their product; backward, the first two and their gradients.
    pub(super) fn wide(&self) -> Wide {
        Wide { forward: 3, backward: 4 }
    }

    pub(super) fn check(&self, task: &Task<'_>) -> Result<(), String> {
        check_output(task, Activation::Linear, "what softmax is taken of")?;
        check_ratings(task, "counts of at least 0", |rating| rating >= 0.0)
    }
}
