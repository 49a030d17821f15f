//! A fully connected layer of the body.

use tch::{Device, Tensor};

use crate::initialisation::Start;
use crate::{Generator, Initialisation, Parameter, Part};

/// `h Wᵀ + b`.
#[derive(Debug)]
pub struct Dense {
    /// `[outputs, inputs]`.
    pub weight: Tensor,
    /// `[outputs]`.
    pub bias: Tensor,
}

impl From<Start> for Dense {
    fn from(Start { weight, bias }: Start) -> Self {
        Self { weight, bias }
    }
}

impl Dense {
    /// A layer between these widths, with fresh weights.
    pub fn start(
        [inputs, outputs]: [i64; 2],
        initialisation: Initialisation,
        generator: &mut Generator,
        device: Device,
    ) -> Self {
        initialisation.start([outputs, inputs], [inputs, outputs], generator, device).into()
    }

    /// The sums before the activation, from `[batch, inputs]` to `[batch, outputs]`.
    pub fn sums(&self, h: &Tensor) -> Tensor {
        h.linear(&self.weight, Some(&self.bias))
    }

    /// The sums before the activation of a layer that holds the weight of another and goes the other way, `h W + b`: from
    /// `[batch, rows of the weight]` to `[batch, columns]`.
    pub fn transposed_sums(&self, h: &Tensor) -> Tensor {
        self.bias.addmm(h, &self.weight)
    }

    /// Weight and bias.
    pub fn parameters(&self, name: &str, part: Part) -> [Parameter; 2] {
        Parameter::layer(name, part, &self.weight, &self.bias)
    }
}
