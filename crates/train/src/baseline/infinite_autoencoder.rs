//! An autoencoder with infinitely wide layers, in closed form: ∞-AE (Sachdeva, Dhaliwal, Wu and McAuley, NeurIPS 2022, "Infinite
//! Recommendation Networks"). Trained by gradient descent, a network of rectified units whose layers grow without end becomes a
//! regression with a kernel Θ, its neural tangent kernel (Jacot, Gabriel and Hongler, NeurIPS 2018):
//!
//! ```text
//! A = (Θ(X, X) + λ t I)⁻¹ X,   t = tr Θ(X, X) / users,   s = Θ(x, X) A
//! ```
//!
//! Θ follows from inner products layer by layer, with angles θ between what the layer is shown (Cho and Saul, NeurIPS 2009):
//!
//! ```text
//! Σ⁰ = v ⟨x, y⟩ / items + w,   Θ⁰ = Σ⁰
//! Σ  = v √(Σxx Σyy) (sin θ + (π − θ) cos θ) / 2π + w,   cos θ = Σxy / √(Σxx Σyy)
//! Θ  = Σ + v Θ' (π − θ) / 2π
//! ```
//!
//! with the variances v = 2 of the weights and w = 0.01 of the offsets that are published.

use std::f64::consts::PI;
use std::num::NonZeroU8;
use std::sync::OnceLock;

use hourglass_data::Csr;
use hourglass_models::Dims;
use hourglass_models::range::Positive;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::gram::{self, gram};
use super::inverse::inverse;
use super::{Array, Baseline, Estimator, Question, Size};
use crate::{Error, Task};

/// The variance of weights, times how many a unit has.
const OF_WEIGHTS: f64 = 2.0;

/// The variance of offsets.
const OF_OFFSETS: f64 = 0.01;

/// Operations of a sum over rows of weights that take as long as an angle.
const ANGLE: f64 = 200.0;

/// Users who are scored together: so many rows of sums stay in a processor's own cache.
const TOGETHER: usize = 16;

/// `[model.infinite-autoencoder]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Hidden layers.
    pub depth: NonZeroU8,
    /// The weight λ of the penalty, in means of the kernel's diagonal.
    pub l2: Positive,
}

impl Default for Config {
    fn default() -> Self {
        Self { depth: NonZeroU8::MIN, l2: Positive::new::<3, 1>() }
    }
}

impl Baseline for Config {
    fn estimator(&self, task: &Task<'_>) -> Box<dyn Estimator> {
        let train = &task.inputs.ratings;
        Box::new(InfiniteAutoencoder {
            depth: self.depth.get(),
            l2: self.l2.get(),
            train: train.clone(),
            memory: OnceLock::new(),
            weights: Array::zeros("weights", &[train.rows(), train.columns()]),
        })
    }

    fn size(&self, dims: Dims) -> Size {
        let cells = (dims.rows * dims.rows) as u64;
        Size { kept: (dims.rows * dims.outputs) as u64, fitting: 2 * 8 * cells }
    }

    fn operations(&self, ratings: &Csr) -> f64 {
        let (users, entries) = (ratings.rows() as f64, ratings.len() as f64);
        let products = gram::SCATTERED * (gram::operations(&ratings.transpose()) + 2.0 * users * entries);
        products + 2.0 * users.powi(3) + ANGLE * f64::from(self.depth.get()) * users * users
    }

    fn predicts_ratings(&self) -> bool {
        false
    }
}

struct InfiniteAutoencoder {
    depth: u8,
    l2: f64,
    train: Csr,
    /// Made of the training ratings when it is first needed.
    memory: OnceLock<Memory>,
    /// A, `[users, items]`.
    weights: Array,
}

/// What new users are compared with.
struct Memory {
    by_item: Csr,
    /// Of each user's ratings `[users]`.
    squares: Vec<f64>,
}

impl InfiniteAutoencoder {
    /// Θ of two rows, from their inner product and their own squared lengths.
    fn kernel(&self, product: f64, squares: [f64; 2]) -> f64 {
        let first = |product: f64| OF_WEIGHTS * product / self.train.columns() as f64 + OF_OFFSETS;
        let (mut covariance, mut variances) = (first(product), squares.map(first));
        let mut tangent = covariance;
        for _ in 0..self.depth {
            let length = (variances[0] * variances[1]).sqrt();
            let cosine = (covariance / length).clamp(-1.0, 1.0);
            let (angle, sine) = (cosine.acos(), (1.0 - cosine * cosine).sqrt());
            covariance = OF_WEIGHTS * length * (sine + (PI - angle) * cosine) / (2.0 * PI) + OF_OFFSETS;
            tangent = covariance + OF_WEIGHTS * tangent * (PI - angle) / (2.0 * PI);
            variances = variances.map(|variance| OF_WEIGHTS * variance / 2.0 + OF_OFFSETS);
        }
        tangent
    }

    fn memory(&self) -> &Memory {
        self.memory.get_or_init(|| {
            let square = |user| self.train.row(user).values.iter().map(|&value| f64::from(value).powi(2)).sum();
            Memory { by_item: self.train.transpose(), squares: (0..self.train.rows()).map(square).collect() }
        })
    }

    /// `(Θ(X, X) + λ t I)⁻¹` `[users, users]`.
    fn inverse(&self, ratings: &Csr) -> Result<Tensor, Error> {
        let (users, products) = (ratings.rows(), gram(&ratings.transpose()));
        let square = |user: usize| f64::from(products[user * users + user]);
        let mut kernel = vec![0.0; users * users];
        kernel.par_chunks_mut(users.max(1)).enumerate().for_each(|(user, row)| {
            for (other, (cell, &product)) in row.iter_mut().zip(&products[user * users..]).enumerate() {
                *cell = self.kernel(f64::from(product), [square(user), square(other)]);
            }
        });
        drop(products);
        let diagonal = || (0..users).map(|user| user * (users + 1));
        let mean = diagonal().map(|place| kernel[place]).sum::<f64>() / users as f64;
        diagonal().for_each(|place| kernel[place] += self.l2 * mean);
        let matrix = Tensor::from_slice(&kernel).view([users as i64, users as i64]);
        drop(kernel);
        inverse(matrix, "the kernel of the users")
    }

    /// Θ(x, X) `[users]`.
    fn factors(&self, asked: &Question<'_>) -> Vec<f32> {
        let memory = self.memory();
        let mut products = vec![0.0; memory.squares.len()];
        for (item, value) in asked.shown.iter() {
            for (user, other) in memory.by_item.row(item as usize).iter() {
                products[user as usize] += f64::from(value) * f64::from(other);
            }
        }
        let own = asked.shown.values.iter().map(|&value| f64::from(value).powi(2)).sum();
        let of = |(product, &square): (f64, &f64)| self.kernel(product, [own, square]) as f32;
        products.into_iter().zip(&memory.squares).map(of).collect()
    }

    /// For some users, who share each row of weights while it is in the cache.
    fn score_together(&self, asked: &[Question<'_>], scores: &mut [f32]) {
        let factors: Vec<Vec<f32>> = asked.iter().map(|asked| self.factors(asked)).collect();
        let items = self.weights.width();
        let mut sums = vec![0.0_f32; asked.len() * items];
        for user in 0..self.train.rows() {
            for (factors, sums) in factors.iter().zip(sums.chunks_mut(items.max(1))) {
                let factor = factors[user];
                sums.iter_mut().zip(self.weights.row(user)).for_each(|(sum, weight)| *sum += factor * weight);
            }
        }
        let of_users = scores.chunks_mut((scores.len() / asked.len().max(1)).max(1)).zip(asked);
        for ((scores, asked), sums) in of_users.zip(sums.chunks(items.max(1))) {
            scores.iter_mut().zip(asked.items).for_each(|(score, &item)| *score = sums[item as usize]);
        }
    }
}

impl Estimator for InfiniteAutoencoder {
    fn arrays(&self) -> Vec<&Array> {
        vec![&self.weights]
    }

    fn arrays_mut(&mut self) -> Vec<&mut Array> {
        vec![&mut self.weights]
    }

    fn learn(&mut self, task: &Task<'_>, _epoch: usize) -> Result<Option<f64>, Error> {
        let ratings = &task.inputs.ratings;
        let (users, items) = (ratings.rows(), ratings.columns());
        // It is symmetric: its columns, which lie together, are its rows.
        let inverse = self.inverse(ratings)?.tr().contiguous().view(-1);
        let inverse = Vec::<f64>::try_from(inverse).expect("numbers in one row");
        let rows = self.weights.values.par_chunks_mut(items.max(1)).zip(inverse.par_chunks(users.max(1)));
        rows.for_each_init(
            || vec![0.0_f64; items],
            |sums, (weights, inverse)| {
                sums.fill(0.0);
                for (user, factor) in inverse.iter().enumerate() {
                    ratings.row(user).iter().for_each(|(item, value)| sums[item as usize] += factor * f64::from(value));
                }
                weights.iter_mut().zip(&*sums).for_each(|(weight, &sum)| *weight = sum as f32);
            },
        );
        Ok(None)
    }

    fn score(&self, asked: &Question<'_>, scores: &mut [f32]) {
        self.score_together(&[*asked], scores);
    }

    fn score_many(&self, asked: &[Question<'_>], scores: &mut [f32]) {
        let items = scores.len() / asked.len().max(1);
        let blocks = scores.par_chunks_mut((TOGETHER * items).max(1)).zip(asked.par_chunks(TOGETHER));
        blocks.for_each(|(scores, asked)| self.score_together(asked, scores));
    }
}
