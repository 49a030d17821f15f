//! `factor^epochs`, as PyTorch's `ExponentialLR`.

use hourglass_models::range::Positive;
use serde::{Deserialize, Serialize};

use super::Time;

/// `{ exponential = { factor = 0.95 } }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// What an epoch multiplies by.
    pub factor: Positive,
}

impl Config {
    pub(super) fn factor(&self, time: Time) -> f64 {
        self.factor.get().powf(time.whole_epochs())
    }
}
