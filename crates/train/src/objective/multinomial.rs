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
    /// The softmax is not written out: of all columns, only the logarithm of their sum is kept for the way back, whose
    /// gradient then is the one tensor of the outputs' size that comes to them. To sum over blocks of columns would save the
    /// exponentials, which are gone before that gradient is there, and so nothing of what is needed at most.
    pub(super) fn fit(&self, cells: &Cells, observed: &Observed) -> Fit {
        let of_rows = cells.target.sum_dim_intlist(1, false, Kind::Float);
        let normaliser = (of_rows * cells.predicted.logsumexp([1], false)).sum(Kind::Float);
        let chosen = (&observed.predicted * &observed.target).sum(Kind::Float);
        Fit { sum: normaliser - chosen, count: observed.rows as f64 }
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
