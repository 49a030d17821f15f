//! The mean of all training ratings with damped offsets of items and users (Koren 2010, "Factor in the Neighbors", ACM TKDD 4(1),
//! section 2.1):
//!
//! ```text
//! r̂_ui = μ + b_i + b_u,  b_i = Σ_u (r_ui − μ − b_u) / (items + n_i),  b_u = Σ_i (r_ui − μ − b_i) / (users + n_u)
//! ```
//!
//! in turns, from `b_u = 0` on: one pass is Koren's estimate; several come nearer to what makes the penalised squared error
//! smallest. The offset of a user is always that of what is shown.

use std::num::NonZeroUsize;

use hourglass_data::Csr;
use hourglass_models::Dims;
use hourglass_models::range::NonNegative;
use serde::{Deserialize, Serialize};

use super::centring::Centre;
use super::{Baseline, Centring, Estimator, Size};
use crate::Task;

/// `[model.biases]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Ratings of the mean that every user is thought to have given besides.
    pub users: NonNegative,
    /// Ratings of the mean that every item is thought to have besides.
    pub items: NonNegative,
    /// How often offsets of items and users are computed from each other.
    pub passes: NonZeroUsize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            users: NonNegative::new::<15, 1>(),
            items: NonNegative::new::<10, 1>(),
            passes: const { NonZeroUsize::new(10).unwrap() },
        }
    }
}

impl Config {
    /// The offsets of items from the mean of all ratings `[users, items]`.
    pub(super) fn items(&self, train: &Csr, mean: f64) -> Vec<f32> {
        let of_items = train.transpose();
        let (mut items, mut users) = (vec![0.0; train.columns()], vec![0.0; train.rows()]);
        for _ in 0..self.passes.get() {
            items = offsets(&of_items, mean, &users, self.items.get());
            users = offsets(train, mean, &items, self.users.get());
        }
        items.into_iter().map(|offset| offset as f32).collect()
    }

    /// The offset of a user whose ratings exceed what is expected of the items by so much.
    pub(super) fn user(&self, excess: impl Iterator<Item = f64>) -> f64 {
        damped(excess, self.users.get())
    }
}

/// Of each row, where those of the columns are known.
fn offsets(ratings: &Csr, mean: f64, of_columns: &[f64], damping: f64) -> Vec<f64> {
    let excess = |(column, rating): (u32, f32)| f64::from(rating) - mean - of_columns[column as usize];
    (0..ratings.rows()).map(|row| damped(ratings.row(row).iter().map(excess), damping)).collect()
}

/// The mean of some numbers and so many zeros; 0 of none.
fn damped(numbers: impl Iterator<Item = f64>, zeros: f64) -> f64 {
    let (sum, count) = numbers.fold((0.0, zeros), |(sum, count), number| (sum + number, count + 1.0));
    if count > 0.0 { sum / count } else { 0.0 }
}

impl Baseline for Config {
    fn estimator(&self, task: &Task<'_>) -> Box<dyn Estimator> {
        Box::new(Centre::new(&Centring::Biases(self.clone()), task.inputs.ratings.columns()))
    }

    fn size(&self, dims: Dims) -> Size {
        Size { kept: 1 + dims.outputs as u64, fitting: 8 * (dims.rows + dims.outputs) as u64 }
    }

    fn operations(&self, ratings: &Csr) -> f64 {
        (4 * ratings.len() * (1 + self.passes.get())) as f64
    }
}
