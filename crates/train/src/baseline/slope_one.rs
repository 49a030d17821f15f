//! How much higher one item is rated than another by those who rated both: slope one (Lemire and Maclachlan, SDM 2005).
//!
//! ```text
//! d_ij = mean of r_ui − r_uj over the n_ij users with both,  r̂_ui = Σ_j n_ij (r_uj + d_ij) / Σ_j n_ij
//! ```
//!
//! over the items j that the user has rated and that anybody has rated beside i. Not weighted, it is `r̄_u` + the mean of `d_ij`.

use hourglass_data::Csr;
use hourglass_models::Dims;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Array, Baseline, Estimator, Question, Size, gram};
use crate::{Error, Task};

/// `[model.slope-one]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Whether a difference counts as often as it was met.
    pub weighted: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self { weighted: true }
    }
}

impl Baseline for Config {
    fn estimator(&self, task: &Task<'_>) -> Box<dyn Estimator> {
        let items = task.inputs.ratings.columns();
        Box::new(SlopeOne {
            weighted: self.weighted,
            mean: Array::zeros("mean", &[1]),
            differences: Array::zeros("differences", &[items, items]),
            counts: Array::zeros("counts", &[items, items]),
        })
    }

    fn size(&self, dims: Dims) -> Size {
        Size::kept(1 + 2 * dims.outputs * dims.outputs)
    }

    fn operations(&self, ratings: &Csr) -> f64 {
        4.0 * gram::SCATTERED * gram::operations(ratings)
    }
}

struct SlopeOne {
    weighted: bool,
    /// Of all ratings: for a user of whom nothing is known `[1]`.
    mean: Array,
    /// d_ij `[items, items]`.
    differences: Array,
    /// n_ij `[items, items]`.
    counts: Array,
}

impl Estimator for SlopeOne {
    fn arrays(&self) -> Vec<&Array> {
        vec![&self.mean, &self.differences, &self.counts]
    }

    fn arrays_mut(&mut self) -> Vec<&mut Array> {
        vec![&mut self.mean, &mut self.differences, &mut self.counts]
    }

    fn learn(&mut self, task: &Task<'_>, _epoch: usize) -> Result<Option<f64>, Error> {
        let by_user = &task.inputs.ratings;
        let by_item = by_user.transpose();
        let items = by_item.rows();
        self.mean.values[0] = by_user.mean().unwrap_or(0.0) as f32;
        let differences = self.differences.values.par_chunks_mut(items.max(1));
        let counts = self.counts.values.par_chunks_mut(items.max(1));
        differences.zip(counts).enumerate().for_each_init(
            || vec![0.0_f64; items],
            |sums, (item, (differences, counts))| {
                sums.fill(0.0);
                counts.fill(0.0);
                for (user, rating) in by_item.row(item).iter() {
                    for (other, of_other) in by_user.row(user as usize).iter() {
                        sums[other as usize] += f64::from(rating) - f64::from(of_other);
                        counts[other as usize] += 1.0;
                    }
                }
                counts[item] = 0.0;
                let means = sums.iter().zip(&*counts).map(|(sum, &count)| (sum / f64::from(count.max(1.0))) as f32);
                differences.iter_mut().zip(means).for_each(|(cell, mean)| *cell = mean);
            },
        );
        Ok(None)
    }

    fn score(&self, asked: &Question<'_>, scores: &mut [f32]) {
        let of_user = asked.shown.mean().map_or(self.mean.values[0], |mean| mean as f32);
        for (score, &item) in scores.iter_mut().zip(asked.items) {
            let (differences, counts) = (self.differences.row(item as usize), self.counts.row(item as usize));
            let (mut sum, mut total) = (0.0_f64, 0.0_f64);
            for (other, rating) in asked.shown.iter() {
                let (difference, count) = (differences[other as usize], counts[other as usize]);
                let weight = if self.weighted { count } else { count.min(1.0) };
                let base = if self.weighted { rating } else { of_user };
                sum += f64::from(weight) * (f64::from(base) + f64::from(difference));
                total += f64::from(weight);
            }
            *score = if total > 0.0 { (sum / total) as f32 } else { of_user };
        }
    }
}
