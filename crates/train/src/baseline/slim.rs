//! Few weights between items, none below zero: SLIM (Ning and Karypis, ICDM 2011, "SLIM: Sparse Linear Methods for Top-N Recommender
//! Systems"). Of all weights with a zero diagonal and none below zero, those that make smallest
//!
//! ```text
//! ½ ‖X − X W‖² + l2/2 ‖W‖² + l1 Σ W_ij,  s = x W
//! ```
//!
//! by coordinate descent: an epoch sets each weight of each item once to what is best for it,
//! `W_ij ← max(0, (G_ij − Σ_{k≠i} G_ik W_kj − l1) / (G_ii + l2))` with `G = XᵀX`. Items do not depend on each other, and are shared out.

use hourglass_data::Csr;
use hourglass_models::Dims;
use hourglass_models::range::{NonNegative, Positive};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::gram::gram;
use super::{Array, Baseline, Estimator, Question, Size, item_weights};
use crate::{Error, Task};

/// `[model.slim]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// What keeps weights at zero.
    pub l1: NonNegative,
    /// What keeps weights small.
    pub l2: Positive,
}

impl Default for Config {
    fn default() -> Self {
        Self { l1: NonNegative::new::<10, 1>(), l2: Positive::new::<100, 1>() }
    }
}

impl Baseline for Config {
    fn estimator(&self, task: &Task<'_>) -> Box<dyn Estimator> {
        let items = task.inputs.ratings.columns();
        Box::new(Slim { config: self.clone(), weights: Array::zeros("weights", &[items, items]), gram: None })
    }

    fn size(&self, dims: Dims) -> Size {
        let cells = (dims.outputs * dims.outputs) as u64;
        Size { kept: cells, fitting: 2 * 4 * cells }
    }

    fn operations(&self, ratings: &Csr) -> f64 {
        /// How many weights of an item change.
        const CHANGED: f64 = 200.0;
        2.0 * CHANGED * (ratings.columns() as f64).powi(2) + item_weights::operations(ratings)
    }

    fn learns_by_epochs(&self) -> bool {
        true
    }

    fn predicts_ratings(&self) -> bool {
        false
    }

    fn is_linear(&self) -> bool {
        true
    }
}

struct Slim {
    config: Config,
    /// `[items, items]`, from the rows to the columns.
    weights: Array,
    /// Of the training ratings `[items × items]`, from the first epoch on.
    gram: Option<Vec<f32>>,
}

impl Slim {
    /// Sets each of an item's weights `[items]` once.
    fn descend(&self, gram: &[f32], item: usize, weights: &mut [f32]) {
        let items = weights.len();
        let row = |other: usize| &gram[other * items..][..items];
        // What is left of the item's products with all others.
        let mut rest = row(item).to_vec();
        for (other, &weight) in weights.iter().enumerate().filter(|(_, weight)| **weight > 0.0) {
            rest.iter_mut().zip(row(other)).for_each(|(rest, product)| *rest -= weight * product);
        }
        let (l1, l2) = (self.config.l1.get() as f32, self.config.l2.get() as f32);
        for other in (0..items).filter(|&other| other != item) {
            let of_other = row(other);
            let before = weights[other];
            let after = ((rest[other] + of_other[other] * before - l1) / (of_other[other] + l2)).max(0.0);
            if after != before {
                let change = after - before;
                rest.iter_mut().zip(of_other).for_each(|(rest, product)| *rest -= change * product);
                weights[other] = after;
            }
        }
    }
}

impl Estimator for Slim {
    fn arrays(&self) -> Vec<&Array> {
        vec![&self.weights]
    }

    fn arrays_mut(&mut self) -> Vec<&mut Array> {
        vec![&mut self.weights]
    }

    fn learn(&mut self, task: &Task<'_>, _epoch: usize) -> Result<Option<f64>, Error> {
        let gram = self.gram.take().unwrap_or_else(|| gram(&task.inputs.ratings));
        let items = self.weights.width();
        let mut columns = transposed(&self.weights.values, items);
        let of_items = columns.par_chunks_mut(items.max(1)).enumerate();
        of_items.for_each(|(item, weights)| self.descend(&gram, item, weights));
        self.weights.values = transposed(&columns, items);
        self.gram = Some(gram);
        Ok(None)
    }

    fn score(&self, asked: &Question<'_>, scores: &mut [f32]) {
        item_weights::score(&self.weights, asked, scores);
    }
}

/// A square matrix with rows and columns exchanged.
fn transposed(matrix: &[f32], size: usize) -> Vec<f32> {
    let mut transposed = vec![0.0; matrix.len()];
    transposed.par_chunks_mut(size.max(1)).enumerate().for_each(|(row, cells)| {
        cells.iter_mut().enumerate().for_each(|(column, cell)| *cell = matrix[column * size + row]);
    });
    transposed
}
