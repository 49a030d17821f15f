//! Mean squared error over every cell, an unobserved rating counting as 0: `(1/cells) Σ (y_rc − x_rc)²`, as PyTorch's `MSELoss`.

use serde::{Deserialize, Serialize};

use super::{Cells, Fit};

/// `[objective.full-mse]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {}

impl Config {
    pub(super) fn fit(&self, cells: &Cells) -> Fit {
        cells.fit(&(&cells.predicted - &cells.target).square())
    }
}
