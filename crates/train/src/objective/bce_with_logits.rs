//! Binary cross-entropy of log-odds: the mean of `ln(1 + exp(y)) − x y`, which is that of the probabilities `sigmoid(y)` without
//! their rounding. Predictions are the probabilities.

use hourglass_models::Activation;
use serde::{Deserialize, Serialize};

use super::{Fit, On, Outputs, Wide, check_output, check_ratings};
use crate::Task;

/// `[objective.bce-with-logits]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Which cells.
    pub on: On,
}

impl Config {
    pub(super) fn fit(&self, outputs: &Outputs) -> Fit {
        self.on.fit(outputs, |predicted, target| predicted.softplus() - predicted * target)
    }

    /// The target, the softplus, the product and their difference; backward, both products' gradients.
    pub(super) fn wide(&self) -> Wide {
        match self.on {
            On::All => Wide { forward: 4, backward: 5 },
            On::Observed => Wide { forward: 0, backward: 1 },
        }
    }

    pub(super) fn check(&self, task: &Task<'_>) -> Result<(), String> {
        check_output(task, Activation::Linear, "log-odds; or use objective.bce on sigmoid outputs")?;
        check_ratings(task, "probabilities from 0 to 1", |rating| (0.0..=1.0).contains(&rating))
    }
}
