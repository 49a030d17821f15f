//! The variational autoencoder (Kingma and Welling, ICLR 2014), whose code is drawn from a normal distribution. With the
//! multinomial objective and an annealed β it is Mult-VAE (Liang et al., WWW 2018).
//!
//! ```text
//! mean, log-variance = the last layer of the encoder,  code = mean + exp(½ log-variance) ∘ ε,  y = g(decoder(code))
//! loss = objective + β · KL(N(mean, variance) ‖ N(0, 1))
//! ```

use serde::{Deserialize, Serialize};
use tch::{Device, Tensor};

use crate::range::NonNegative;
use crate::{
    Activation, Architecture, Batch, Boundaries, Boundary, Dense, Dims, Gaussian, Generator, Initialisation, Layers,
    Linear, Mode, Model, Output, OutputRange, Parameter, Part, Pass, StackLayer, Units, annealed,
};

/// `[model.variational]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Widths of the hidden layers; the middle one is the code, for which the encoder computes twice as many numbers.
    pub layers: Layers,
    /// After every hidden layer but the code.
    pub activation: Activation,
    /// After the output.
    pub output_activation: Activation,
    /// What the bounds of the output activation are stretched to, for example the rating scale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_range: Option<OutputRange>,
    /// β, the weight of the divergence from a standard normal code.
    pub beta: NonNegative,
    /// Epochs in which β grows from 0.
    pub warmup: NonNegative,
    /// How the weights start.
    pub initialisation: Initialisation,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            layers: Layers::try_from(vec![600, 200, 600]).expect("three layers"),
            activation: Activation::Tanh,
            output_activation: Activation::Linear,
            output_range: None,
            beta: NonNegative::new::<1, 1>(),
            warmup: NonNegative::new::<0, 1>(),
            initialisation: Initialisation::default(),
        }
    }
}

impl Config {
    /// Makes the network with fresh weights.
    pub fn build(&self, dims: Dims, generator: &mut Generator, device: Device) -> Variational {
        let (before, after) = self.widths();
        let (first, last) = (before[0], after[after.len() - 1]);
        let mut start = |shape, fans| self.initialisation.start(shape, fans, generator, device);
        let encoder = start([dims.inputs, first], [dims.inputs, first]).into();
        let mut hidden = |widths: &[i64]| -> Vec<Dense> {
            widths.windows(2).map(|pair| start([pair[1], pair[0]], [pair[0], pair[1]]).into()).collect()
        };
        let (before, after) = (hidden(&before), hidden(&after));
        let decoder = start([dims.outputs, last], [last, dims.outputs]).into();
        Variational { encoder, before, after, decoder, output: self.output(), config: self.clone() }
    }

    /// Of the layers up to the mean and log-variance, and from the code on.
    fn widths(&self) -> (Vec<i64>, Vec<i64>) {
        let (before, after) = self.layers.widths().split_at(self.layers.middle());
        ([before, &[2 * after[0]]].concat(), after.to_vec())
    }

    fn output(&self) -> Output {
        Output::new(self.output_activation, self.output_range).expect("an output range that `check` has taken")
    }
}

impl Architecture for Config {
    fn network(&self, dims: Dims, generator: &mut Generator, device: Device) -> Box<dyn Model> {
        Box::new(self.build(dims, generator, device))
    }

    fn parameter_count(&self, dims: Dims) -> u64 {
        let (before, after) = self.widths();
        let count = |widths: Vec<i64>| widths.windows(2).map(|pair| (pair[0] * pair[1] + pair[1]) as u64).sum::<u64>();
        count([&[dims.inputs], &before[..]].concat()) + count([&after[..], &[dims.outputs]].concat())
    }

    fn check(&self, _dims: Dims) -> Result<(), String> {
        let output = Output::new(self.output_activation, self.output_range);
        output.map(drop).map_err(|problem| format!("model.variational.output_range: {problem}"))
    }

    fn hidden_widths(&self) -> Vec<i64> {
        self.layers.widths().to_vec()
    }

    fn boundary_widths(&self) -> [i64; 2] {
        let (before, after) = self.widths();
        [before[0], after[after.len() - 1]]
    }

    fn output_activation(&self) -> Activation {
        self.output_activation
    }

    fn code_activation(&self) -> Activation {
        Activation::Linear
    }

    fn terms(&self) -> Vec<&'static str> {
        vec!["kl"]
    }

    fn output_range(&self) -> Option<OutputRange> {
        self.output_range
    }

    fn boundaries(&self) -> Boundaries {
        Boundaries::Plain
    }
}

/// The network.
#[derive(Debug)]
pub struct Variational {
    encoder: Boundary,
    /// The last of these (or the boundary, if there are none) gives means and log-variances.
    before: Vec<Dense>,
    after: Vec<Dense>,
    decoder: Boundary,
    output: Output,
    config: Config,
}

impl Model for Variational {
    fn parameters(&self) -> Vec<Parameter> {
        let mut parameters =
            Vec::from(Parameter::layer("encoder", Part::Encoder, &self.encoder.weight, &self.encoder.bias));
        let parts =
            [Part::Encoder].repeat(self.before.len()).into_iter().chain([Part::Decoder].repeat(self.after.len()));
        for ((index, layer), part) in self.before.iter().chain(&self.after).enumerate().zip(parts) {
            parameters.extend(layer.parameters(&format!("hidden.{index}"), part));
        }
        parameters.extend(Parameter::layer("decoder", Part::Decoder, &self.decoder.weight, &self.decoder.bias));
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
        let sums = self.before.iter().fold(first.shallow_clone(), |sums, layer| layer.sums(&activation.apply(&sums)));
        let gaussian = Gaussian::split(&sums);
        let code = gaussian.sample(mode);
        let last = self.after.iter().fold(code.shallow_clone(), |h, layer| activation.apply(&layer.sums(&h)));
        let beta = annealed(self.config.beta, self.config.warmup, mode.epochs());
        Pass { last, code, terms: vec![gaussian.divergence() * beta] }
    }

    fn output_activation(&self) -> Output {
        self.output
    }

    fn stack(&self) -> Option<Vec<StackLayer>> {
        let Config { activation, beta, warmup, .. } = self.config;
        let linear = |Dense { weight, bias }: &Dense| Linear {
            weight: weight.shallow_clone(),
            bias: bias.shallow_clone(),
            is_transposed: false,
        };
        let layers = [None].into_iter().chain(self.before.iter().chain(&self.after).map(|layer| Some(linear(layer))));
        let units = |place: usize| match place == self.before.len() {
            true => Units::Drawn { beta, warmup },
            false => Units::Activated { activation, dropout: 0.0 },
        };
        Some(layers.enumerate().map(|(place, linear)| StackLayer { linear, units: units(place) }).collect())
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn counts_equal_what_is_built() {
        for widths in [&[3][..], &[6, 2, 5], &[7, 6, 2, 5, 4]] {
            let config = Config { layers: Layers::try_from(widths.to_vec()).unwrap(), ..Config::default() };
            let dims = Dims { rows: 1, inputs: 9, side: 1, outputs: 8, groups: 0, vocabulary: 0 };
            let built = config.build(dims, &mut Generator::seed_from_u64(1), Device::Cpu).parameters();
            let held: usize = built.iter().map(|parameter| parameter.tensor.numel()).sum();
            assert_eq!(config.parameter_count(dims), held as u64, "{widths:?}");
            let names: std::collections::BTreeSet<_> = built.iter().map(|parameter| &parameter.name).collect();
            assert_eq!(names.len(), built.len());
        }
    }
}
