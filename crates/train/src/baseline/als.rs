//! A vector for each user and item, each side solved for in turn: alternating least squares with weighted λ-regularisation (Zhou,
//! Wilkinson, Schreiber and Pan, AAIM 2008). Of centred ratings it makes smallest
//!
//! ```text
//! Σ (r_ui − b_ui − p_u · q_i)² + λ (Σ_u n_u^ν ‖p_u‖² + Σ_i n_i^ν ‖q_i‖²)
//! ```
//!
//! An epoch solves for all users, then for all items. The vectors of users are never kept: from what is shown of a user theirs is
//! solved for, which is exact, so that users who are held out are folded in.

use std::num::NonZeroU32;

use hourglass_data::{Csr, Row};
use hourglass_models::Dims;
use hourglass_models::range::{NonNegative, Positive};
use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

use super::centring::Centre;
use super::normal_equations::{self, NormalEquations, solve_rows};
use super::{Array, Baseline, Centring, Estimator, Question, Size, biases};
use crate::stream::Purpose;
use crate::{Error, Task};

/// `[model.als]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The length of the vectors.
    pub factors: NonZeroU32,
    /// The penalty λ.
    pub regularisation: Positive,
    /// The power ν of the number of ratings that a vector's penalty grows with.
    pub frequency_exponent: NonNegative,
    /// The standard deviation of the items' vectors before the first epoch.
    pub std: Positive,
    /// What is taken from the ratings before.
    pub centring: Centring,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            factors: const { NonZeroU32::new(50).unwrap() },
            regularisation: Positive::new::<1, 10>(),
            frequency_exponent: NonNegative::new::<1, 1>(),
            std: Positive::new::<1, 10>(),
            centring: Centring::Biases(biases::Config::default()),
        }
    }
}

impl Baseline for Config {
    fn estimator(&self, task: &Task<'_>) -> Box<dyn Estimator> {
        let items = task.inputs.ratings.columns();
        Box::new(Als {
            config: self.clone(),
            centre: Centre::new(&self.centring, items),
            items: drawn("factors", [items, self.factors.get() as usize], self.std.get(), task),
        })
    }

    fn size(&self, dims: Dims) -> Size {
        let factors = u64::from(self.factors.get());
        let (users, items) = (dims.rows as u64, dims.outputs as u64);
        Size { kept: 1 + items * (1 + factors), fitting: 4 * users * factors }
    }

    fn operations(&self, ratings: &Csr) -> f64 {
        // Users are solved for once more when they are asked about.
        let (users, items) = (2 * ratings.rows(), ratings.columns());
        normal_equations::operations(self.factors.get() as usize, users + items, 3 * ratings.len())
    }

    fn learns_by_epochs(&self) -> bool {
        true
    }
}

/// Vectors before the first epoch.
pub(super) fn drawn(name: &'static str, shape: [usize; 2], std: f64, task: &Task<'_>) -> Array {
    let mut array = Array::zeros(name, &shape);
    let generator = task.streams().generator(Purpose::Initialisation, 0, 0);
    let draws = StandardNormal.sample_iter(generator).map(|draw: f64| (draw * std) as f32);
    array.values.iter_mut().zip(draws).for_each(|(cell, draw)| *cell = draw);
    array
}

struct Als {
    config: Config,
    centre: Centre,
    /// q_i `[items, factors]`.
    items: Array,
}

impl Als {
    /// The vector that fits these values of the others' vectors best; zeros without any.
    fn solve(&self, others: &Array, entries: Row<'_>, equations: &mut NormalEquations, solution: &mut [f32]) {
        if entries.is_empty() {
            return solution.fill(0.0);
        }
        let weight =
            self.config.regularisation.get() * (entries.len() as f64).powf(self.config.frequency_exponent.get());
        equations.begin(None, weight);
        entries.iter().for_each(|(other, value)| equations.add(others.row(other as usize), f64::from(value), 1.0));
        solution.iter_mut().zip(equations.solve()).for_each(|(cell, &number)| *cell = number as f32);
    }

    /// The vectors of all rows of centred ratings, by those of the columns.
    fn solve_all(&self, name: &'static str, others: &Array, ratings: &Csr) -> Array {
        solve_rows(name, others.width(), ratings, |row, equations, solution| {
            self.solve(others, row, equations, solution)
        })
    }
}

impl Estimator for Als {
    fn arrays(&self) -> Vec<&Array> {
        self.centre.arrays().into_iter().chain([&self.items]).collect()
    }

    fn arrays_mut(&mut self) -> Vec<&mut Array> {
        self.centre.arrays_mut().into_iter().chain([&mut self.items]).collect()
    }

    fn learn(&mut self, task: &Task<'_>, _epoch: usize) -> Result<Option<f64>, Error> {
        self.centre.fit(&task.inputs.ratings);
        let by_user = self.centre.centred_matrix(&task.inputs.ratings);
        let users = self.solve_all("users", &self.items, &by_user);
        self.items = self.solve_all(self.items.name, &users, &by_user.transpose());
        Ok(None)
    }

    fn score(&self, asked: &Question<'_>, scores: &mut [f32]) {
        let (columns, values): (Vec<u32>, Vec<f32>) = self.centre.centred(asked.shown).unzip();
        let mut taste = vec![0.0; self.items.width()];
        let mut equations = NormalEquations::new(taste.len());
        self.solve(&self.items, Row { columns: &columns, values: &values }, &mut equations, &mut taste);
        let user = self.centre.user(asked.shown);
        for (score, &item) in scores.iter_mut().zip(asked.items) {
            let product: f32 = taste.iter().zip(self.items.row(item as usize)).map(|(a, b)| a * b).sum();
            *score = user + self.centre.item(item) + product;
        }
    }
}
