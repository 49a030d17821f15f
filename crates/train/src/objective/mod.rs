//! What training makes small: a fit term over the observed ratings, plus penalties on the weights, reported part by part.

pub mod masked_mse;

use hourglass_models::Parameter;
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

/// Predictions at observed entries, and what they should be. All `[entries]`.
#[derive(Debug)]
pub struct Observed {
    /// The network's outputs.
    pub predicted: Tensor,
    /// The clean ratings.
    pub target: Tensor,
    /// 1 / (number of observed entries in the entry's row · number of rows with any): makes a weighted sum over entries
    /// the mean over rows of each row's mean.
    pub weight: Tensor,
}

/// A loss and its parts; the total is their sum.
#[derive(Debug)]
pub struct Loss {
    /// A scalar with a gradient.
    pub total: Tensor,
    /// The fit term, then the penalties, as in [`ObjectiveConfig::part_names`].
    pub parts: Vec<Tensor>,
}

impl ObjectiveConfig {
    /// The names of the parts, the fit term first.
    pub fn part_names(&self) -> Vec<&'static str> {
        match self {
            Self::MaskedMse(_) => vec!["masked-mse", "l2"],
        }
    }

    /// How far the predictions are from the ratings.
    pub fn fit_term(&self, observed: &Observed) -> Tensor {
        match self {
            Self::MaskedMse(_) => masked_mse::masked_mse(observed),
        }
    }

    /// What the weights cost by themselves.
    pub fn penalties(&self, parameters: &[Parameter]) -> Vec<Tensor> {
        match self {
            Self::MaskedMse(config) => vec![masked_mse::l2(parameters, config.l2.get())],
        }
    }

    /// The whole loss of one batch.
    pub fn loss(&self, observed: &Observed, parameters: &[Parameter]) -> Loss {
        let mut parts = vec![self.fit_term(observed)];
        parts.extend(self.penalties(parameters));
        let total = parts[1..].iter().fold(parts[0].shallow_clone(), |sum, part| sum + part);
        Loss { total, parts }
    }
}
