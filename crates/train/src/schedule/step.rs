//! `factor^⌊epochs / every⌋`, as PyTorch's `StepLR`.

use std::num::NonZeroUsize;

use hourglass_models::range::Positive;
use serde::{Deserialize, Serialize};

use super::Time;

/// `{ step = { every = 30, factor = 0.1 } }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Epochs from one step to the next.
    pub every: NonZeroUsize,
    /// What a step multiplies by.
    pub factor: Positive,
}

impl Config {
    pub(super) fn factor(&self, time: Time) -> f64 {
        self.factor.get().powf((time.whole_epochs() / self.every.get() as f64).floor())
    }
}
