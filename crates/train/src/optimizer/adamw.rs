//! AdamW (Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization"): `θ ← θ − lr · decay · θ`, then
//! [Adam](super::adam)'s step.

use hourglass_models::range::{NonNegative, Positive, Rate};
use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::{Rule, Step, adam};

/// `{ adamw = { lr = 1e-3, weight_decay = 1e-2 } }`.
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
    /// The share of each weight, offsets too, that a step at a learning rate of 1 would take off.
    pub weight_decay: NonNegative,
}

impl Default for Config {
    fn default() -> Self {
        let adam::Config { lr, beta1, beta2, epsilon, .. } = adam::Config::default();
        Self { lr, beta1, beta2, epsilon, weight_decay: NonNegative::new::<1, 100>() }
    }
}

impl Config {
    /// Adam alone.
    pub(crate) fn adam(&self) -> adam::Config {
        let Self { lr, beta1, beta2, epsilon, .. } = *self;
        adam::Config { lr, beta1, beta2, epsilon, ..adam::Config::default() }
    }
}

impl Rule for Config {
    fn kept(&self) -> Vec<(&'static str, f64)> {
        self.adam().kept()
    }

    fn step(&self, step: Step, weights: &mut Tensor, gradient: &Tensor, kept: &mut [Tensor]) {
        let _ = weights.g_mul_scalar_(1.0 - self.lr.get() * step.lr_factor * self.weight_decay.get());
        self.adam().step(step, weights, gradient, kept);
    }
}
