//! Which cells of a batch count: the observed ones, or all.

use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use super::{Fit, Outputs};

/// Which cells an objective counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum On {
    /// Every cell; what is unobserved should be 0.
    All,
    /// Observed ratings only.
    #[default]
    Observed,
}

/// Every cell of a batch.
#[derive(Debug)]
pub struct Cells {
    /// The network's outputs `[batch, outputs]`.
    pub predicted: Tensor,
    /// The ratings, 0 where there is none `[batch, columns]`.
    pub target: Tensor,
    /// The places, counted row by row, of what the network was shown when it was asked for others, as 64-bit integers
    /// `[left out]`: not to be counted.
    pub left_out: Option<Tensor>,
}

impl Cells {
    /// The sum of errors `[batch, columns]`, each cell alike.
    pub(super) fn fit(&self, errors: &Tensor) -> Fit {
        let cells = errors.numel();
        match &self.left_out {
            None => Fit { sum: errors.sum(Kind::Float), count: cells as f64 },
            Some(places) => {
                let counted = errors.reshape(-1).index_fill(0, places, 0.0);
                Fit { sum: counted.sum(Kind::Float), count: (cells - places.numel()) as f64 }
            }
        }
    }
}

impl On {
    /// The sum over these cells of a cell's `error(predicted, target)`.
    pub(super) fn fit(self, outputs: &Outputs, error: impl Fn(&Tensor, &Tensor) -> Tensor) -> Fit {
        match self {
            Self::All => {
                let cells = outputs.cells();
                cells.fit(&error(&cells.predicted, &cells.target))
            }
            Self::Observed => {
                let errors = error(&outputs.observed.predicted, &outputs.observed.target);
                Fit { sum: errors.sum(Kind::Float), count: errors.numel() as f64 }
            }
        }
    }
}
