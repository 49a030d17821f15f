//! The multilayer autoencoder: AutoRec (one hidden layer; Sedhain et al., WWW 2015) and its deep relatives (Kuchaiev and
//! Ginsburg 2017), narrow in the middle (256-128-256) or wide (256-512-256).
//!
//! ```text
//! h₁ = f(x W₁ + b₁),  hₗ = f(hₗ₋₁ Wₗ + bₗ),  code = h_middle (whose f can be another), then dropout,  y = g(h_last W + b)
//! ```

use serde::{Deserialize, Serialize};
use tch::{Device, Tensor};

use crate::dropout::dropout;
use crate::range::Rate;
use crate::{
    Activation, Batch, Boundary, Dense, Dims, Generator, Initialisation, Layers, Mode, Model, Parameter, Part, Pass,
};

/// `[model.autoencoder]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Widths of the hidden layers; the middle one is the code.
    pub layers: Layers,
    /// After every hidden layer.
    pub activation: Activation,
    /// After the code, where that is not the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_activation: Option<Activation>,
    /// After the output.
    pub output_activation: Activation,
    /// Share of the code's units that training sets to zero at random.
    pub dropout: Rate,
    /// How the weights start.
    pub initialisation: Initialisation,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            layers: Layers::try_from(vec![500]).expect("one layer"),
            activation: Activation::Sigmoid,
            code_activation: None,
            output_activation: Activation::Linear,
            dropout: Rate::new::<0, 1>(),
            initialisation: Initialisation::default(),
        }
    }
}

impl Config {
    /// Makes the network with fresh weights.
    pub fn build(&self, dims: Dims, generator: &mut Generator, device: Device) -> Autoencoder {
        let widths = self.layers.widths();
        let (first, last) = (widths[0], widths[widths.len() - 1]);
        let mut start = |shape, fans| self.initialisation.start(shape, fans, generator, device);
        let encoder = start([dims.inputs, first], [dims.inputs, first]);
        let hidden =
            widths.windows(2).map(|pair| start([pair[1], pair[0]], [pair[0], pair[1]])).map(Dense::from).collect();
        let decoder = start([dims.outputs, last], [last, dims.outputs]);
        Autoencoder { encoder: encoder.into(), hidden, decoder: decoder.into(), config: self.clone() }
    }

    /// How many numbers are trained.
    pub fn parameter_count(&self, dims: Dims) -> u64 {
        let widths = self.layers.widths();
        let all = [&[dims.inputs], widths, &[dims.outputs]].concat();
        all.windows(2).map(|pair| (pair[0] * pair[1] + pair[1]) as u64).sum()
    }
}

/// The network.
#[derive(Debug)]
pub struct Autoencoder {
    encoder: Boundary,
    hidden: Vec<Dense>,
    decoder: Boundary,
    config: Config,
}

impl Model for Autoencoder {
    fn parameters(&self) -> Vec<Parameter> {
        let Boundary { weight, bias } = &self.encoder;
        let mut parameters = Vec::from(Parameter::layer("encoder", Part::Encoder, weight, bias));
        for (index, layer) in self.hidden.iter().enumerate() {
            let part = if index < self.config.layers.middle() { Part::Encoder } else { Part::Decoder };
            parameters.extend(layer.parameters(&format!("hidden.{index}"), part));
        }
        let Boundary { weight, bias } = &self.decoder;
        parameters.extend(Parameter::layer("decoder", Part::Decoder, weight, bias));
        parameters
    }

    fn encoder(&self) -> Option<Boundary> {
        Some(self.encoder.share())
    }

    fn decoder(&self) -> Option<Boundary> {
        Some(self.decoder.share())
    }

    fn body(&self, first: &Tensor, _batch: &Batch, mode: &mut Mode<'_>) -> Pass {
        let activation = self.config.activation;
        let code_activation = self.config.code_activation.unwrap_or(activation);
        let (before, after) = self.hidden.split_at(self.config.layers.middle());
        let of_code = before.iter().fold(first.shallow_clone(), |first, layer| layer.sums(&activation.apply(&first)));
        let code = code_activation.apply(&of_code);
        let kept = dropout(&code, self.config.dropout.get(), mode);
        let last = after.iter().fold(kept, |h, layer| activation.apply(&layer.sums(&h)));
        Pass { last, code, terms: Vec::new() }
    }

    fn output_activation(&self) -> Activation {
        self.config.output_activation
    }

    fn code_is_elementwise(&self) -> bool {
        self.hidden.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;
    use crate::{Role, forward};

    fn config(widths: &[i64]) -> Config {
        Config { layers: Layers::try_from(widths.to_vec()).unwrap(), ..Config::default() }
    }

    #[test]
    fn parameter_counts_equal_the_published_ones() {
        for (widths, inputs, outputs, expected) in [
            (&[500][..], 3706, 3706, 3_710_206),
            (&[500], 3952, 3952, 3_956_452),
            (&[256, 512, 256], 3706, 3706, 2_164_346),
            (&[256, 512, 256], 3952, 3952, 2_290_544),
            (&[128, 256, 512, 256, 128], 3952, 3952, 1_344_624),
            (&[256, 512, 256], 3982, 3952, 2_298_224),
        ] {
            let dims = Dims { rows: 1, inputs, side: 0, outputs };
            assert_eq!(config(widths).parameter_count(dims), expected, "{widths:?}");
            let built = config(widths).build(dims, &mut Generator::seed_from_u64(0), Device::Cpu);
            let held: usize = built.parameters().iter().map(|parameter| parameter.tensor.numel()).sum();
            assert_eq!(held as u64, expected, "{widths:?} as built");
        }
    }

    /// The outputs of a network whose weights and biases are all 1, for the input 1, 2, 3.
    fn outputs_of_ones(config: &Config, mode: &mut Mode<'_>) -> Vec<f32> {
        let dims = Dims { rows: 1, inputs: 3, side: 0, outputs: 2 };
        let model = config.build(dims, &mut Generator::seed_from_u64(0), Device::Cpu);
        tch::no_grad(|| {
            for mut parameter in model.parameters() {
                let _ = parameter.tensor.fill_(1.0);
            }
            let x = Tensor::from_slice(&[1f32, 2.0, 3.0]).view([1, 3]);
            let batch = Batch { rows: Tensor::from_slice(&[0i64]), side: None };
            Vec::try_from(forward(&model, &x, &batch, mode).outputs.view(-1)).unwrap()
        })
    }

    #[test]
    fn forward_equals_the_formula_on_a_network_of_ones() {
        for (widths, output_activation, expected) in [
            // Each unit is 1 + the sum of the units before it: 7, then the code 15, then 16, then 33.
            (&[2, 1, 2][..], Activation::Linear, 33.0),
            (&[1], Activation::Linear, 8.0),
            (&[2], Activation::Linear, 15.0),
            (&[1, 1, 1, 1, 1], Activation::Linear, 12.0),
            (&[1], Activation::Tanh, 8f32.tanh()),
        ] {
            let config = Config { activation: Activation::Relu, output_activation, ..config(widths) };
            assert_eq!(outputs_of_ones(&config, &mut Mode::Evaluate), [expected; 2], "{widths:?}");
        }
    }

    #[test]
    fn the_code_can_have_an_activation_of_its_own() {
        // tanh(15) and tanh(7) are 1 in single precision, or nearly.
        for (widths, expected) in [(&[2, 1, 2][..], 5.0), (&[1], 2.0), (&[2], 3.0)] {
            let config =
                Config { activation: Activation::Relu, code_activation: Some(Activation::Tanh), ..config(widths) };
            for output in outputs_of_ones(&config, &mut Mode::Evaluate) {
                assert!((output - expected).abs() < 1e-5, "{widths:?}: {output}");
            }
        }
    }

    #[test]
    fn dropout_falls_on_the_code_alone_and_in_training_alone() {
        let plain = Config { activation: Activation::Relu, ..config(&[2, 1, 2]) };
        let config = Config { dropout: Rate::new::<1, 2>(), ..plain };
        assert_eq!(outputs_of_ones(&config, &mut Mode::Evaluate), [33.0; 2]);
        // The code of 15 becomes 0 or 30, so the units after it 1 or 31, and the outputs 3 or 63.
        let drawn = |seed| {
            let mut generator = Generator::seed_from_u64(seed);
            outputs_of_ones(&config, &mut Mode::Train { generator: &mut generator, epochs: 0.0 })[0]
        };
        let outputs: std::collections::BTreeSet<u32> = (0..20).map(|seed| drawn(seed) as u32).collect();
        assert_eq!(outputs.into_iter().collect::<Vec<_>>(), [3, 63]);
    }

    #[test]
    fn fresh_networks_have_named_weights_zero_biases_and_depend_on_the_generator_alone() {
        let dims = Dims { rows: 1, inputs: 4, side: 0, outputs: 3 };
        let built =
            |seed| config(&[3, 2, 3]).build(dims, &mut Generator::seed_from_u64(seed), Device::Cpu).parameters();
        let shapes: Vec<_> = built(1).iter().map(|p| (p.name.clone(), p.tensor.size(), p.role)).collect();
        let expected = [
            ("encoder.weight", vec![4, 3], Role::Kernel),
            ("encoder.bias", vec![3], Role::Bias),
            ("hidden.0.weight", vec![2, 3], Role::Kernel),
            ("hidden.0.bias", vec![2], Role::Bias),
            ("hidden.1.weight", vec![3, 2], Role::Kernel),
            ("hidden.1.bias", vec![3], Role::Bias),
            ("decoder.weight", vec![3, 3], Role::Kernel),
            ("decoder.bias", vec![3], Role::Bias),
        ];
        assert_eq!(shapes, expected.map(|(name, size, role)| (name.to_owned(), size, role)));
        for ((one, same), other) in built(1).iter().zip(built(1)).zip(built(2)) {
            assert!(one.tensor.equal(&same.tensor), "{}", one.name);
            let zero = one.tensor.abs().max().double_value(&[]) == 0.0;
            assert_eq!(zero, one.role == Role::Bias, "{}", one.name);
            assert_eq!(one.tensor.equal(&other.tensor), zero, "{}", one.name);
        }
    }
}
