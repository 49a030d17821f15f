//! Adam (Kingma and Ba 2015), algorithm 1:
//!
//! ```text
//! m ← β₁ m + (1 − β₁) g,  v ← β₂ v + (1 − β₂) g²
//! θ ← θ − lr · (m / (1 − β₁ᵗ)) / (sqrt(v / (1 − β₂ᵗ)) + ε)
//! ```

use hourglass_models::range::{NonNegative, Positive, Rate};
use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::{Rule, Step, decayed};

/// `{ adam = { lr = 1e-3 } }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Learning rate.
    pub lr: Positive,
    /// Decay of the running mean of gradients.
    pub beta1: Rate,
    /// Decay of the running mean of squared gradients.
    pub beta2: Rate,
    /// Keeps the denominator above zero.
    pub epsilon: Positive,
    /// Added to the gradient, times the weight, offsets too. Not the same as an objective's l2, which leaves offsets out.
    pub weight_decay: NonNegative,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            lr: Positive::new::<1, 1_000>(),
            beta1: Rate::new::<9, 10>(),
            beta2: Rate::new::<999, 1_000>(),
            epsilon: Positive::new::<1, 100_000_000>(),
            weight_decay: NonNegative::new::<0, 1>(),
        }
    }
}

impl Rule for Config {
    fn kept(&self) -> Vec<(&'static str, f64)> {
        vec![("first-moment", 0.0), ("second-moment", 0.0)]
    }

    fn step(&self, step: Step, weights: &mut Tensor, gradient: &Tensor, kept: &mut [Tensor]) {
        let [first, second] = kept else { unreachable!("two tensors are kept") };
        let gradient = decayed(gradient, weights, self.weight_decay);
        let (beta1, beta2) = (self.beta1.get(), self.beta2.get());
        let correction1 = 1.0 - beta1.powf(step.number as f64);
        let correction2 = (1.0 - beta2.powf(step.number as f64)).sqrt();
        let _ = first.lerp_(&gradient, 1.0 - beta1);
        let _ = second.lerp_(&gradient.square(), 1.0 - beta2);
        let mut denominator = second.sqrt();
        let _ = denominator.g_mul_scalar_(1.0 / correction2).g_add_scalar_(self.epsilon.get());
        let change = first.g_mul_scalar(-self.lr.get() * step.lr_factor / correction1).g_div_(&denominator);
        let _ = weights.g_add_(&change);
    }
}
