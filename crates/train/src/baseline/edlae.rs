//! EASE with a dropout of the input that is averaged over: EDLAE (Steck, NeurIPS 2020, "Autoencoders that Don't Overfit towards the
//! Identity"), of full rank. It makes the penalty of an item as large as the item is popular:
//!
//! ```text
//! P = (XᵀX + λ I + p / (1 − p) diag(XᵀX))⁻¹,  B_ij = −P_ij / P_jj,  B_ii = 0,  s = x B
//! ```

use hourglass_data::Csr;
use hourglass_models::Dims;
use hourglass_models::range::{Positive, Rate};
use serde::{Deserialize, Serialize};

use super::ease::{self, ClosedForm};
use super::{Baseline, Estimator, Size};
use crate::Task;

/// `[model.edlae]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The weight λ of the penalty that is the same for all items.
    pub l2: Positive,
    /// The share p of a user's ratings that is dropped.
    pub dropout: Rate,
}

impl Default for Config {
    fn default() -> Self {
        Self { l2: Positive::new::<300, 1>(), dropout: Rate::new::<33, 100>() }
    }
}

impl Baseline for Config {
    fn estimator(&self, task: &Task<'_>) -> Box<dyn Estimator> {
        let (l2, dropout) = (self.l2.get(), self.dropout.get());
        Box::new(ClosedForm::new(task.inputs.ratings.columns(), move |squares| {
            l2 + dropout / (1.0 - dropout) * squares
        }))
    }

    fn size(&self, dims: Dims) -> Size {
        ease::size(dims)
    }

    fn operations(&self, ratings: &Csr) -> f64 {
        ease::operations(ratings)
    }

    fn predicts_ratings(&self) -> bool {
        false
    }

    fn is_linear(&self) -> bool {
        true
    }
}
