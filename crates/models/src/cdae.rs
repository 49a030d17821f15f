//! The collaborative denoising autoencoder: one hidden layer, and a vector of its own for each row (Wu et al., WSDM 2016).
//!
//! ```text
//! z = f(x W + V_r + b),  y = g(z W' + b')
//! ```
//!
//! The vectors V start at zero: a row that is never trained on, as a user who is held out, then is a row of which nothing but
//! its ratings is known, not one with a random taste. The corruption of x is the input's noise.

use serde::{Deserialize, Serialize};
use tch::{Device, Kind, Tensor};

use crate::{
    Activation, Architecture, Batch, Boundaries, Boundary, Dims, Generator, Initialisation, Layers, Mode, Model,
    Output, Parameter, Part, Pass,
};

/// `[model.cdae]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The width of the one hidden layer, as a list.
    pub layers: Layers,
    /// After the hidden layer.
    pub activation: Activation,
    /// After the output.
    pub output_activation: Activation,
    /// How the weights of the two layers start.
    pub initialisation: Initialisation,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            layers: Layers::try_from(vec![50]).expect("one layer"),
            activation: Activation::Sigmoid,
            output_activation: Activation::Linear,
            initialisation: Initialisation::default(),
        }
    }
}

impl Config {
    fn width(&self) -> i64 {
        self.layers.widths()[0]
    }

    /// Makes the network with fresh weights.
    pub fn build(&self, dims: Dims, generator: &mut Generator, device: Device) -> Cdae {
        let width = self.width();
        let mut start = |shape, fans| Boundary::from(self.initialisation.start(shape, fans, generator, device));
        Cdae {
            encoder: start([dims.inputs, width], [dims.inputs, width]),
            rows: Tensor::zeros([dims.rows, width], (Kind::Float, device)).set_requires_grad(true),
            decoder: start([dims.outputs, width], [width, dims.outputs]),
            config: self.clone(),
        }
    }
}

impl Architecture for Config {
    fn network(&self, dims: Dims, generator: &mut Generator, device: Device) -> Box<dyn Model> {
        Box::new(self.build(dims, generator, device))
    }

    fn parameter_count(&self, dims: Dims) -> u64 {
        let width = self.width();
        ((dims.inputs + dims.rows + 1) * width + (width + 1) * dims.outputs) as u64
    }

    fn check(&self, _dims: Dims) -> Result<(), String> {
        match self.layers.widths() {
            [_] => Ok(()),
            several => {
                Err(format!("model.cdae.layers = {several:?}: this network has one hidden layer; give one width"))
            }
        }
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
}

/// The network.
#[derive(Debug)]
pub struct Cdae {
    encoder: Boundary,
    /// `[rows, hidden]`.
    rows: Tensor,
    decoder: Boundary,
    config: Config,
}

impl Cdae {
    /// The vectors of these rows `[batch, hidden]`; 0 for those that were not there in training.
    fn of_rows(&self, batch: &Batch, mode: &Mode<'_>) -> Tensor {
        if mode.trains() {
            return self.rows.index_select(0, &batch.rows);
        }
        let known = batch.rows.ge(0).unsqueeze(1);
        self.rows.index_select(0, &batch.rows.clamp_min(0)) * known
    }
}

impl Model for Cdae {
    fn parameters(&self) -> Vec<Parameter> {
        let layer = |name, part, layer: &Boundary| Parameter::layer(name, part, &layer.weight, &layer.bias);
        let rows = Parameter::kernel("row.weight", Part::Encoder, &self.rows);
        let first = layer("encoder", Part::Encoder, &self.encoder).into_iter();
        first.chain([rows]).chain(layer("decoder", Part::Decoder, &self.decoder)).collect()
    }

    fn encoder(&self) -> Option<Boundary> {
        Some(self.encoder.share())
    }

    fn decoder(&self) -> Option<Boundary> {
        Some(self.decoder.share())
    }

    fn body(&self, first: &Tensor, batch: &Batch, mode: &mut Mode<'_>) -> Pass {
        let code = self.config.activation.apply(&(first + self.of_rows(batch, mode)));
        Pass { last: code.shallow_clone(), code, terms: Vec::new() }
    }

    fn output_activation(&self) -> Output {
        self.config.output_activation.into()
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;
    use crate::forward;

    #[test]
    fn a_row_has_its_own_vector_which_starts_at_zero() {
        let config =
            Config { layers: vec![2].try_into().unwrap(), activation: Activation::Linear, ..Config::default() };
        let dims = Dims { rows: 3, inputs: 4, side: 0, outputs: 4, groups: 0, vocabulary: 0 };
        let model = config.build(dims, &mut Generator::seed_from_u64(1), Device::Cpu);
        let held: usize = model.parameters().iter().map(|parameter| parameter.tensor.numel()).sum();
        assert_eq!(config.parameter_count(dims), held as u64);

        let batch = Batch { rows: Tensor::from_slice(&[2i64, 0]), side: None, groups: None, text: None };
        let x = Tensor::ones([2, 4], (Kind::Float, Device::Cpu));
        let code = || forward(&model, &x, &batch, &mut Mode::Evaluate).pass.code;
        let before = code();
        assert!(before.get(0).equal(&before.get(1)), "equal ratings, and nothing else is known");
        tch::no_grad(|| drop(model.rows.get(2).fill_(1.0)));
        let difference = Vec::<Vec<f32>>::try_from(code() - before).unwrap();
        assert!(difference[0].iter().all(|change| (change - 1.0).abs() < 1e-6), "{difference:?}");
        assert_eq!(difference[1], [0.0, 0.0]);
    }
}
