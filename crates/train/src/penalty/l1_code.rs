//! Sum of absolute code values: `λ (1/rows) Σ |code|`, so that few units of a code are far from zero. A code of exact zeros needs
//! an activation that has them, as ReLU.

use hourglass_models::annealed;
use hourglass_models::range::NonNegative;
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use super::{Penalty, Seen, at_once};

/// `[penalty.l1-code]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// λ.
    pub weight: NonNegative,
    /// Epochs over which the weight grows from 0.
    #[serde(default = "at_once")]
    pub warmup: NonNegative,
}

impl Penalty for Config {
    fn term(&self, seen: &Seen<'_>) -> Tensor {
        let batch = seen.batch();
        let rows = batch.code.size()[0] as f64;
        batch.code.abs().sum(Kind::Float) * (annealed(self.weight, self.warmup, batch.epochs) / rows)
    }
}
