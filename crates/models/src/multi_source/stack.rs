//! Dense layers, one after the other.

use tch::{Device, Tensor};

use super::Config;
use crate::{Activation, Dense, Generator, Parameter, Part, Widths};

/// The layers of one source, each followed by the activation.
#[derive(Debug)]
pub(super) struct Stack {
    name: &'static str,
    layers: Vec<Dense>,
    activation: Activation,
}

impl Stack {
    /// From so many inputs through these widths, with fresh weights.
    pub(super) fn start(
        name: &'static str,
        inputs: i64,
        widths: &Widths,
        network: &Config,
        generator: &mut Generator,
        device: Device,
    ) -> Self {
        let layer = |fans| Dense::start(fans, network.initialisation, generator, device);
        Self { name, layers: fans(inputs, widths).into_iter().map(layer).collect(), activation: network.activation }
    }

    pub(super) fn parameters(&self) -> Vec<Parameter> {
        let layers = (0..).zip(&self.layers);
        layers.flat_map(|(index, layer)| layer.parameters(&format!("{}.{index}", self.name), Part::Encoder)).collect()
    }

    /// From `[batch, inputs]` to `[batch, last width]`.
    pub(super) fn apply(&self, x: &Tensor) -> Tensor {
        self.layers.iter().fold(x.shallow_clone(), |h, layer| self.activation.apply(&layer.sums(&h)))
    }
}

/// What each layer reads and writes.
pub(super) fn fans(inputs: i64, widths: &Widths) -> Vec<[i64; 2]> {
    [&[inputs], widths.list()].concat().windows(2).map(|pair| [pair[0], pair[1]]).collect()
}

/// The width of the last layer.
pub(super) fn last(widths: &Widths) -> i64 {
    widths.list()[widths.list().len() - 1]
}

/// How many numbers a dense layer trains.
pub(super) fn count([inputs, outputs]: [i64; 2]) -> u64 {
    (inputs * outputs + outputs) as u64
}
