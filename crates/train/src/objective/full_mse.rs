//! Mean squared error over every cell, an unobserved rating counting as 0: `(1/cells) Σ (y_rc − x_rc)²`, as PyTorch's `MSELoss`.

use serde::{Deserialize, Serialize};

use super::{Cells, Fit, Wide};

/// `[objective.full-mse]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {}

impl Config {
    /// The target, the difference and its square; backward, the difference and three tensors on the way to its gradient.
    pub(super) fn wide(&self) -> Wide {
        Wide { forward: 3, backward: 4 }
    }

    pub(super) fn fit(&self, cells: &Cells) -> Fit {
        cells.fit(&(&cells.predicted - &cells.target).square())
    }
}
