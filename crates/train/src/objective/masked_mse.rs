//! Squared error at observed ratings: `Σ_{c ∈ Oᵣ} w_rc (y_rc − x_rc)²`, O the observed entries of a row (AutoRec, Sedhain et al.
//! 2015); w is 1, or tells corrupted entries from others (CFN, Strub et al. 2016, where they are called α and β).

use hourglass_models::range::NonNegative;
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use super::{Fit, Observed};
use crate::Task;

/// `[objective.masked-mse]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// What the sum is divided by.
    pub over: Over,
    /// The weight of an entry whose input this step's noise has corrupted: α of CFN.
    pub corrupted: NonNegative,
    /// The weight of every other entry: β of CFN.
    pub kept: NonNegative,
}

impl Default for Config {
    fn default() -> Self {
        Self { over: Over::Row, corrupted: NonNegative::new::<1, 1>(), kept: NonNegative::new::<1, 1>() }
    }
}

/// What a sum of errors is divided by. Rows are those that have a rating.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Over {
    /// Each row's sum by the number of all columns, then by the number of rows: what `MSELoss` makes of rows whose other cells
    /// were set to zero.
    Columns,
    /// By the number of ratings in the batch: every rating weighs the same.
    Ratings,
    /// Each row's sum by its number of ratings, then by the number of rows: every row weighs the same.
    Row,
    /// Each row's sum as it is, by the number of rows: AutoRec's paper.
    Sum,
}

impl Config {
    pub(super) fn fit(&self, observed: &Observed) -> Fit {
        let errors = self.weighted((&observed.predicted - &observed.target).square(), observed.corrupted.as_ref());
        let errors = match self.over {
            Over::Columns => errors / observed.columns as f64,
            Over::Row => errors * &observed.share,
            Over::Ratings | Over::Sum => errors,
        };
        Fit { sum: errors.sum(Kind::Float), count: self.count(observed.rows, observed.target.numel()) }
    }

    fn weighted(&self, errors: Tensor, corrupted: Option<&Tensor>) -> Tensor {
        let (of_corrupted, of_kept) = (self.corrupted.get(), self.kept.get());
        match corrupted {
            Some(corrupted) if of_corrupted != of_kept => errors * (corrupted * (of_corrupted - of_kept) + of_kept),
            _ if of_kept == 1.0 => errors,
            _ => errors * of_kept,
        }
    }

    /// What the squared error of an entry counts for in the sum, in a row with so many entries of so many columns.
    pub(crate) fn weight(&self, entries: usize, columns: usize, is_corrupted: bool) -> f64 {
        let weight = if is_corrupted { self.corrupted } else { self.kept }.get();
        match self.over {
            Over::Columns => weight / columns as f64,
            Over::Ratings | Over::Sum => weight,
            Over::Row => weight / entries as f64,
        }
    }

    /// What the sum over a batch is divided by, which has so many rows with ratings and so many ratings.
    pub(crate) fn count(&self, rows: usize, ratings: usize) -> f64 {
        match self.over {
            Over::Columns | Over::Row | Over::Sum => rows as f64,
            Over::Ratings => ratings as f64,
        }
    }

    pub(super) fn check(&self, task: &Task<'_>) -> Result<(), String> {
        if self.corrupted == self.kept || !task.noise.is_empty() {
            return Ok(());
        }
        Err(format!(
            "objective.masked-mse weighs corrupted entries by {} and others by {}, but nothing is corrupted; add input.noise, or \
             give both the same weight",
            self.corrupted, self.kept
        ))
    }
}
