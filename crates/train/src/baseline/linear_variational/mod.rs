//! A linear variational autoencoder with a code as wide as there are items, and with its best encoder. A decoder without activations
//! and Gaussian noise, of a standard normal code, says that a user's ratings are drawn from
//!
//! ```text
//! r = m + W z + e,   z ~ N(0, I),   e ~ N(0, σ² I),   K = W Wᵀ
//! ```
//!
//! Of the rated items alone, the encoder that makes the evidence lower bound largest is the posterior, in closed form (Lucas, Tucker,
//! Grosse and Norouzi, NeurIPS 2019, "Don't Blame the ELBO!"), and what is decoded from its mean is
//!
//! ```text
//! r̂ = m + K_·u αᵤ,   αᵤ = Pᵤ (rᵤ − mᵤ),   Pᵤ = (Kᵤᵤ + σ² I)⁻¹
//! ```
//!
//! with the rows and columns u of K that the user has rated. K needs no W: an epoch is a step of expectation and maximisation (Yu,
//! Zhu, Lafferty and Gong, SIGIR 2009, "Fast Nonparametric Matrix Factorization"), here with a prior of inverse Wishart form that counts
//! as ν users whose covariance is Ψ:
//!
//! ```text
//! K ← (U K + K (Σᵤ αᵤ αᵤᵀ − Pᵤ) K + ν Ψ) / (U + ν),   Ψ = v (a 1 1ᵀ + b C + c I + d A)
//! ```
//!
//! C are cosines between the items' ratings, A between what else is known of the items, v is the variance of ratings about the items'
//! means. It follows from what is shown alone, so that held-out users are folded in exactly.
//!
//! Where times of ratings are known, the noise of a [session](Session) may be correlated: then σ² I is σ² S, what is expected of the
//! noise is added to r̂, and all else stays.

mod session;

use std::f64::consts::TAU;
use std::ops::Range;
use std::sync::OnceLock;

use hourglass_data::{Csr, Row, Times};
use hourglass_models::Dims;
use hourglass_models::range::NonNegative;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use super::gram::{self, gram};
pub use session::Session;

use super::{Array, Baseline, Estimator, Question, Size, When, item_weights};
use crate::engine::sparse::OneTensorThread;
use crate::{Error, Task};

/// An item's mean counts as many ratings of the mean item besides.
const DAMPING: f64 = 5.0;

/// Where everything is explained, so much noise is left.
const LEAST_NOISE: f32 = 1e-6;

/// Numbers of posteriors that are held at a time.
const HELD: usize = 1 << 23;

/// Rows of the covariance that are multiplied together.
const ROWS: usize = 128;

/// Operations of a sum over rows of weights that take as long as one of a product or a factor: measured on MovieLens-1M.
const PRODUCT: f64 = 0.45;

/// `[model.linear-variational]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The weight ν of the prior, in users.
    pub prior: NonNegative,
    /// a: the part of the variance that a user's ratings of all items share.
    pub shared: NonNegative,
    /// b: the part that those of similar items share.
    pub similar: NonNegative,
    /// c: the part that is of one item alone. What is left is noise, before the first epoch.
    pub own: NonNegative,
    /// d: the part that items share of which the same is known, as `input.side_info.items` has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alike: Option<NonNegative>,
    /// How ratings of one session are correlated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<Session>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            prior: NonNegative::new::<600, 1>(),
            shared: NonNegative::new::<15, 100>(),
            similar: NonNegative::new::<1, 10>(),
            own: NonNegative::new::<2, 10>(),
            alike: None,
            session: None,
        }
    }
}

impl Config {
    /// The part of the variance that is noise before the first epoch.
    fn noise(&self) -> f64 {
        1.0 - self.shared.get() - self.similar.get() - self.own.get() - self.alike()
    }

    fn alike(&self) -> f64 {
        self.alike.map_or(0.0, NonNegative::get)
    }
}

impl Baseline for Config {
    fn estimator(&self, task: &Task<'_>) -> Box<dyn Estimator> {
        let items = task.inputs.ratings.columns();
        Box::new(LinearVariational {
            config: self.clone(),
            expected: OnceLock::new(),
            mean: Array::zeros("mean", &[items]),
            covariance: Array::zeros("covariance", &[items, items]),
            noise: Array::zeros("noise", &[1]),
        })
    }

    fn size(&self, dims: Dims) -> Size {
        let items = dims.outputs as u64;
        // Ψ, the sum over users, the next covariance, and two copies for products.
        Size { kept: items * items + items + 1, fitting: 4 * (5 * items * items + 2 * HELD as u64) }
    }

    fn operations(&self, ratings: &Csr) -> f64 {
        let cubes: f64 = (0..ratings.rows()).map(|user| (ratings.row(user).len() as f64).powi(3)).sum();
        // Of each user a factor (a third) and its inverse (two thirds); a factor again for a prediction. Two products of matrices.
        let products = cubes * 8.0 / 3.0 + 4.0 * (ratings.columns() as f64).powi(3);
        PRODUCT * products + gram::operations(ratings)
    }

    fn learns_by_epochs(&self) -> bool {
        true
    }

    fn needs_times(&self) -> Option<&'static str> {
        self.session.as_ref().map(|_| "model.linear-variational.session")
    }

    fn reads_items(&self) -> bool {
        self.alike.is_some()
    }

    fn check(&self, task: &Task<'_>) -> Result<(), String> {
        let Self { shared, similar, own, .. } = self;
        if self.reads_items() && task.context.columns.is_none() {
            return Err("model.linear-variational.alike compares items by what is known of them, and input.side_info.items names \
                        nothing; name their attributes there, or leave alike out"
                .to_owned());
        }
        if self.noise() > 0.0 {
            return Ok(());
        }
        let alike = self.alike.map(|alike| format!(", alike = {alike}")).unwrap_or_default();
        Err(format!(
            "model.linear-variational has shared = {shared}, similar = {similar}{alike} and own = {own}, which leave no part of the \
             variance for noise; lower them until their sum is below 1"
        ))
    }
}

struct LinearVariational {
    config: Config,
    /// Ψ `[items, items]`, made of the training ratings when it is first needed.
    expected: OnceLock<Vec<f32>>,
    /// m `[items]`.
    mean: Array,
    /// K `[items, items]`.
    covariance: Array,
    /// σ² `[1]`.
    noise: Array,
}

/// What is known of a user.
struct Posterior<'a> {
    /// Of what is rated `[ratings]`.
    items: &'a [u32],
    /// α `[ratings]`.
    weights: Vec<f32>,
    /// P `[ratings, ratings]`.
    precision: Vec<f32>,
    /// The negative logarithm of the ratings' density.
    loss: f64,
}

/// Sums over users.
struct Sums {
    /// `Σ α αᵀ − P` `[items, items]`.
    products: Vec<f32>,
    /// `Σ α`, and how many there are `[items]`.
    weights: Vec<(f64, f64)>,
    /// Expected squares of e.
    noise: f64,
    loss: f64,
}

impl LinearVariational {
    /// Before the first epoch.
    fn start(&mut self, task: &Task<'_>) {
        let ratings = &task.inputs.ratings;
        self.mean.values = damped_means(ratings);
        let noise = self.config.noise() as f32 * variance(ratings, &self.mean.values);
        self.noise.values = vec![noise.max(LEAST_NOISE)];
        let expected = self.expected(task).to_vec();
        self.covariance.values = expected;
    }

    /// Ψ.
    fn expected(&self, task: &Task<'_>) -> &[f32] {
        self.expected.get_or_init(|| {
            let ratings = &task.inputs.ratings;
            let (items, variance) = (ratings.columns(), variance(ratings, &damped_means(ratings)));
            let Config { shared, similar, own, .. } = &self.config;
            let [shared, similar, own] = [shared, similar, own].map(|part| part.get() as f32 * variance);
            let mut cells = cosines(ratings);
            cells.par_chunks_mut(items.max(1)).enumerate().for_each(|(item, row)| {
                row.iter_mut().for_each(|cell| *cell = shared + similar * *cell);
                row[item] += own;
            });
            if let Some(columns) = task.context.columns.filter(|_| self.config.reads_items()) {
                let alike = self.config.alike() as f32 * variance;
                let known = cosines(&columns.transpose());
                cells.par_iter_mut().zip(known).for_each(|(cell, cosine)| *cell += alike * cosine);
            }
            cells
        })
    }

    /// A factor of Kᵤᵤ + σ² S, and rᵤ − mᵤ `[ratings, 1]`.
    fn equations(&self, entries: Row<'_>, when: Option<When<'_>>) -> Result<(Tensor, Tensor), Error> {
        let (size, noise) = (entries.len(), self.noise.values[0]);
        let mut matrix = Vec::with_capacity(size * size);
        for &item in entries.columns {
            let row = self.covariance.row(item as usize);
            matrix.extend(entries.columns.iter().map(|&other| row[other as usize]));
        }
        match &self.config.session {
            None => (0..size).for_each(|place| matrix[place * (size + 1)] += noise),
            Some(session) => {
                let shared = session.of_shown(entries.columns, when);
                matrix.iter_mut().zip(shared).for_each(|(cell, shared)| *cell += noise * shared);
            }
        }
        let matrix = Tensor::from_slice(&matrix).view([size as i64, size as i64]);
        let singular = |_| {
            Error::DoesNotFit(format!(
                "the covariance of {size} items has no inverse; lower train.epochs or raise the model's prior"
            ))
        };
        let rest: Vec<f32> = entries.iter().map(|(item, rating)| rating - self.mean.values[item as usize]).collect();
        Ok((matrix.f_linalg_cholesky(false).map_err(singular)?, Tensor::from_slice(&rest).view([-1, 1])))
    }

    fn posterior<'a>(&self, entries: Row<'a>, when: Option<When<'_>>) -> Result<Posterior<'a>, Error> {
        let _tensors = OneTensorThread::new();
        let (factor, rest) = self.equations(entries, when)?;
        let precision = factor.cholesky_inverse(false);
        let weights = precision.matmul(&rest);
        let roots = factor.diagonal(0, 0, 1).log().sum(Kind::Double).double_value(&[]);
        let distance = (&weights * &rest).sum(Kind::Double).double_value(&[]);
        let loss = roots + 0.5 * (distance + entries.len() as f64 * TAU.ln());
        Ok(Posterior { items: entries.columns, weights: floats(&weights), precision: floats(&precision), loss })
    }

    /// What a step expects, from blocks of users whose posteriors are held at a time.
    fn expect(&self, ratings: &Csr, times: Option<&Times>) -> Result<Sums, Error> {
        let items = ratings.columns();
        let mut sums =
            Sums { products: vec![0.0; items * items], weights: vec![(0.0, 0.0); items], noise: 0.0, loss: 0.0 };
        for users in blocks(ratings) {
            let filled = users.into_par_iter().filter(|&user| !ratings.row(user).is_empty());
            let when = |user: usize| Some(When { times: times?, user: user as u32, then: false });
            let posteriors =
                filled.map(|user| self.posterior(ratings.row(user), when(user))).collect::<Result<Vec<_>, Error>>()?;
            sums.add(&posteriors, self.noise.values[0]);
        }
        Ok(sums)
    }

    /// `K Σ K` for the sum over users `[items, items]`.
    fn spread(&self, products: &[f32]) -> Vec<f32> {
        let items = self.mean.values.len();
        let square = |numbers: &[f32]| Tensor::from_slice(numbers).view([items as i64, items as i64]);
        let (covariance, products) = (square(&self.covariance.values), square(products));
        let mut spread = vec![0.0; items * items];
        let lend = |(block, rows)| (block * ROWS, rows, covariance.shallow_clone(), products.shallow_clone());
        let jobs: Vec<(usize, &mut [f32], Tensor, Tensor)> =
            spread.chunks_mut((ROWS * items).max(1)).enumerate().map(lend).collect();
        jobs.into_par_iter().for_each(|(first, rows, covariance, products)| {
            let _tensors = OneTensorThread::new();
            let of_rows = covariance.narrow(0, first as i64, (rows.len() / items) as i64);
            rows.copy_from_slice(&floats(&of_rows.matmul(&products).matmul(&covariance)));
        });
        spread
    }

    /// The step itself.
    fn maximise(&mut self, ratings: &Csr, sums: &Sums) {
        let (items, prior) = (self.mean.values.len(), self.config.prior.get() as f32);
        let users = (0..ratings.rows()).filter(|&user| !ratings.row(user).is_empty()).count() as f32;
        let spread = self.spread(&sums.products);
        let expected = self.expected.take().unwrap_or_default();
        let rows = self.covariance.values.par_chunks_mut(items.max(1)).enumerate();
        rows.for_each(|(item, row)| {
            for (other, cell) in row.iter_mut().enumerate() {
                let [place, transposed] = [item * items + other, other * items + item];
                // Rounding makes a product differ from its transpose.
                let spread = 0.5 * (spread[place] + spread[transposed]);
                *cell = (users * *cell + spread + prior * expected[place]) / (users + prior);
            }
        });
        self.expected = OnceLock::from(expected);
        let center = mean(&self.mean.values);
        let noise = f64::from(self.noise.values[0]);
        for (mean, &(weight, count)) in self.mean.values.iter_mut().zip(&sums.weights) {
            // What users do not explain of a rating is m + e, and e is expected to be σ² α.
            *mean = damped(count * f64::from(*mean) + noise * weight, count, center);
        }
        self.noise.values = vec![((sums.noise / ratings.len().max(1) as f64) as f32).max(LEAST_NOISE)];
    }
}

impl Sums {
    fn add(&mut self, posteriors: &[Posterior<'_>], noise: f32) {
        // Rows are shared out; each adds up users in their order.
        let items = self.weights.len();
        self.products.par_chunks_mut(items.max(1)).enumerate().for_each(|(item, row)| {
            for Posterior { items, weights, precision, .. } in posteriors {
                let Ok(place) = items.binary_search(&(item as u32)) else { continue };
                let precision = &precision[place * items.len()..][..items.len()];
                for ((&other, weight), precision) in items.iter().zip(weights).zip(precision) {
                    row[other as usize] += weights[place] * weight - precision;
                }
            }
        });
        for Posterior { items, weights, precision, loss } in posteriors {
            for (place, (&item, &weight)) in items.iter().zip(weights).enumerate() {
                let (sum, count) = &mut self.weights[item as usize];
                (*sum, *count) = (*sum + f64::from(weight), *count + 1.0);
                let variance = noise - noise * noise * precision[place * (items.len() + 1)];
                self.noise += f64::from((noise * weight).powi(2) + variance);
            }
            self.loss += loss;
        }
    }
}

impl Estimator for LinearVariational {
    fn arrays(&self) -> Vec<&Array> {
        vec![&self.mean, &self.covariance, &self.noise]
    }

    fn arrays_mut(&mut self) -> Vec<&mut Array> {
        vec![&mut self.mean, &mut self.covariance, &mut self.noise]
    }

    fn learn(&mut self, task: &Task<'_>, epoch: usize) -> Result<Option<f64>, Error> {
        let ratings = &task.inputs.ratings;
        if epoch == 1 {
            self.start(task);
        }
        self.expected(task);
        let sums = self.expect(ratings, task.context.times)?;
        self.maximise(ratings, &sums);
        Ok(Some(sums.loss / ratings.len().max(1) as f64))
    }

    fn score(&self, asked: &Question<'_>, scores: &mut [f32]) {
        let _tensors = OneTensorThread::new();
        let weights = match self.equations(asked.shown, asked.when) {
            Ok((factor, rest)) => floats(&rest.cholesky_solve(&factor, false)),
            // Averages of covariances have an inverse where each of them has.
            Err(_) => vec![0.0; asked.shown.len()],
        };
        let shown = Row { columns: asked.shown.columns, values: &weights };
        item_weights::score(&self.covariance, &Question { shown, ..*asked }, scores);
        scores.iter_mut().zip(asked.items).for_each(|(score, &item)| *score += self.mean.values[item as usize]);
        if let Some(session) = &self.config.session {
            let noise = session.expect((shown.columns, shown.values), asked.items, asked.when);
            scores.iter_mut().zip(noise).for_each(|(score, part)| *score += self.noise.values[0] * part);
        }
    }
}

/// Neighbouring users, in blocks whose posteriors are held together.
fn blocks(ratings: &Csr) -> Vec<Range<usize>> {
    let (mut blocks, mut start, mut held) = (Vec::new(), 0, 0);
    for user in 0..ratings.rows() {
        let size = ratings.row(user).len().pow(2);
        if held + size > HELD && start < user {
            blocks.push(start..user);
            (start, held) = (user, 0);
        }
        held += size;
    }
    blocks.push(start..ratings.rows());
    blocks
}

/// Between columns; one without entries is like itself alone `[columns, columns]`.
fn cosines(matrix: &Csr) -> Vec<f32> {
    let (columns, mut cells) = (matrix.columns(), gram(matrix));
    let lengths: Vec<f32> = (0..columns).map(|column| cells[column * (columns + 1)].sqrt()).collect();
    cells.par_chunks_mut(columns.max(1)).enumerate().for_each(|(column, row)| {
        for (other, cell) in row.iter_mut().enumerate() {
            let length = lengths[column] * lengths[other];
            *cell = if length > 0.0 { *cell / length } else { f32::from(column == other) };
        }
    });
    cells
}

/// Of the items' ratings, damped towards the mean of all ratings `[items]`.
fn damped_means(ratings: &Csr) -> Vec<f32> {
    let mut sums = vec![(0.0, 0.0); ratings.columns()];
    for (_, item, rating) in ratings.entries() {
        let (sum, count) = &mut sums[item as usize];
        (*sum, *count) = (*sum + f64::from(rating), *count + 1.0);
    }
    let center = ratings.mean().unwrap_or_default();
    sums.into_iter().map(|(sum, count)| damped(sum, count, center)).collect()
}

fn damped(sum: f64, count: f64, center: f64) -> f32 {
    ((sum + DAMPING * center) / (count + DAMPING)) as f32
}

fn mean(numbers: &[f32]) -> f64 {
    numbers.iter().map(|&number| f64::from(number)).sum::<f64>() / numbers.len().max(1) as f64
}

/// Of ratings about the items' means.
fn variance(ratings: &Csr, means: &[f32]) -> f32 {
    let squares = ratings.entries().map(|(_, item, rating)| f64::from(rating - means[item as usize]).powi(2));
    (squares.sum::<f64>() / ratings.len().max(1) as f64) as f32
}

fn floats(tensor: &Tensor) -> Vec<f32> {
    Vec::try_from(tensor.contiguous().view(-1)).expect("numbers in one row")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_with_many_ratings_are_held_by_themselves() {
        let many = 3000; // Three rows of its square are more than are held, and so are two.
        let row = |user: u32, ratings: u32| (0..ratings).map(move |item| (user, item, 1.0));
        let entries = row(0, 5).chain(row(1, many)).chain(row(2, many)).chain(row(3, 5)).chain(row(5, 7));
        let ratings = Csr::from_entries(6, many as usize, entries);
        assert_eq!(blocks(&ratings), [0..1, 1..2, 2..3, 3..6]);
        assert_eq!(blocks(&Csr::from_entries(2, 3, row(1, 3))).len(), 1);
    }
}
