//! The collaborative filtering network: an autoencoder that is reminded of the side information in every layer (Strub, Gaudel
//! and Mary 2016, arXiv 1603.00806 and 1606.07659).
//!
//! ```text
//! h₁ = f([x, s] W₁ + b₁),  hₗ = f([hₗ₋₁, s] Wₗ + bₗ),  y = g([h_last, s] W + b)
//! ```
//!
//! s is the side information of the row. The authors map ratings to −1…1 and end in tanh too; ratings on another scale need a
//! linear output. The weights of corrupted and of kept entries in their loss belong to the objective.

use serde::{Deserialize, Serialize};
use tch::{Device, Tensor};

use crate::{
    Activation, Architecture, Batch, Boundaries, Boundary, Dense, Dims, Generator, Initialisation, Layers, Mode, Model,
    Output, Parameter, Part, Pass,
};

/// `[model.cfn]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Widths of the hidden layers, without the side information; the middle one is the code.
    pub layers: Layers,
    /// After every hidden layer.
    pub activation: Activation,
    /// After the output.
    pub output_activation: Activation,
    /// How the weights start.
    pub initialisation: Initialisation,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            layers: Layers::try_from(vec![700]).expect("one layer"),
            activation: Activation::Tanh,
            output_activation: Activation::Linear,
            initialisation: Initialisation::default(),
        }
    }
}

impl Config {
    /// Makes the network with fresh weights.
    pub fn build(&self, dims: Dims, generator: &mut Generator, device: Device) -> Cfn {
        let mut fans = self.fans(dims);
        let [[inputs, first], [last, outputs]] = [fans.remove(0), fans.pop().expect("a last layer")];
        let encoder = self.initialisation.start([inputs, first], [inputs, first], generator, device);
        let hidden = fans.into_iter().map(|fans| Dense::start(fans, self.initialisation, generator, device)).collect();
        let decoder = self.initialisation.start([outputs, last], [last, outputs], generator, device);
        Cfn { encoder: encoder.into(), hidden, decoder: decoder.into(), config: self.clone() }
    }

    /// What each layer reads and writes.
    fn fans(&self, dims: Dims) -> Vec<[i64; 2]> {
        let widths = [self.layers.widths(), &[dims.outputs]].concat();
        let hidden = widths.windows(2).map(|pair| [pair[0] + dims.side, pair[1]]);
        [[dims.inputs, widths[0]]].into_iter().chain(hidden).collect()
    }
}

impl Architecture for Config {
    fn network(&self, dims: Dims, generator: &mut Generator, device: Device) -> Box<dyn Model> {
        Box::new(self.build(dims, generator, device))
    }

    fn parameter_count(&self, dims: Dims) -> u64 {
        self.fans(dims).iter().map(|[inputs, outputs]| (inputs * outputs + outputs) as u64).sum()
    }

    fn check(&self, dims: Dims) -> Result<(), String> {
        if dims.side > 0 {
            return Ok(());
        }
        Err("model.cfn reads side information in every layer, and input.side_info lists none; list an attribute, as \
             input.side_info.users = [\"gender\"], or use [model.autoencoder]"
            .to_owned())
    }

    fn hidden_widths(&self) -> Vec<i64> {
        self.layers.widths().to_vec()
    }

    fn output_activation(&self) -> Activation {
        self.output_activation
    }

    fn code_activation(&self) -> Activation {
        self.activation
    }

    fn boundaries(&self) -> Boundaries {
        Boundaries::Plain
    }

    fn code_passes_first_layer(&self) -> bool {
        self.layers.widths().len() == 1
    }
}

/// The network.
#[derive(Debug)]
pub struct Cfn {
    encoder: Boundary,
    hidden: Vec<Dense>,
    decoder: Boundary,
    config: Config,
}

impl Model for Cfn {
    fn parameters(&self) -> Vec<Parameter> {
        let layer = |name, part, layer: &Boundary| Parameter::layer(name, part, &layer.weight, &layer.bias);
        let middle = self.config.layers.middle();
        let part = |index| if index < middle { Part::Encoder } else { Part::Decoder };
        let hidden = (0..).zip(&self.hidden);
        let hidden = hidden.flat_map(|(index, dense)| dense.parameters(&format!("hidden.{index}"), part(index)));
        let first = layer("encoder", Part::Encoder, &self.encoder).into_iter();
        first.chain(hidden).chain(layer("decoder", Part::Decoder, &self.decoder)).collect()
    }

    fn encoder(&self) -> Option<Boundary> {
        Some(self.encoder.share())
    }

    fn decoder(&self) -> Option<Boundary> {
        Some(self.decoder.share())
    }

    fn body(&self, first: &Tensor, batch: &Batch, _mode: &mut Mode<'_>) -> Pass {
        let side = batch.side.as_ref().expect("a network with side information is given some, which is checked");
        let reminded = |h: &Tensor| Tensor::cat(&[h, side], 1);
        let activation = self.config.activation;
        let (before, after) = self.hidden.split_at(self.config.layers.middle());
        let through = |h: Tensor, layers: &[Dense]| {
            layers.iter().fold(h, |h, layer| activation.apply(&layer.sums(&reminded(&h))))
        };
        let code = through(activation.apply(first), before);
        let last = reminded(&through(code.shallow_clone(), after));
        Pass { last, code, terms: Vec::new() }
    }

    fn output_activation(&self) -> Output {
        self.config.output_activation.into()
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn every_layer_reads_the_side_information() {
        let config = Config { layers: vec![4, 3, 4].try_into().unwrap(), ..Config::default() };
        let dims = Dims { rows: 2, inputs: 7, side: 2, outputs: 5, groups: 0, vocabulary: 0 };
        let model = config.build(dims, &mut Generator::seed_from_u64(1), Device::Cpu);
        let shapes: Vec<_> = model.parameters().into_iter().map(|p| (p.name, p.tensor.size())).collect();
        let expected = [
            ("encoder.weight", vec![7, 4]),
            ("encoder.bias", vec![4]),
            ("hidden.0.weight", vec![3, 6]),
            ("hidden.0.bias", vec![3]),
            ("hidden.1.weight", vec![4, 5]),
            ("hidden.1.bias", vec![4]),
            ("decoder.weight", vec![5, 6]),
            ("decoder.bias", vec![5]),
        ];
        assert_eq!(shapes, expected.map(|(name, size)| (name.to_owned(), size)));
        let held: usize = model.parameters().iter().map(|parameter| parameter.tensor.numel()).sum();
        assert_eq!(config.parameter_count(dims), held as u64);
    }
}
