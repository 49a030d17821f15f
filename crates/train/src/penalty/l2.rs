//! Sum of squared weights: `λ Σ W²` over the weight matrices; offsets are not penalised.

use hourglass_models::range::NonNegative;
use hourglass_models::{Part, Role};
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use super::{Penalty, Seen};
use crate::Task;

/// `[penalty.l2]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// λ.
    pub weight: NonNegative,
    /// λ of the layers before the code, where it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoder: Option<NonNegative>,
    /// λ of the layers after the code, where it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decoder: Option<NonNegative>,
}

impl Config {
    /// The same λ everywhere.
    pub fn new(weight: NonNegative) -> Self {
        Self { weight, encoder: None, decoder: None }
    }

    /// λ of a weight matrix.
    pub fn factor(&self, part: Part) -> f64 {
        let own = match part {
            Part::Encoder => self.encoder,
            Part::Decoder => self.decoder,
        };
        own.unwrap_or(self.weight).get()
    }
}

impl Penalty for Config {
    fn term(&self, seen: &Seen<'_>) -> Tensor {
        let kernels = seen.parameters.iter().filter(|parameter| parameter.role == Role::Kernel);
        let zero = Tensor::zeros([], (Kind::Float, seen.parameters[0].tensor.device()));
        kernels.fold(zero, |sum, kernel| match self.factor(kernel.part) {
            0.0 => sum,
            factor => sum + kernel.tensor.square().sum(Kind::Float) * factor,
        })
    }

    fn check(&self, task: &Task<'_>) -> Result<(), String> {
        if self.decoder.is_none() || !task.model.shares_weights() {
            return Ok(());
        }
        Err("penalty.l2.decoder is for weights of the decoder's own, but the network shares the encoder's; leave it out".to_owned())
    }

    fn is_of_weights(&self) -> bool {
        true
    }
}
