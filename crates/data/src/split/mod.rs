//! Which ratings a model learns from, which it is selected on, and which it is judged on.

mod apportion;
pub mod random;

use crate::fingerprint::Fingerprint;
use crate::{Csr, Error, Interactions};
use serde::{Deserialize, Serialize};

/// A way to divide ratings; written as `[split.random]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SplitConfig {
    /// At random, each user (or item) in proportion.
    Random(random::Config),
}

/// Three matrices `[users, items]` that share no rating and together hold all of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// What is learned from.
    pub train: Csr,
    /// What choices are made on.
    pub validation: Csr,
    /// What is read once, at the end.
    pub test: Csr,
}

impl SplitConfig {
    /// Divides the ratings.
    ///
    /// # Errors
    ///
    /// If no rating would be left to learn from.
    pub fn split(&self, interactions: &Interactions) -> Result<Split, Error> {
        match self {
            Self::Random(config) => config.split(interactions),
        }
    }
}

impl Split {
    /// 16 hexadecimal digits that change when any rating changes its value or its part.
    pub fn fingerprint(&self) -> String {
        let mut fingerprint = Fingerprint::default();
        for part in [&self.train, &self.validation, &self.test] {
            fingerprint.matrix(part);
        }
        fingerprint.finish()
    }
}
