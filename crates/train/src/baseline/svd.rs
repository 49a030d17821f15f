//! The leading singular vectors of the items (Sarwar et al. 2000, "Application of Dimensionality Reduction in Recommender System"): where
//! nothing was rated, the centred matrix holds 0, which is to fill it with the centring.
//!
//! ```text
//! R − B ≈ U Σ Vᵀ,  r̂_u = b_u + (r_u − b_u) V Vᵀ
//! ```
//!
//! For lists the centring is not added again; without centring that is PureSVD (Cremonesi, Koren and Turrin, RecSys 2010). The
//! vectors are found by randomized subspace iteration. `(r_u − b_u) V` is the user's row of `U Σ`: folding in is exact.

use std::num::NonZeroUsize;

use hourglass_data::{Csr, right_singular_vectors};
use hourglass_models::Dims;
use serde::{Deserialize, Serialize};

use super::centring::Centre;
use super::{Array, Baseline, Centring, Estimator, Predicts, Question, Size, biases};
use crate::{Error, Task};

/// `[model.svd]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// What its outputs are used for.
    pub predicts: Predicts,
    /// How many singular vectors.
    pub rank: NonZeroUsize,
    /// What is taken from the ratings before.
    pub centring: Centring,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            predicts: Predicts::Ratings,
            rank: const { NonZeroUsize::new(20).unwrap() },
            centring: Centring::Biases(biases::Config::default()),
        }
    }
}

impl Baseline for Config {
    fn estimator(&self, task: &Task<'_>) -> Box<dyn Estimator> {
        let items = task.inputs.ratings.columns();
        Box::new(Svd {
            predicts: self.predicts,
            centre: Centre::new(&self.centring, items),
            vectors: Array::zeros("vectors", &[items, self.rank.get()]),
        })
    }

    fn size(&self, dims: Dims) -> Size {
        let rank = self.rank.get() as u64;
        let (users, items) = (dims.rows as u64, dims.outputs as u64);
        Size { kept: 1 + items * (1 + rank), fitting: 8 * (users + 2 * items) * (rank + 10) }
    }

    fn operations(&self, ratings: &Csr) -> f64 {
        let rank = (self.rank.get() + 10) as f64;
        40.0 * rank * (ratings.len() as f64 + rank * ratings.columns() as f64)
    }

    fn predicts_ratings(&self) -> bool {
        self.predicts == Predicts::Ratings
    }

    fn is_linear(&self) -> bool {
        self.centring == Centring::None
    }

    fn check(&self, task: &Task<'_>) -> Result<(), String> {
        let dims = task.dims();
        let most = dims.rows.min(dims.outputs);
        if self.rank.get() as i64 <= most {
            return Ok(());
        }
        Err(format!(
            "model.svd.rank = {}, but {} users and {} items have at most {most} singular vectors; lower it",
            self.rank, dims.rows, dims.outputs
        ))
    }
}

struct Svd {
    predicts: Predicts,
    centre: Centre,
    /// Of the items, side by side `[items, rank]`; zeros where there are fewer.
    vectors: Array,
}

impl Estimator for Svd {
    fn arrays(&self) -> Vec<&Array> {
        self.centre.arrays().into_iter().chain([&self.vectors]).collect()
    }

    fn arrays_mut(&mut self) -> Vec<&mut Array> {
        self.centre.arrays_mut().into_iter().chain([&mut self.vectors]).collect()
    }

    fn learn(&mut self, task: &Task<'_>, _epoch: usize) -> Result<Option<f64>, Error> {
        self.centre.fit(&task.inputs.ratings);
        let centred = self.centre.centred_matrix(&task.inputs.ratings);
        let rank = self.vectors.width();
        let vectors = right_singular_vectors(&centred, rank, task.seed);
        self.vectors.values.fill(0.0);
        for (place, vector) in vectors.into_iter().enumerate() {
            let cells = self.vectors.values.iter_mut().skip(place).step_by(rank);
            cells.zip(vector).for_each(|(cell, component)| *cell = component as f32);
        }
        Ok(None)
    }

    fn score(&self, asked: &Question<'_>, scores: &mut [f32]) {
        let mut taste = vec![0.0_f32; self.vectors.width()];
        for (item, value) in self.centre.centred(asked.shown) {
            taste
                .iter_mut()
                .zip(self.vectors.row(item as usize))
                .for_each(|(sum, component)| *sum += value * component);
        }
        let user = self.centre.user(asked.shown);
        for (score, &item) in scores.iter_mut().zip(asked.items) {
            let product: f32 = taste.iter().zip(self.vectors.row(item as usize)).map(|(a, b)| a * b).sum();
            *score = match self.predicts {
                Predicts::Lists => product,
                Predicts::Ratings => user + self.centre.item(item) + product,
            };
        }
    }
}
