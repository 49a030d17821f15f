//! Adam for gradients most of whose rows are 0, as PyTorch's `SparseAdam`: a row of weights whose gradient is 0 throughout makes no
//! step, and what is kept for it stays. It is another optimizer than [Adam](super::adam), in which such rows go on with what is
//! left of their momentum; the corrections count all steps all the same, and ε is added to the root before it is corrected:
//!
//! ```text
//! m ← β₁ m + (1 − β₁) g,  v ← β₂ v + (1 − β₂) g²,  for rows with a gradient
//! θ ← θ − lr · sqrt(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (sqrt(v) + ε)
//! ```
//!
//! A row is what the first dimension counts: the weights of a column in the first and the last layer, those of a unit in the others,
//! a single offset.

use hourglass_models::range::{Positive, Rate};
use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::{Rule, Step, adam};

/// `{ lazy-adam = { lr = 1e-3 } }`.
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
}

impl Default for Config {
    fn default() -> Self {
        let adam::Config { lr, beta1, beta2, epsilon, .. } = adam::Config::default();
        Self { lr, beta1, beta2, epsilon }
    }
}

impl Config {
    /// Minus the length of a step, corrections included; steps count from 1.
    pub(crate) fn step_size(&self, step: u64, lr_factor: f64) -> f64 {
        let [correction1, correction2] = [self.beta1, self.beta2].map(|beta| 1.0 - beta.get().powf(step as f64));
        -self.lr.get() * lr_factor * correction2.sqrt() / correction1
    }
}

impl Rule for Config {
    fn kept(&self) -> Vec<(&'static str, f64)> {
        vec![("first-moment", 0.0), ("second-moment", 0.0)]
    }

    /// The gradient's rows, both moments' and the change of them.
    fn scratch(&self) -> u64 {
        4
    }

    fn goes_by_rows(&self) -> bool {
        true
    }

    fn step(&self, step: Step, weights: &mut Tensor, gradient: &Tensor, kept: &mut [Tensor]) {
        let [first, second] = kept else { unreachable!("two tensors are kept") };
        let rows = gradient.reshape([gradient.size()[0], -1]).abs().amax([1], false).nonzero().squeeze_dim(1);
        let gradient = gradient.index_select(0, &rows);
        let mut first_of_rows = first.index_select(0, &rows);
        let mut second_of_rows = second.index_select(0, &rows);
        let _ = first_of_rows.lerp_(&gradient, 1.0 - self.beta1.get());
        let _ = second_of_rows.lerp_(&gradient.square(), 1.0 - self.beta2.get());
        let _ = first.index_copy_(0, &rows, &first_of_rows);
        let _ = second.index_copy_(0, &rows, &second_of_rows);
        let denominator = second_of_rows.sqrt_().g_add_scalar_(self.epsilon.get());
        let change = first_of_rows.g_div_(&denominator).g_mul_scalar_(self.step_size(step.number, step.lr_factor));
        let _ = weights.index_add_(0, &rows, &change);
    }
}
