//! A vector and an offset for each user and item, by stochastic gradient descent (Koren, Bell and Volinsky 2009, "Matrix Factorization
//! Techniques for Recommender Systems", IEEE Computer 42(8)), and, with `implicit`, a vector more for each item, which tells of those who
//! have rated it, however: SVD++ (Koren, KDD 2008).
//!
//! ```text
//! r̂_ui = μ + b_u + b_i + q_i · (p_u + |R_u|^−½ Σ_{j ∈ R_u} y_j)
//! ```
//!
//! An epoch visits the users in an order of its own, and the ratings of each in another. A rating with the error e changes
//!
//! ```text
//! b ← b + γ (e − λ_b b),  p_u ← p_u + γ (e q_i − λ p_u),  q_i ← q_i + γ (e (p_u + z_u) − λ q_i),  y_j ← y_j + γ (e |R_u|^−½ q_i − λ y_j)
//! ```
//!
//! with `z_u = |R_u|^−½ Σ y_j`. All `y_j` of a user change alike but for what they decay by, so that `z_u` alone is followed through the
//! user's ratings, and the `y_j` are made up for at the end: the same numbers in the time of plain matrix factorisation.
//!
//! A user's vector is learned, not solved for: a user who is held out has none. [`als`](super::als) folds in.

use std::num::NonZeroU32;

use hourglass_data::Csr;
use hourglass_models::Dims;
use hourglass_models::range::{NonNegative, Positive, Share};
use rand::seq::SliceRandom;
use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

use super::{Array, Baseline, Estimator, Question, Size};
use crate::epoch::shuffled;
use crate::stream::Purpose;
use crate::{Error, Task};

/// `[model.matrix-factorisation]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The length of the vectors.
    pub factors: NonZeroU32,
    /// The learning rate γ of the first epoch.
    pub lr: Positive,
    /// What it is multiplied by after each epoch.
    pub decay: Share,
    /// The penalty λ of the vectors.
    pub regularisation: NonNegative,
    /// The penalty λ_b of the offsets.
    pub bias_regularisation: NonNegative,
    /// The standard deviation of the vectors before the first epoch.
    pub std: NonNegative,
    /// Whether what a user has rated counts besides how (SVD++).
    pub implicit: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            factors: const { NonZeroU32::new(50).unwrap() },
            lr: Positive::new::<1, 100>(),
            decay: Share::new::<1, 1>(),
            regularisation: NonNegative::new::<5, 100>(),
            bias_regularisation: NonNegative::new::<2, 100>(),
            std: NonNegative::new::<1, 10>(),
            implicit: false,
        }
    }
}

impl Baseline for Config {
    fn estimator(&self, task: &Task<'_>) -> Box<dyn Estimator> {
        Box::new(Factors::start(self, task))
    }

    fn size(&self, dims: Dims) -> Size {
        let factors = i64::from(self.factors.get());
        let of_item = if self.implicit { 2 * factors } else { factors };
        Size::kept(1 + dims.rows * (1 + factors) + dims.outputs * (1 + of_item))
    }

    fn operations(&self, ratings: &Csr) -> f64 {
        /// How much longer an operation takes than in a sum over rows of weights, since one thread goes from rating to rating: measured
        /// on MovieLens-1M.
        const ONE_BY_ONE: f64 = 13.0;
        let of_rating = if self.implicit { 20.0 } else { 12.0 };
        ONE_BY_ONE * of_rating * f64::from(self.factors.get()) * ratings.len() as f64
    }

    fn learns_by_epochs(&self) -> bool {
        true
    }

    fn folds_in(&self) -> bool {
        false
    }
}

struct Factors {
    config: Config,
    /// μ `[1]`.
    mean: Array,
    /// b_u `[users]`.
    user_biases: Array,
    /// b_i `[items]`.
    item_biases: Array,
    /// p_u `[users, factors]`.
    users: Array,
    /// q_i `[items, factors]`.
    items: Array,
    /// y_j `[items, factors]`; without rows where they do not count.
    implicit: Array,
}

/// The learning rate and the penalties of an epoch.
#[derive(Clone, Copy)]
struct Rates {
    lr: f32,
    regularisation: f32,
    bias_regularisation: f32,
}

impl Factors {
    fn start(config: &Config, task: &Task<'_>) -> Self {
        let (users, items) = (task.inputs.ratings.rows(), task.inputs.ratings.columns());
        let factors = config.factors.get() as usize;
        let mut generator = task.streams().generator(Purpose::Initialisation, 0, 0);
        let mut drawn = |name, rows| {
            let mut array = Array::zeros(name, &[rows, factors]);
            let draws = StandardNormal.sample_iter(&mut generator).map(|draw: f64| (draw * config.std.get()) as f32);
            array.values.iter_mut().zip(draws).for_each(|(cell, draw)| *cell = draw);
            array
        };
        Self {
            config: config.clone(),
            mean: Array::zeros("mean", &[1]),
            user_biases: Array::zeros("user_biases", &[users]),
            item_biases: Array::zeros("item_biases", &[items]),
            users: drawn("users", users),
            items: drawn("items", items),
            implicit: Array::zeros("implicit", &[if config.implicit { items } else { 0 }, factors]),
        }
    }

    /// `|R_u|^−½ Σ y_j` of who has rated these items.
    fn of_rated(&self, items: &[u32]) -> Vec<f32> {
        let mut sum = vec![0.0_f32; self.users.width()];
        if self.config.implicit && !items.is_empty() {
            for &item in items {
                sum.iter_mut().zip(self.implicit.row(item as usize)).for_each(|(sum, y)| *sum += y);
            }
            let share = (items.len() as f32).sqrt().recip();
            sum.iter_mut().for_each(|sum| *sum *= share);
        }
        sum
    }

    /// Learns from a user's ratings in this order; the sum of the squared errors before each.
    fn learn_user(&mut self, user: usize, ratings: &[(u32, f32)], rated: &[u32], rates: Rates) -> f64 {
        let Rates { lr, regularisation, bias_regularisation } = rates;
        let mean = self.mean.values[0];
        let before = self.of_rated(rated);
        let mut implicit = before.clone();
        let mut squares = 0.0;
        for &(item, rating) in ratings {
            let (p, q) = (self.users.row_mut(user), self.items.row_mut(item as usize));
            let (of_user, of_item) = (&mut self.user_biases.values[user], &mut self.item_biases.values[item as usize]);
            let product: f32 = p.iter().zip(&implicit).zip(&*q).map(|((p, z), q)| (p + z) * q).sum();
            let error = rating - (mean + *of_user + *of_item + product);
            squares += f64::from(error).powi(2);
            *of_user += lr * (error - bias_regularisation * *of_user);
            *of_item += lr * (error - bias_regularisation * *of_item);
            let pull = if self.config.implicit { lr } else { 0.0 };
            for ((p, z), q) in p.iter_mut().zip(&mut implicit).zip(q) {
                let (p_before, z_before, q_before) = (*p, *z, *q);
                *p += lr * (error * q_before - regularisation * p_before);
                *z += pull * (error * q_before - regularisation * z_before);
                *q += lr * (error * (p_before + z_before) - regularisation * q_before);
            }
        }
        if self.config.implicit {
            self.make_up(ratings.len(), rated, &before, &implicit, rates);
        }
        squares
    }

    /// Changes the y_j as so many steps have: each decays by itself, and all move by the same.
    fn make_up(&mut self, steps: usize, rated: &[u32], before: &[f32], after: &[f32], rates: Rates) {
        let left = (1.0 - rates.lr * rates.regularisation).powi(steps as i32);
        let share = (rated.len() as f32).sqrt().recip();
        let moved: Vec<f32> = before.iter().zip(after).map(|(before, after)| (after - left * before) * share).collect();
        for &item in rated {
            let row = self.implicit.row_mut(item as usize);
            row.iter_mut().zip(&moved).for_each(|(y, moved)| *y = left * *y + moved);
        }
    }
}

impl Estimator for Factors {
    fn arrays(&self) -> Vec<&Array> {
        let plain = [&self.mean, &self.user_biases, &self.item_biases, &self.users, &self.items];
        plain.into_iter().chain(self.config.implicit.then_some(&self.implicit)).collect()
    }

    fn arrays_mut(&mut self) -> Vec<&mut Array> {
        let Self { mean, user_biases, item_biases, users, items, implicit, config } = self;
        [mean, user_biases, item_biases, users, items].into_iter().chain(config.implicit.then_some(implicit)).collect()
    }

    fn learn(&mut self, task: &Task<'_>, epoch: usize) -> Result<Option<f64>, Error> {
        let train = &task.inputs.ratings;
        self.mean.values[0] = train.mean().unwrap_or(0.0) as f32;
        let lr = self.config.lr.get() * self.config.decay.get().powi(epoch as i32 - 1);
        let rates = Rates {
            lr: lr as f32,
            regularisation: self.config.regularisation.get() as f32,
            bias_regularisation: self.config.bias_regularisation.get() as f32,
        };
        let mut squares = 0.0;
        for user in shuffled(train, task.streams(), epoch) {
            let rated = train.row(user as usize);
            let mut ratings: Vec<(u32, f32)> = rated.iter().collect();
            // From 1: 0 is the order of the users.
            ratings.shuffle(&mut task.streams().generator(Purpose::Order, epoch, 1 + user as usize));
            squares += self.learn_user(user as usize, &ratings, rated.columns, rates);
        }
        let loss = squares / train.len() as f64;
        if loss.is_finite() {
            return Ok(Some(loss));
        }
        Err(Error::BaselineDiverged { model: task.model.name(), loss, epoch })
    }

    fn score(&self, asked: &Question<'_>, scores: &mut [f32]) {
        let mean = self.mean.values[0];
        let Some(user) = asked.known else {
            let scored = scores.iter_mut().zip(asked.items);
            return scored.for_each(|(score, &item)| *score = mean + self.item_biases.values[item as usize]);
        };
        let mut taste = self.of_rated(asked.shown.columns);
        taste.iter_mut().zip(self.users.row(user)).for_each(|(sum, p)| *sum += p);
        let of_user = mean + self.user_biases.values[user];
        for (score, &item) in scores.iter_mut().zip(asked.items) {
            let item = item as usize;
            let product: f32 = taste.iter().zip(self.items.row(item)).map(|(a, b)| a * b).sum();
            *score = of_user + self.item_biases.values[item] + product;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[derive(Deserialize)]
    struct Fixture {
        ratings: Vec<Vec<Option<f32>>>,
        descents: Vec<Descent>,
    }

    #[derive(Deserialize)]
    struct Descent {
        config: Config,
        initial: BTreeMap<String, Vec<f32>>,
        scores: Vec<Vec<f32>>,
        losses: Vec<f64>,
    }

    fn fresh(config: &Config, users: usize, items: usize) -> Factors {
        let factors = config.factors.get() as usize;
        Factors {
            config: config.clone(),
            mean: Array::zeros("mean", &[1]),
            user_biases: Array::zeros("user_biases", &[users]),
            item_biases: Array::zeros("item_biases", &[items]),
            users: Array::zeros("users", &[users, factors]),
            items: Array::zeros("items", &[items, factors]),
            implicit: Array::zeros("implicit", &[items, factors]),
        }
    }

    /// The numbers of `tests/fixtures/baselines.py`, which changes every y_j at every rating.
    #[test]
    fn a_descent_equals_one_that_makes_every_change_at_once() {
        let Fixture { ratings, descents } =
            serde_json::from_str(include_str!("../../tests/fixtures/baselines.json")).unwrap();
        let cells = (0..).zip(&ratings).flat_map(|(u, row)| (0..).zip(row).filter_map(move |(i, &r)| Some((u, i, r?))));
        let ratings = Csr::from_entries(ratings.len(), ratings[0].len(), cells);
        for Descent { config, initial, scores, losses } in descents {
            let mut factors = fresh(&config, ratings.rows(), ratings.columns());
            factors.mean.values[0] = ratings.mean().unwrap() as f32;
            for array in factors.arrays_mut().into_iter().filter(|array| array.name != "mean") {
                array.values.copy_from_slice(&initial[array.name]);
            }
            let rates = Rates {
                lr: config.lr.get() as f32,
                regularisation: config.regularisation.get() as f32,
                bias_regularisation: config.bias_regularisation.get() as f32,
            };
            for expected in losses {
                let learn = |user| {
                    let rated = ratings.row(user);
                    factors.learn_user(user, &rated.iter().collect::<Vec<_>>(), rated.columns, rates)
                };
                let loss = (0..ratings.rows()).map(learn).sum::<f64>() / ratings.len() as f64;
                assert!((loss / expected - 1.0).abs() < 1e-5, "{config:?}: loss {loss}, not {expected}");
            }
            let items: Vec<u32> = (0..ratings.columns() as u32).collect();
            for (user, expected) in scores.iter().enumerate() {
                let (shown, mut found) = (ratings.row(user), vec![0.0; items.len()]);
                let known = (!shown.is_empty()).then_some(user);
                factors.score(&Question { known, shown, items: &items, when: None }, &mut found);
                let differences = found.iter().zip(expected).map(|(found, expected)| (found - expected).abs());
                assert!(differences.fold(0.0, f32::max) < 2e-5, "{config:?}: {found:?}, not {expected:?}");
            }
        }
    }
}
