//! Squared error at observed ratings: `Σ_{c ∈ Oᵣ} (y_rc − x_rc)²`, O the observed entries of a row (AutoRec, Sedhain et al. 2015).

use serde::{Deserialize, Serialize};
use tch::Kind;

use super::{Fit, Observed};

/// `[objective.masked-mse]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// What the sum is divided by.
    pub over: Over,
}

/// What a sum of errors is divided by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Over {
    /// Each row's sum by its number of ratings, then by the number of rows: every row weighs the same.
    #[default]
    Row,
}

impl Config {
    pub(super) fn fit(&self, observed: &Observed) -> Fit {
        let errors = (&observed.predicted - &observed.target).square();
        match self.over {
            Over::Row => Fit { sum: (errors * &observed.share).sum(Kind::Float), count: observed.rows as f64 },
        }
    }
}
