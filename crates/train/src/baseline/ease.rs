//! Weights between items, in closed form: EASE (Steck, WWW 2019, "Embarrassingly Shallow Autoencoders for Sparse Data"). Of all weights
//! with a zero diagonal, those that make `‖X − X B‖² + λ ‖B‖²` smallest:
//!
//! ```text
//! P = (XᵀX + λ I)⁻¹,  B_ij = −P_ij / P_jj,  B_ii = 0,  s = x B
//! ```
//!
//! A held-out user's scores are exact.

use hourglass_data::Csr;
use hourglass_models::Dims;
use hourglass_models::range::Positive;
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use super::gram::{self, gram};
use super::inverse::inverse;
use super::{Array, Baseline, Estimator, Question, Size, item_weights};
use crate::{Error, Task};

/// `[model.ease]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The weight λ of the penalty.
    pub l2: Positive,
}

impl Default for Config {
    fn default() -> Self {
        Self { l2: Positive::new::<500, 1>() }
    }
}

impl Baseline for Config {
    fn estimator(&self, task: &Task<'_>) -> Box<dyn Estimator> {
        let l2 = self.l2.get();
        Box::new(ClosedForm::new(task.inputs.ratings.columns(), move |_| l2))
    }

    fn size(&self, dims: Dims) -> Size {
        size(dims)
    }

    fn operations(&self, ratings: &Csr) -> f64 {
        operations(ratings)
    }

    fn predicts_ratings(&self) -> bool {
        false
    }

    fn is_linear(&self) -> bool {
        true
    }
}

/// The weights, and at most two matrices in double precision: one and its inverse.
pub(super) fn size(dims: Dims) -> Size {
    let cells = (dims.outputs * dims.outputs) as u64;
    Size { kept: cells, fitting: 2 * 8 * cells }
}

pub(super) fn operations(ratings: &Csr) -> f64 {
    // A third for the factor, two thirds for the inverse, each a multiplication and an addition.
    2.0 * (ratings.columns() as f64).powi(3) + gram::operations(ratings) + item_weights::operations(ratings)
}

/// What is added to the diagonal of the Gram matrix, from what is there.
type OfDiagonal = Box<dyn Fn(f64) -> f64 + Send + Sync>;

/// Weights from an inverse.
pub(super) struct ClosedForm {
    /// `[items, items]`, from the rows to the columns.
    weights: Array,
    added: OfDiagonal,
}

impl ClosedForm {
    pub(super) fn new(items: usize, added: impl Fn(f64) -> f64 + Send + Sync + 'static) -> Self {
        Self { weights: Array::zeros("weights", &[items, items]), added: Box::new(added) }
    }
}

impl Estimator for ClosedForm {
    fn arrays(&self) -> Vec<&Array> {
        vec![&self.weights]
    }

    fn arrays_mut(&mut self) -> Vec<&mut Array> {
        vec![&mut self.weights]
    }

    fn learn(&mut self, task: &Task<'_>, _epoch: usize) -> Result<Option<f64>, Error> {
        let mut inverse = inverse_of_gram(&task.inputs.ratings, &self.added)?;
        let diagonal = inverse.diagonal(0, 0, 1).copy().unsqueeze(0).neg();
        let mut weights = inverse.divide_(&diagonal).to_kind(Kind::Float);
        self.weights.copy(&weights.fill_diagonal_(0.0, false));
        Ok(None)
    }

    fn score(&self, asked: &Question<'_>, scores: &mut [f32]) {
        item_weights::score(&self.weights, asked, scores);
    }
}

/// `(XᵀX + D)⁻¹` in double precision.
fn inverse_of_gram(ratings: &Csr, added: &OfDiagonal) -> Result<Tensor, Error> {
    let items = ratings.columns() as i64;
    let gram = Tensor::from_slice(&gram(ratings)).view([items, items]).to_kind(Kind::Double);
    let diagonal = Vec::<f64>::try_from(gram.diagonal(0, 0, 1).copy()).expect("numbers in one row");
    let added: Vec<f64> = diagonal.into_iter().map(added).collect();
    let mut of_items = gram.diagonal(0, 0, 1);
    drop(of_items.g_add_(&Tensor::from_slice(&added)));
    drop(of_items);
    inverse(gram, "the items' Gram matrix")
}
