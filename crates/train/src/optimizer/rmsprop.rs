//! RMSprop (Tieleman and Hinton 2012, lecture 6.5 of "Neural Networks for Machine Learning"):
//!
//! ```text
//! v ← α v + (1 − α) g²
//! θ ← θ − lr · g / (sqrt(v) + ε),  or with momentum μ:  b ← μ b + g / (sqrt(v) + ε),  θ ← θ − lr · b
//! ```

use hourglass_models::range::{NonNegative, Positive, Rate};
use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::{Rule, Step, decayed};

/// `{ rmsprop = { lr = 1e-2 } }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Learning rate.
    pub lr: Positive,
    /// Decay of the running mean of squared gradients.
    pub alpha: Rate,
    /// Keeps the denominator above zero.
    pub epsilon: Positive,
    /// How much of the last change is made again.
    pub momentum: Rate,
    /// Added to the gradient, times the weight, offsets too.
    pub weight_decay: NonNegative,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            lr: Positive::new::<1, 100>(),
            alpha: Rate::new::<99, 100>(),
            epsilon: Positive::new::<1, 100_000_000>(),
            momentum: Rate::new::<0, 1>(),
            weight_decay: NonNegative::new::<0, 1>(),
        }
    }
}

impl Rule for Config {
    fn kept(&self) -> Vec<(&'static str, f64)> {
        let momentum = (self.momentum.get() > 0.0).then_some(("momentum", 0.0));
        [("mean-square", 0.0)].into_iter().chain(momentum).collect()
    }

    fn step(&self, step: Step, weights: &mut Tensor, gradient: &Tensor, kept: &mut [Tensor]) {
        let [mean_square, momentum @ ..] = kept else { unreachable!("the mean square is kept") };
        let gradient = decayed(gradient, weights, self.weight_decay);
        let _ = mean_square.lerp_(&gradient.square(), 1.0 - self.alpha.get());
        let scaled = gradient / mean_square.sqrt().g_add_scalar_(self.epsilon.get());
        let change = match momentum {
            [momentum] => {
                let _ = momentum.g_mul_scalar_(self.momentum.get()).g_add_(&scaled);
                momentum.shallow_clone()
            }
            _ => scaled,
        };
        let _ = weights.g_add_(&(change * (-self.lr.get() * step.lr_factor)));
    }
}
