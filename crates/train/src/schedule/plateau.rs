//! Multiplies by `factor` when the monitored column has not improved for a while, as PyTorch's `ReduceLROnPlateau` with an absolute
//! threshold.

use std::num::NonZeroUsize;

use hourglass_models::range::{NonNegative, Rate};
use serde::{Deserialize, Serialize};

/// `{ plateau = { factor = 0.1, patience = 10 } }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// What a reduction multiplies by.
    pub factor: Rate,
    /// Epochs without improvement after which the learning rate is reduced, counted as early stopping counts them (PyTorch's
    /// `patience` is one less).
    pub patience: NonZeroUsize,
    /// A smaller improvement counts as none.
    #[serde(default = "zero")]
    pub min_delta: NonNegative,
    /// The product of all reductions is never below this.
    #[serde(default = "zero")]
    pub lowest: NonNegative,
}

fn zero() -> NonNegative {
    NonNegative::new::<0, 1>()
}

/// What has been seen of the monitored column, and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Watched {
    /// The product of all reductions.
    pub factor: f64,
    best: Option<f64>,
    waited: usize,
}

impl Default for Watched {
    fn default() -> Self {
        Self { factor: 1.0, best: None, waited: 0 }
    }
}

impl Watched {
    /// Takes note of an epoch's score. A score that is not a number never improves.
    pub fn update(&mut self, config: &Config, score: Option<f64>, higher_is_better: bool) {
        let score = score.filter(|score| !score.is_nan());
        let gain = |score: f64, best: f64| if higher_is_better { score - best } else { best - score };
        let improved =
            score.is_some_and(|score| self.best.is_none_or(|best| gain(score, best) > config.min_delta.get()));
        if improved {
            (self.best, self.waited) = (score, 0);
            return;
        }
        self.waited += 1;
        if self.waited >= config.patience.get() {
            self.factor = (self.factor * config.factor.get()).max(config.lowest.get());
            self.waited = 0;
        }
    }
}
