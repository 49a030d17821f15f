//! `start + (1 − start) · min(1, time / epochs)`: small steps while the optimizer knows little (Goyal et al. 2017), as PyTorch's
//! `LinearLR` that is asked at every step.

use hourglass_models::range::{Positive, Rate};
use serde::{Deserialize, Serialize};

use super::Time;

/// `{ linear-warmup = { epochs = 5 } }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// When the full learning rate is reached; it may be within an epoch.
    pub epochs: Positive,
    /// Where it begins, as a share of the full learning rate.
    #[serde(default = "zero")]
    pub start: Rate,
}

fn zero() -> Rate {
    Rate::new::<0, 1>()
}

impl Config {
    pub(super) fn factor(&self, time: Time) -> f64 {
        let start = self.start.get();
        start + (1.0 - start) * (time.epochs / self.epochs.get()).min(1.0)
    }
}
