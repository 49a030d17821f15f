//! The multilayer autoencoder: AutoRec (one hidden layer; Sedhain et al., WWW 2015) and its deep relatives (Kuchaiev and
//! Ginsburg 2017), narrow in the middle (256-128-256) or wide (256-512-256).
//!
//! ```text
//! sₗ = hₗ₋₁ Wₗ + bₗ,  hₗ = f(normalised sₗ), then dropout,  code = h_middle (whose f can be another, and of which only the
//! largest units may stay), then a dropout of its own,  y = g(h_last W + b)
//! ```
//!
//! With tied weights, the layers after the code have the transposed weights of those before it, the last one first, and
//! offsets of their own.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};
use tch::{Device, Tensor};

use crate::dropout::dropout;
use crate::k_sparse::k_sparse;
use crate::normalisation::NormalisationLayer;
use crate::range::Rate;
use crate::{
    Activation, Architecture, Batch, Boundaries, Boundary, Dense, Dims, Footprint, Generator, Initialisation, Layers,
    Linear, Mode, Model, Normalisation, Output, OutputRange, Parameter, Part, Pass, StackLayer, Units,
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
    /// What the bounds of the output activation are stretched to, for example the rating scale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_range: Option<OutputRange>,
    /// Share of the code's units that training sets to zero at random.
    pub dropout: Rate,
    /// The same of every other hidden layer.
    pub hidden_dropout: Rate,
    /// How many units of the code stay, the largest ones; without it, all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub k_sparse: Option<NonZeroU32>,
    /// Between each hidden layer's sums and their activation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub normalisation: Option<Normalisation>,
    /// Whether the layers after the code have the weights of those before it.
    pub tied_weights: bool,
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
            output_range: None,
            dropout: Rate::new::<0, 1>(),
            hidden_dropout: Rate::new::<0, 1>(),
            k_sparse: None,
            normalisation: None,
            tied_weights: false,
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
        let encoder: Boundary = start([dims.inputs, first], [dims.inputs, first]).into();
        let hidden = widths.windows(2).map(|pair| start([pair[1], pair[0]], [pair[0], pair[1]])).map(Dense::from);
        let mut hidden: Vec<Dense> = hidden.collect();
        let mut decoder: Boundary = start([dims.outputs, last], [last, dims.outputs]).into();
        if self.tied_weights {
            for index in self.layers.middle()..hidden.len() {
                hidden[index].weight = hidden[hidden.len() - 1 - index].weight.shallow_clone();
            }
            decoder.weight = encoder.weight.shallow_clone();
        }
        let normalisation = |kind: Normalisation| widths.iter().map(|&units| kind.start(units, device)).collect();
        let normalisations = self.normalisation.map_or_else(Vec::new, normalisation);
        Autoencoder { encoder, hidden, decoder, normalisations, output: self.output(), config: self.clone() }
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
        let widths = self.layers.widths();
        let all = [&[dims.inputs], widths, &[dims.outputs]].concat();
        let kernels = all.windows(2).map(|pair| pair[0] * pair[1]);
        let kernels: i64 = if self.tied_weights { kernels.take(all.len() / 2).sum() } else { kernels.sum() };
        let hidden: i64 = widths.iter().sum();
        let normalised = if self.normalisation.is_some() { 2 * hidden } else { 0 };
        (kernels + hidden + dims.outputs + normalised) as u64
    }

    fn check(&self, dims: Dims) -> Result<(), String> {
        let widths = self.layers.widths();
        let code = widths[self.layers.middle()];
        Output::new(self.output_activation, self.output_range)
            .map_err(|problem| format!("model.autoencoder.output_range: {problem}"))?;
        if let Some(k) = self.k_sparse.filter(|k| i64::from(k.get()) > code) {
            return Err(format!(
                "model.autoencoder.k_sparse = {k}, but the code has {code} units; use at most {code}, or a wider code"
            ));
        }
        if self.tied_weights && !widths.iter().eq(widths.iter().rev()) {
            return Err(format!(
                "model.autoencoder.tied_weights needs layers that read the same backwards, because each layer after the code \
                 has the transposed weights of one before it, but layers = {widths:?}; use for example [256, 128, 256], or \
                 tied_weights = false"
            ));
        }
        if self.tied_weights && dims.outputs != dims.inputs - dims.side {
            let (outputs, inputs) = (dims.outputs, dims.inputs - dims.side);
            return Err(format!(
                "model.autoencoder.tied_weights needs one output for each rated column, but there are {outputs} outputs for \
                 {inputs} columns; use an objective with one output a column, or tied_weights = false"
            ));
        }
        Ok(())
    }

    fn hidden_widths(&self) -> Vec<i64> {
        self.layers.widths().to_vec()
    }

    fn footprint(&self, dims: Dims) -> Footprint {
        let layers = Footprint::of_layers(&[&[dims.inputs], self.layers.widths(), &[dims.outputs]].concat());
        // Shared weights get a gradient from either side before the two are one.
        let step = if self.tied_weights { self.parameter_count(dims) } else { 0 };
        Footprint { step, ..layers }
    }

    fn output_activation(&self) -> Activation {
        self.output_activation
    }

    fn code_activation(&self) -> Activation {
        self.code_activation.unwrap_or(self.activation)
    }

    fn output_range(&self) -> Option<OutputRange> {
        self.output_range
    }

    fn boundaries(&self) -> Boundaries {
        Boundaries::Plain
    }

    fn shares_weights(&self) -> bool {
        self.tied_weights
    }

    fn mixes_rows(&self) -> bool {
        self.normalisation == Some(Normalisation::Batch)
    }
}

/// The network.
#[derive(Debug)]
pub struct Autoencoder {
    encoder: Boundary,
    /// With tied weights, those after the code share the weights of those before it.
    hidden: Vec<Dense>,
    decoder: Boundary,
    /// One for each hidden layer, or none.
    normalisations: Vec<NormalisationLayer>,
    output: Output,
    config: Config,
}

impl Autoencoder {
    fn part_of(&self, hidden_layer: usize) -> Part {
        if hidden_layer <= self.config.layers.middle() { Part::Encoder } else { Part::Decoder }
    }

    fn normalised(&self, hidden_layer: usize, sums: &Tensor, mode: &Mode<'_>) -> Tensor {
        self.normalisations.get(hidden_layer).map_or_else(|| sums.shallow_clone(), |layer| layer.apply(sums, mode))
    }

    /// What a hidden layer that is not the code makes of its sums.
    fn activated(&self, hidden_layer: usize, sums: &Tensor, mode: &mut Mode<'_>) -> Tensor {
        let units = self.config.activation.apply(&self.normalised(hidden_layer, sums, mode));
        dropout(&units, self.config.hidden_dropout.get(), mode)
    }

    fn code(&self, sums: &Tensor, mode: &Mode<'_>) -> Tensor {
        let code = self.config.code_activation().apply(&self.normalised(self.config.layers.middle(), sums, mode));
        self.config.k_sparse.map_or_else(|| code.shallow_clone(), |k| k_sparse(&code, k.get()))
    }
}

impl Model for Autoencoder {
    fn parameters(&self) -> Vec<Parameter> {
        let tied = self.config.tied_weights;
        let layer = |name: &str, part: Part, weight: &Tensor, bias: &Tensor| {
            let both = Vec::from(Parameter::layer(name, part, weight, bias));
            let owned = both.into_iter().skip(usize::from(tied && part == Part::Decoder));
            owned.collect::<Vec<_>>()
        };
        let mut parameters = layer("encoder", Part::Encoder, &self.encoder.weight, &self.encoder.bias);
        for (index, Dense { weight, bias }) in self.hidden.iter().enumerate() {
            parameters.extend(layer(&format!("hidden.{index}"), self.part_of(index + 1), weight, bias));
        }
        parameters.extend(layer("decoder", Part::Decoder, &self.decoder.weight, &self.decoder.bias));
        for (index, layer) in self.normalisations.iter().enumerate() {
            parameters.extend(layer.parameters(&format!("normalisation.{index}"), self.part_of(index)));
        }
        parameters
    }

    fn buffers(&self) -> Vec<(String, Tensor)> {
        let layers = self.normalisations.iter().enumerate();
        layers.flat_map(|(index, layer)| layer.buffers(&format!("normalisation.{index}"))).collect()
    }

    fn encoder(&self) -> Option<Boundary> {
        Some(self.encoder.share())
    }

    fn decoder(&self) -> Option<Boundary> {
        let Boundary { weight, bias } = self.decoder.share();
        // Tied to the weights of the rated columns; those of the side information come after them.
        let weight = if weight.size()[0] == bias.size()[0] { weight } else { weight.narrow(0, 0, bias.size()[0]) };
        Some(Boundary { weight, bias })
    }

    fn body(&self, first: &Tensor, _batch: &Batch, mode: &mut Mode<'_>) -> Pass {
        let middle = self.config.layers.middle();
        let (before, after) = self.hidden.split_at(middle);
        let of_code = before
            .iter()
            .enumerate()
            .fold(first.shallow_clone(), |sums, (index, layer)| layer.sums(&self.activated(index, &sums, mode)));
        let code = self.code(&of_code, mode);
        let kept = dropout(&code, self.config.dropout.get(), mode);
        let last = (middle + 1..).zip(after).fold(kept, |h, (index, layer)| {
            let sums = if self.config.tied_weights { layer.transposed_sums(&h) } else { layer.sums(&h) };
            self.activated(index, &sums, mode)
        });
        Pass { last, code, terms: Vec::new() }
    }

    fn output_activation(&self) -> Output {
        self.output
    }

    fn stack(&self) -> Option<Vec<StackLayer>> {
        if !self.normalisations.is_empty() || self.config.k_sparse.is_some() {
            return None;
        }
        let (middle, tied) = (self.config.layers.middle(), self.config.tied_weights);
        let linear = |layer: usize| {
            let Dense { weight, bias } = &self.hidden[layer.checked_sub(1)?];
            let (weight, bias) = (weight.shallow_clone(), bias.shallow_clone());
            Some(Linear { weight, bias, is_transposed: tied && layer > middle })
        };
        let of = |layer: usize| {
            let (activation, dropout) = match layer == middle {
                true => (self.config.code_activation(), self.config.dropout),
                false => (self.config.activation, self.config.hidden_dropout),
            };
            StackLayer { linear: linear(layer), units: Units::Activated { activation, dropout: dropout.get() } }
        };
        Some((0..=self.hidden.len()).map(of).collect())
    }

    fn code_is_elementwise(&self) -> bool {
        // What is normalised over units, or kept because it is among the largest, depends on the others.
        self.hidden.is_empty() && self.normalisations.is_empty() && self.config.k_sparse.is_none()
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
            let dims = Dims { rows: 1, inputs, side: 0, outputs, groups: 0, vocabulary: 0 };
            assert_eq!(config(widths).parameter_count(dims), expected, "{widths:?}");
            let built = config(widths).build(dims, &mut Generator::seed_from_u64(0), Device::Cpu);
            let held: usize = built.parameters().iter().map(|parameter| parameter.tensor.numel()).sum();
            assert_eq!(held as u64, expected, "{widths:?} as built");
        }
    }

    #[test]
    fn options_are_counted_as_they_are_built() {
        let tied = Config { tied_weights: true, ..config(&[256, 512, 256]) };
        let normalised = Config { normalisation: Some(Normalisation::Batch), ..config(&[256, 512, 256]) };
        for (config, side, expected) in [
            // 3952 · 256 + 256 · 512 weights, 256 + 512 + 256 + 3952 offsets.
            (tied.clone(), 0, 1_147_760),
            (tied, 30, 1_155_440),
            (normalised, 0, 2_290_544 + 2 * (256 + 512 + 256)),
        ] {
            let dims = Dims { rows: 1, inputs: 3952 + side, side, outputs: 3952, groups: 0, vocabulary: 0 };
            assert_eq!(config.parameter_count(dims), expected);
            let built = config.build(dims, &mut Generator::seed_from_u64(0), Device::Cpu);
            let held: usize = built.parameters().iter().map(|parameter| parameter.tensor.numel()).sum();
            assert_eq!(held as u64, expected, "as built");
        }
    }

    #[test]
    fn options_that_do_not_fit_are_refused() {
        let dims = Dims { rows: 9, inputs: 12, side: 2, outputs: 10, groups: 0, vocabulary: 0 };
        let plain = config(&[256, 512, 128]);
        let range = Some([1.0, 5.0].try_into().unwrap());
        let tied = Config { tied_weights: true, ..config(&[6, 4, 6]) };
        let k_sparse = |k| Config { k_sparse: NonZeroU32::new(k), ..config(&[20, 8, 20]) };
        for (config, dims, complaint) in [
            (plain.clone(), dims, None),
            (tied.clone(), dims, None),
            (k_sparse(8), dims, None),
            (Config { output_activation: Activation::Sigmoid, output_range: range, ..plain.clone() }, dims, None),
            (Config { tied_weights: true, ..plain.clone() }, dims, Some("layers = [256, 512, 128]")),
            (tied, Dims { outputs: 50, ..dims }, Some("50 outputs for 10 columns")),
            (k_sparse(9), dims, Some("k_sparse = 9, but the code has 8 units")),
            (Config { output_range: range, ..plain }, dims, Some("the output range [1, 5] needs")),
        ] {
            match (config.check(dims), complaint) {
                (found, None) => assert_eq!(found, Ok(()), "{config:?}"),
                (Ok(()), Some(complaint)) => panic!("no complaint about {complaint}"),
                (Err(error), Some(complaint)) => assert!(error.contains(complaint), "{error}"),
            }
        }
    }

    /// The outputs of a network whose weights and biases are all 1, for the input 1, 2, 3.
    fn outputs_of_ones(config: &Config, mode: &mut Mode<'_>) -> Vec<f32> {
        let dims = Dims { rows: 1, inputs: 3, side: 0, outputs: 2, groups: 0, vocabulary: 0 };
        let model = config.build(dims, &mut Generator::seed_from_u64(0), Device::Cpu);
        tch::no_grad(|| {
            for mut parameter in model.parameters() {
                let _ = parameter.tensor.fill_(1.0);
            }
            let x = Tensor::from_slice(&[1f32, 2.0, 3.0]).view([1, 3]);
            let batch = Batch { rows: Tensor::from_slice(&[0i64]), side: None, groups: None, text: None };
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
    fn the_other_layers_have_a_dropout_of_their_own() {
        let plain = Config { activation: Activation::Relu, ..config(&[1, 1, 1]) };
        let config = Config { hidden_dropout: Rate::new::<1, 2>(), ..plain };
        assert_eq!(outputs_of_ones(&config, &mut Mode::Evaluate), [10.0; 2]);
        // The first unit of 7 becomes 0 or 14, the code 1 or 15, the third 2 or 16, which becomes 0, 4 or 32, then 1 is added.
        let drawn = |seed| {
            let mut generator = Generator::seed_from_u64(seed);
            outputs_of_ones(&config, &mut Mode::Train { generator: &mut generator, epochs: 0.0 })[0]
        };
        let outputs: std::collections::BTreeSet<u32> = (0..40).map(|seed| drawn(seed) as u32).collect();
        assert_eq!(outputs.into_iter().collect::<Vec<_>>(), [1, 5, 33]);
        let mut generator = Generator::seed_from_u64(1);
        let decoder_alone = &mut Mode::TrainDecoder { generator: &mut generator, epochs: 0.0 };
        assert_eq!(outputs_of_ones(&config, decoder_alone), [10.0; 2]);
    }

    #[test]
    fn fresh_networks_have_named_weights_zero_biases_and_depend_on_the_generator_alone() {
        let dims = Dims { rows: 1, inputs: 4, side: 0, outputs: 3, groups: 0, vocabulary: 0 };
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

    #[test]
    fn a_stack_is_the_body() {
        let plain = Config { code_activation: Some(Activation::Tanh), ..config(&[4, 3, 2, 3, 4]) };
        let normalised = Config { normalisation: Some(Normalisation::Layer), ..plain.clone() };
        for (config, is_stack) in [
            (config(&[4]), true),
            (plain.clone(), true),
            (Config { tied_weights: true, ..plain.clone() }, true),
            (normalised, false),
            (Config { k_sparse: NonZeroU32::new(1), ..plain }, false),
        ] {
            let dims = Dims { rows: 1, inputs: 5, side: 0, outputs: 5, groups: 0, vocabulary: 0 };
            let model = config.build(dims, &mut Generator::seed_from_u64(1), Device::Cpu);
            let stack = model.stack();
            assert_eq!(stack.is_some(), is_stack, "{config:?}");
            let Some(stack) = stack else { continue };
            let first = Tensor::from_slice2(&[[1.0f32, -2.0, 0.5, 3.0], [0.0, 1.0, -1.0, 2.0]]);
            let batch = Batch { rows: Tensor::from_slice(&[0i64, 1]), side: None, groups: None, text: None };
            let body = model.body(&first, &batch, &mut Mode::Evaluate).last;
            let last = stack.iter().fold(first, |h, layer| {
                let sums = match &layer.linear {
                    None => h,
                    Some(Linear { weight, bias, is_transposed: true }) => bias.addmm(&h, weight),
                    Some(Linear { weight, bias, is_transposed: false }) => h.linear(weight, Some(bias)),
                };
                match layer.units {
                    Units::Activated { activation, .. } => activation.apply(&sums),
                    Units::Drawn { .. } => panic!("an autoencoder draws nothing"),
                }
            });
            assert!(last.equal(&body), "{config:?}");
        }
    }
}
