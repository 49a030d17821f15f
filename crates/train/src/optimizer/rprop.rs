//! Rprop (Riedmiller and Braun 1993), as the first AutoRec was trained: each weight has a step of its own, which grows while the
//! gradient keeps its sign and shrinks when it changes; the size of the gradient is of no matter.
//!
//! ```text
//! same sign:   Δ ← min(Δ η⁺, Δmax),  θ ← θ − sign(g) Δ
//! other sign:  Δ ← max(Δ η⁻, Δmin),  θ stays, and the gradient counts as 0 in the next step
//! ```

use hourglass_models::range::{Positive, Rate};
use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::{Rule, Step};

/// `{ rprop = { lr = 1e-2 } }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The size of the first step.
    pub lr: Positive,
    /// By which a step shrinks.
    pub shrink: Rate,
    /// By which a step grows.
    pub grow: Positive,
    /// The smallest step.
    pub smallest: Positive,
    /// The largest step.
    pub largest: Positive,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            lr: Positive::new::<1, 100>(),
            shrink: Rate::new::<1, 2>(),
            grow: Positive::new::<12, 10>(),
            smallest: Positive::new::<1, 1_000_000>(),
            largest: Positive::new::<50, 1>(),
        }
    }
}

impl Rule for Config {
    fn kept(&self) -> Vec<(&'static str, f64)> {
        vec![("last-gradient", 0.0), ("step-size", self.lr.get())]
    }

    fn scratch(&self) -> u64 {
        5
    }

    fn step(&self, _: Step, weights: &mut Tensor, gradient: &Tensor, kept: &mut [Tensor]) {
        let [last_gradient, step_size] = kept else { unreachable!("two tensors are kept") };
        let agreement = &*last_gradient * gradient;
        let turned = agreement.lt(0.0);
        let factor = agreement.ones_like().masked_fill(&agreement.gt(0.0), self.grow.get());
        let factor = factor.masked_fill(&turned, self.shrink.get());
        let _ = step_size.g_mul_(&factor).clamp_(self.smallest.get(), self.largest.get());
        let gradient = gradient.masked_fill(&turned, 0.0);
        let _ = weights.g_sub_(&(gradient.sign() * &*step_size));
        last_gradient.copy_(&gradient);
    }
}
