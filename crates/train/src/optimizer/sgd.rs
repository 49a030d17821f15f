//! Stochastic gradient descent `θ ← θ − lr · g`, with momentum (Sutskever et al. 2013): `b ← μ b + g`, `θ ← θ − lr · b`, or with
//! Nesterov's `θ ← θ − lr · (g + μ b)`.

use hourglass_models::range::{NonNegative, Positive, Rate};
use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::{Rule, Step, decayed};

/// `{ sgd = { lr = 1e-2, momentum = 0.9 } }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Learning rate.
    pub lr: Positive,
    /// How much of the last change is made again.
    pub momentum: Rate,
    /// Whether the momentum is looked ahead.
    pub nesterov: bool,
    /// Added to the gradient, times the weight, offsets too.
    pub weight_decay: NonNegative,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            lr: Positive::new::<1, 100>(),
            momentum: Rate::new::<0, 1>(),
            nesterov: false,
            weight_decay: NonNegative::new::<0, 1>(),
        }
    }
}

impl Rule for Config {
    fn kept(&self) -> Vec<(&'static str, f64)> {
        (self.momentum.get() > 0.0).then_some(("momentum", 0.0)).into_iter().collect()
    }

    fn step(&self, step: Step, weights: &mut Tensor, gradient: &Tensor, kept: &mut [Tensor]) {
        let gradient = decayed(gradient, weights, self.weight_decay);
        let change = match kept {
            [momentum] => {
                let _ = momentum.g_mul_scalar_(self.momentum.get()).g_add_(&gradient);
                if self.nesterov { gradient + &*momentum * self.momentum.get() } else { momentum.shallow_clone() }
            }
            _ => gradient,
        };
        let _ = weights.g_add_(&(change * (-self.lr.get() * step.lr_factor)));
    }
}
