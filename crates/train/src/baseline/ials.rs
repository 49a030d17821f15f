//! A vector for each user and item, fitted to all pairs, the unobserved ones with a small weight: implicit alternating least squares
//! (Hu, Koren and Volinsky, ICDM 2008), with the penalty that Rendle, Krichene, Zhang and Koren (RecSys 2022, "Revisiting the Performance
//! of iALS on Item Recommendation Benchmarks") found to matter. It makes smallest
//!
//! ```text
//! Σ_{observed} c_ui (1 − p_u · q_i)² + α Σ_{all} (p_u · q_i)²
//!   + λ (Σ_u (n_u + α |I|)^ν ‖p_u‖² + Σ_i (n_i + α |U|)^ν ‖q_i‖²)
//! ```
//!
//! Sums over all pairs come from the vectors' squares, so that an epoch costs as much as the observed pairs. The vectors of users are
//! never kept: from what is shown of a user theirs is solved for, which is exact.

use std::num::NonZeroU32;
use std::sync::OnceLock;

use hourglass_data::{Csr, Row};
use hourglass_models::Dims;
use hourglass_models::range::{NonNegative, Positive};
use serde::{Deserialize, Serialize};

use super::als::drawn;
use super::normal_equations::{self, NormalEquations, solve_rows, squares};
use super::{Array, Baseline, Estimator, Question, Size};
use crate::{Error, Task};

/// `[model.ials]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The length of the vectors.
    pub factors: NonZeroU32,
    /// The penalty λ.
    pub regularisation: Positive,
    /// The power ν of the weight of all pairs of a vector that its penalty grows with.
    pub frequency_exponent: NonNegative,
    /// The weight α of a pair, observed or not.
    pub unobserved_weight: Positive,
    /// The weight c of an observed pair besides.
    pub confidence: Confidence,
    /// The standard deviation of the items' vectors before the first epoch, times √factors.
    pub std: Positive,
}

/// How much an observed pair counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// 1.
    Equal,
    /// As much as its rating, where that is above zero; one that is not does not count. With α it is Hu's 1 + r / α.
    Rating,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            factors: const { NonZeroU32::new(64).unwrap() },
            regularisation: Positive::new::<3, 1000>(),
            frequency_exponent: NonNegative::new::<1, 1>(),
            unobserved_weight: Positive::new::<1, 10>(),
            confidence: Confidence::Equal,
            std: Positive::new::<1, 10>(),
        }
    }
}

impl Baseline for Config {
    fn estimator(&self, task: &Task<'_>) -> Box<dyn Estimator> {
        let factors = self.factors.get() as usize;
        let std = self.std.get() / (factors as f64).sqrt();
        Box::new(Ials {
            config: self.clone(),
            users: task.inputs.ratings.rows(),
            items: drawn("factors", [task.inputs.ratings.columns(), factors], std, task),
            squares: OnceLock::new(),
        })
    }

    fn size(&self, dims: Dims) -> Size {
        let factors = u64::from(self.factors.get());
        Size { kept: dims.outputs as u64 * factors, fitting: 4 * dims.rows as u64 * factors }
    }

    fn operations(&self, ratings: &Csr) -> f64 {
        let (users, items) = (2 * ratings.rows(), ratings.columns());
        normal_equations::operations(self.factors.get() as usize, users + items, 3 * ratings.len() + users + items)
    }

    fn learns_by_epochs(&self) -> bool {
        true
    }

    fn predicts_ratings(&self) -> bool {
        false
    }
}

struct Ials {
    config: Config,
    users: usize,
    /// q_i `[items, factors]`.
    items: Array,
    /// `Σ q qᵀ`, computed when it is first needed.
    squares: OnceLock<Vec<f64>>,
}

/// One side's vectors, and what follows from them.
struct Side<'a> {
    vectors: &'a Array,
    squares: &'a [f64],
    count: usize,
}

impl Ials {
    fn side_of_items(&self) -> Side<'_> {
        let squares = self.squares.get_or_init(|| squares(&self.items));
        Side { vectors: &self.items, squares, count: self.items.shape[0] }
    }

    /// The vector of who or what is observed with these.
    fn solve(&self, others: &Side<'_>, entries: Row<'_>, equations: &mut NormalEquations, solution: &mut [f32]) {
        let Config { regularisation, frequency_exponent, unobserved_weight, confidence, .. } = &self.config;
        let unobserved = unobserved_weight.get();
        let frequency = entries.len() as f64 + unobserved * others.count as f64;
        let penalty = regularisation.get() * frequency.powf(frequency_exponent.get());
        equations.begin(Some((others.squares, unobserved)), penalty);
        for (other, rating) in entries.iter() {
            let weight = match confidence {
                Confidence::Equal => 1.0,
                Confidence::Rating => f64::from(rating).max(0.0),
            };
            equations.add(others.vectors.row(other as usize), 1.0, weight);
        }
        solution.iter_mut().zip(equations.solve()).for_each(|(cell, &number)| *cell = number as f32);
    }

    fn solve_all(&self, name: &'static str, others: &Side<'_>, ratings: &Csr) -> Array {
        let width = others.vectors.width();
        solve_rows(name, width, ratings, |row, equations, solution| self.solve(others, row, equations, solution))
    }
}

impl Estimator for Ials {
    fn arrays(&self) -> Vec<&Array> {
        vec![&self.items]
    }

    fn arrays_mut(&mut self) -> Vec<&mut Array> {
        self.squares = OnceLock::new();
        vec![&mut self.items]
    }

    fn learn(&mut self, task: &Task<'_>, _epoch: usize) -> Result<Option<f64>, Error> {
        let by_user = &task.inputs.ratings;
        let users = self.solve_all("users", &self.side_of_items(), by_user);
        let side = Side { squares: &squares(&users), vectors: &users, count: self.users };
        self.items = self.solve_all(self.items.name, &side, &by_user.transpose());
        self.squares = OnceLock::new();
        Ok(None)
    }

    fn score(&self, asked: &Question<'_>, scores: &mut [f32]) {
        let mut taste = vec![0.0; self.items.width()];
        let mut equations = NormalEquations::new(taste.len());
        self.solve(&self.side_of_items(), asked.shown, &mut equations, &mut taste);
        for (score, &item) in scores.iter_mut().zip(asked.items) {
            *score = taste.iter().zip(self.items.row(item as usize)).map(|(a, b)| a * b).sum();
        }
    }
}
