//! How far predictions are from ratings: the first part of what training makes small. The others are the
//! [penalties](crate::penalty), and what a network adds itself.

pub mod contrastive_divergence;
pub mod cross_entropy;
pub mod masked_mse;

use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use crate::levels::Levels;

/// Which objective, as written in an experiment: `[objective.masked-mse]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ObjectiveConfig {
    /// Mean squared error over observed ratings.
    MaskedMse(masked_mse::Config),
    /// Over the values that a rating can have.
    CrossEntropy(cross_entropy::Config),
    /// Of the data and a sample: for an RBM.
    ContrastiveDivergence(contrastive_divergence::Config),
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
    /// The network's outputs `[entries]`, or `[entries, levels]` where it gives one for each value that a rating can have.
    pub predicted: Tensor,
    /// The ratings `[entries]`.
    pub target: Tensor,
    /// The place in the batch of an entry's row, as a 64-bit integer `[entries]`.
    pub row: Tensor,
    /// 1 / (number of observed entries in the entry's row) `[entries]`.
    pub share: Tensor,
    /// Rows of the batch that have an observed entry.
    pub rows: usize,
    /// The ratings' classes as 64-bit integers `[entries]`, where the objective [predicts](ObjectiveConfig::predicts_classes)
    /// them.
    pub classes: Option<Tensor>,
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
            Self::CrossEntropy(_) => "cross-entropy",
            Self::ContrastiveDivergence(_) => "contrastive-divergence",
        }
    }

    /// Whether outputs count at which nothing was observed.
    pub fn needs_all_outputs(&self) -> bool {
        match self {
            Self::MaskedMse(_) | Self::CrossEntropy(_) | Self::ContrastiveDivergence(_) => false,
        }
    }

    /// Whether the outputs are chances of each value that a rating can have, not the rating.
    pub fn predicts_classes(&self) -> bool {
        matches!(self, Self::CrossEntropy(_) | Self::ContrastiveDivergence(_))
    }

    /// How many outputs a rated column has.
    pub fn outputs_per_column(&self, levels: &Levels) -> usize {
        if self.predicts_classes() { levels.count() } else { 1 }
    }

    /// What outputs at some entries mean as ratings, from `[entries]` or `[entries, levels]` to `[entries]`.
    pub fn prediction(&self, outputs: &Tensor, levels: &Levels) -> Tensor {
        match self {
            Self::MaskedMse(_) => outputs.shallow_clone(),
            Self::CrossEntropy(config) => config.predict.of(outputs, levels),
            Self::ContrastiveDivergence(config) => config.predict.of(outputs, levels),
        }
    }

    /// How far the outputs are from the ratings.
    pub fn fit(&self, outputs: &Outputs<'_>) -> Fit {
        match self {
            Self::MaskedMse(config) => config.fit(&outputs.observed),
            Self::CrossEntropy(config) => config.fit(&outputs.observed),
            // Free energies are not computed from outputs: training asks the objective itself.
            Self::ContrastiveDivergence(_) => {
                Fit { sum: outputs.observed.share.zeros_like().sum(Kind::Float), count: 0.0 }
            }
        }
    }
}
