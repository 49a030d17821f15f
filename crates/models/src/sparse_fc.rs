//! SparseFC (Muller, Martel and Indiveri, ICML 2018, "Kernelized synaptic weight matrices"): every unit has a place in a small
//! space that is learned, and a weight counts the less, the farther its two units are apart.
//!
//! ```text
//! W' = W ∘ K,  K_ij = max(0, 1 − ‖u_i − v_j‖²),  h = sigmoid(h W' + b),  y = g(h W' + b)
//! loss = objective + λ₂ Σ W² + λ_s Σ K²
//! ```
//!
//! The published λ's, 60 and 0.013, belong to a sum of squared errors over all ratings of MovieLens-1M with all rows in one batch
//! (both halved there, which changes no minimum). Here the errors are a mean over rows (`masked-mse` with `over = "sum"`): the
//! defaults are these λ's over its 3,706 items.

use serde::{Deserialize, Serialize};
use tch::{Device, Kind, Tensor};

use crate::initialisation::cut_normal;
use crate::range::NonNegative;
use crate::{
    Activation, Architecture, Batch, Boundaries, Boundary, Dense, Dims, Footprint, Generator, Initialisation, Mode,
    Model, Output, Parameter, Part, Pass, Widths,
};

/// `[model.sparse-fc]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Widths of the hidden layers; the middle one (of two, the second) is the code.
    pub layers: Widths,
    /// After every hidden layer.
    pub activation: Activation,
    /// After the output.
    pub output_activation: Activation,
    /// λ₂, the weight of the squared weights.
    pub lambda_2: NonNegative,
    /// λ_s, the weight of the squared kernel, which drives units apart.
    pub lambda_s: NonNegative,
    /// How the weights start.
    pub initialisation: Initialisation,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            layers: Widths::try_from(vec![500, 500]).expect("two layers"),
            activation: Activation::Sigmoid,
            output_activation: Activation::Linear,
            lambda_2: NonNegative::new::<162, 10_000>(),
            lambda_s: NonNegative::new::<35, 10_000_000>(),
            initialisation: Initialisation::default(),
        }
    }
}

/// Of the space in which units have places.
const DIMENSIONS: i64 = 5;

/// Of a unit's place before training, in each dimension: all kernels are nearly 1.
const SPREAD: f64 = 1e-3;

impl Config {
    /// Makes the network with fresh weights.
    pub fn build(&self, dims: Dims, generator: &mut Generator, device: Device) -> SparseFc {
        let widths = self.layers.list();
        let (first, last) = (widths[0], widths[widths.len() - 1]);
        let mut layer = |shape, fans| KernelLayer::start(shape, fans, self.initialisation, generator, device);
        let encoder = layer([dims.inputs, first], [dims.inputs, first]);
        let hidden = widths.windows(2).map(|pair| layer([pair[1], pair[0]], [pair[0], pair[1]])).collect();
        let decoder = layer([dims.outputs, last], [last, dims.outputs]);
        SparseFc { encoder, hidden, decoder, config: self.clone() }
    }
}

impl Architecture for Config {
    fn network(&self, dims: Dims, generator: &mut Generator, device: Device) -> Box<dyn Model> {
        Box::new(self.build(dims, generator, device))
    }

    fn parameter_count(&self, dims: Dims) -> u64 {
        let all = [&[dims.inputs], self.layers.list(), &[dims.outputs]].concat();
        let layer = |pair: &[i64]| pair[0] * pair[1] + pair[1] + DIMENSIONS * (pair[0] + pair[1]);
        all.windows(2).map(layer).sum::<i64>() as u64
    }

    fn hidden_widths(&self) -> Vec<i64> {
        self.layers.list().to_vec()
    }

    fn footprint(&self, dims: Dims) -> Footprint {
        let layers = Footprint::of_layers(&[&[dims.inputs], self.layers.list(), &[dims.outputs]].concat());
        // Distances, kernels, and what they leave of the weights, in the pass and in the penalties: each step of their computation
        // is kept for the way back.
        Footprint { step: 12 * self.parameter_count(dims), ..layers }
    }

    fn output_activation(&self) -> Activation {
        self.output_activation
    }

    fn code_activation(&self) -> Activation {
        self.activation
    }

    fn terms(&self) -> Vec<&'static str> {
        vec!["weights", "kernel"]
    }

    fn boundaries(&self) -> Boundaries {
        Boundaries::Derived
    }
}

/// A layer's weights and the places of its units.
#[derive(Debug)]
struct KernelLayer {
    /// W `[rows, columns]`, stored as in a layer without a kernel.
    weight: Tensor,
    /// The places of the units that the weight's rows stand for `[rows, 5]`.
    rows: Tensor,
    /// The same of its columns `[columns, 5]`.
    columns: Tensor,
    /// `[outputs]`.
    bias: Tensor,
}

impl KernelLayer {
    fn start(
        shape: [i64; 2],
        fans: [i64; 2],
        initialisation: Initialisation,
        generator: &mut Generator,
        device: Device,
    ) -> Self {
        let start = initialisation.start(shape, fans, generator, device);
        let [rows, columns] = shape.map(|units| {
            let places = Tensor::from_slice(&cut_normal(SPREAD, units * DIMENSIONS, generator));
            places.view([units, DIMENSIONS]).to_device(device).set_requires_grad(true)
        });
        Self { weight: start.weight, rows, columns, bias: start.bias }
    }

    /// K `[rows, columns]`. What is cut off at 0 is one product of narrow matrices, so that nothing else is as large as the weights:
    /// `1 − ‖u − v‖² = (2u, 1 − u·u, 1) · (v, 1, −v·v)`.
    fn kernel(&self) -> Tensor {
        let squares = |places: &Tensor| places.square().sum_dim_intlist([1].as_slice(), true, Kind::Float);
        let ones = |places: &Tensor| Tensor::ones([places.size()[0], 1], (Kind::Float, places.device()));
        let rows = Tensor::cat(&[&self.rows * 2.0, 1.0 - squares(&self.rows), ones(&self.rows)], 1);
        let columns = Tensor::cat(&[self.columns.shallow_clone(), ones(&self.columns), -squares(&self.columns)], 1);
        rows.matmul(&columns.transpose(0, 1)).relu()
    }

    fn weighed(&self) -> Tensor {
        &self.weight * self.kernel()
    }

    fn boundary(&self) -> Boundary {
        Boundary { weight: self.weighed(), bias: self.bias.shallow_clone() }
    }

    fn dense(&self) -> Dense {
        Dense { weight: self.weighed(), bias: self.bias.shallow_clone() }
    }

    /// Only the weights are kernels in the sense of other penalties.
    fn parameters(&self, name: &str, part: Part) -> [Parameter; 4] {
        let [weight, bias] = Parameter::layer(name, part, &self.weight, &self.bias);
        let places = |of: &str, tensor| Parameter::bias(&format!("{name}.{of}"), part, tensor);
        [weight, places("rows", &self.rows), places("columns", &self.columns), bias]
    }
}

/// The network.
#[derive(Debug)]
pub struct SparseFc {
    encoder: KernelLayer,
    hidden: Vec<KernelLayer>,
    decoder: KernelLayer,
    config: Config,
}

impl SparseFc {
    fn middle(&self) -> usize {
        self.config.layers.list().len() / 2
    }

    /// λ₂ Σ W² and λ_s Σ K².
    fn penalties(&self) -> [Tensor; 2] {
        let layers = || [&self.encoder].into_iter().chain(&self.hidden).chain([&self.decoder]);
        let weights: Tensor = layers().map(|layer| layer.weight.square().sum(Kind::Float)).sum();
        let kernels: Tensor = layers().map(|layer| layer.kernel().square().sum(Kind::Float)).sum();
        [weights * self.config.lambda_2.get(), kernels * self.config.lambda_s.get()]
    }
}

impl Model for SparseFc {
    fn parameters(&self) -> Vec<Parameter> {
        let mut parameters = Vec::from(self.encoder.parameters("encoder", Part::Encoder));
        for (index, layer) in self.hidden.iter().enumerate() {
            let part = if index < self.middle() { Part::Encoder } else { Part::Decoder };
            parameters.extend(layer.parameters(&format!("hidden.{index}"), part));
        }
        parameters.extend(self.decoder.parameters("decoder", Part::Decoder));
        parameters
    }

    fn encoder(&self) -> Option<Boundary> {
        Some(self.encoder.boundary())
    }

    fn decoder(&self) -> Option<Boundary> {
        Some(self.decoder.boundary())
    }

    fn body(&self, first: &Tensor, _batch: &Batch, _mode: &mut Mode<'_>) -> Pass {
        let activation = self.config.activation;
        let (before, after) = self.hidden.split_at(self.middle());
        let next = |h: Tensor, layer: &KernelLayer| activation.apply(&layer.dense().sums(&h));
        let code = before.iter().fold(activation.apply(first), next);
        let last = after.iter().fold(code.shallow_clone(), next);
        // They do not depend on the batch: their mean over its rows is they themselves.
        let rows = first.size()[0] as f64;
        let terms = self.penalties().map(|penalty| penalty * rows).into();
        Pass { last, code, terms }
    }

    fn output_activation(&self) -> Output {
        self.config.output_activation.into()
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    fn layer(rows: &[[f32; 5]], columns: &[[f32; 5]]) -> KernelLayer {
        let shape = [rows.len() as i64, columns.len() as i64];
        let start = |shape: &[i64]| Tensor::ones(shape, (Kind::Float, Device::Cpu));
        let places = |places: &[[f32; 5]]| Tensor::from_slice2(places);
        KernelLayer { weight: start(&shape), rows: places(rows), columns: places(columns), bias: start(&shape[1..]) }
    }

    #[test]
    fn a_weight_counts_the_less_the_farther_its_units_are_apart() {
        let at = |x: f32, y: f32| [x, y, 0.0, 0.0, 0.0];
        let layer = layer(&[at(0.0, 0.0), at(0.3, 0.4)], &[at(0.0, 0.0), at(0.6, 0.8), at(3.0, 4.0)]);
        let kernel = Vec::<Vec<f32>>::try_from(layer.kernel()).unwrap();
        for (found, expected) in kernel.iter().flatten().zip([1.0, 0.0, 0.0, 0.75, 0.75, 0.0]) {
            assert!((found - expected).abs() < 1e-6, "{kernel:?}");
        }
    }

    #[test]
    fn counts_equal_what_is_built() {
        for widths in [vec![3], vec![6, 2], vec![7, 6, 2]] {
            let config = Config { layers: Widths::try_from(widths.clone()).unwrap(), ..Config::default() };
            let dims = Dims { rows: 1, inputs: 9, side: 1, outputs: 8, groups: 0, vocabulary: 0 };
            let built = config.build(dims, &mut Generator::seed_from_u64(1), Device::Cpu);
            let held: usize = built.parameters().iter().map(|parameter| parameter.tensor.numel()).sum();
            assert_eq!(config.parameter_count(dims), held as u64, "{widths:?}");
        }
    }
}
