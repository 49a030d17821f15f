//! Binary cross-entropy of probabilities: the mean of `−x ln y − (1 − x) ln(1 − y)`, logarithms at least −100 as in PyTorch's
//! `BCELoss`.

use hourglass_models::Activation;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::{Fit, On, Outputs, Wide, check_output, check_ratings};
use crate::Task;

/// `[objective.bce]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Which cells.
    pub on: On,
}

impl Config {
    pub(super) fn fit(&self, outputs: &Outputs) -> Fit {
        self.on.fit(outputs, errors)
    }

    /// The target, both logarithms with their products, and the slope; backward, the slope and the gradient.
    pub(super) fn wide(&self) -> Wide {
        match self.on {
            On::All => Wide { forward: 8, backward: 3 },
            On::Observed => Wide { forward: 0, backward: 1 },
        }
    }

    pub(super) fn check(&self, task: &Task<'_>) -> Result<(), String> {
        check_output(task, Activation::Sigmoid, "probabilities; or use objective.bce-with-logits on linear outputs")?;
        check_ratings(task, "probabilities from 0 to 1", |rating| (0.0..=1.0).contains(&rating))
    }
}

/// The gradient is written out, as in PyTorch: where a probability has become 0 or 1, that of the logarithms is not a number.
fn errors(predicted: &Tensor, target: &Tensor) -> Tensor {
    let y = predicted.detach();
    let no = y.ones_like() - &y;
    let value = -(target * y.log().clamp_min(-100.0) + (target.ones_like() - target) * no.log().clamp_min(-100.0));
    let slope = (&y - target) / (&y * &no).clamp_min(1e-12);
    value + (predicted - &y) * slope
}
