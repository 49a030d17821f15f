//! How far predictions are from ratings: the first part of what training makes small. The others are the
//! [penalties](crate::penalty), and what a network adds itself.

pub mod masked_mse;

use serde::{Deserialize, Serialize};
use tch::Tensor;

/// Which objective, as written in an experiment: `[objective.masked-mse]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ObjectiveConfig {
    /// Mean squared error over observed ratings.
    MaskedMse(masked_mse::Config),
}

impl Default for ObjectiveConfig {
    fn default() -> Self {
        Self::MaskedMse(masked_mse::Config::default())
    }
}

/// What a network predicted for a batch.
#[derive(Debug)]
pub struct Outputs<'a> {
    /// Every output, where the objective [needs](ObjectiveConfig::needs_all_outputs) them `[batch, outputs]`.
    pub all: Option<&'a Tensor>,
    /// Those at observed entries.
    pub observed: Observed,
}

/// Predictions at observed entries, and what they should be, row by row.
#[derive(Debug)]
pub struct Observed {
    /// The network's outputs `[entries]`.
    pub predicted: Tensor,
    /// The ratings `[entries]`.
    pub target: Tensor,
    /// The place in the batch of an entry's row, as a 64-bit integer `[entries]`.
    pub row: Tensor,
    /// 1 / (number of observed entries in the entry's row) `[entries]`.
    pub share: Tensor,
    /// Rows of the batch that have an observed entry.
    pub rows: usize,
}

/// A sum of errors with a gradient, and what it is to be divided by: the mean over several batches is the sum of their sums
/// over the sum of their counts.
#[derive(Debug)]
pub struct Fit {
    /// A scalar.
    pub sum: Tensor,
    /// Rows, entries, or what else the objective averages over.
    pub count: f64,
}

impl ObjectiveConfig {
    /// As written in experiments, and in the columns of tables.
    pub fn name(&self) -> &'static str {
        match self {
            Self::MaskedMse(_) => "masked-mse",
        }
    }

    /// Whether outputs count at which nothing was observed.
    pub fn needs_all_outputs(&self) -> bool {
        match self {
            Self::MaskedMse(_) => false,
        }
    }

    /// How far the outputs are from the ratings.
    pub fn fit(&self, outputs: &Outputs<'_>) -> Fit {
        match self {
            Self::MaskedMse(config) => config.fit(&outputs.observed),
        }
    }
}
