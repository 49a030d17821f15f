//! RecVAE (Shenbin et al., WSDM 2020): a variational autoencoder with a deep, densely connected encoder, a linear decoder, and a
//! prior that holds the code near what it was an epoch ago.
//!
//! ```text
//! h₁ = norm(swish(W₁ x/‖x‖ + b₁)),  hₗ = norm(swish(Wₗ hₗ₋₁ + bₗ + h₁ + … + hₗ₋₁)),  mean, log-variance linear in h₅
//! prior p(z | x) = 3/20 N(0, 1) + 3/4 q_old(z | x) + 1/10 N(0, e¹⁰), for each unit
//! loss = objective + γ Σ_c x_c · (log q(z | x) − log p(z | x)),  z drawn once
//! ```
//!
//! Published with the multinomial objective, `γ = 0.005`, and passes that train the encoder and the decoder in turns
//! (`train.alternate`). The encoder reads whole rows, so that there is no first layer for an engine to compute.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};
use tch::{Device, Kind, Tensor};

use crate::dropout::dropout;
use crate::range::{NonNegative, Rate};
use crate::{
    Activation, Architecture, Batch, Boundary, Dense, Dims, Footprint, Gaussian, Generator, Initialisation, Mode,
    Model, NormalisationLayer, Output, Parameter, Part, Pass,
};

/// `[model.rec-vae]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Width of each of the encoder's five layers.
    pub hidden: NonZeroU32,
    /// Width of the code.
    pub code: NonZeroU32,
    /// Share of the input that training sets to zero at random, after a row is scaled to length 1.
    pub dropout: Rate,
    /// γ: a row's divergence from the prior weighs γ times the sum of its ratings.
    pub gamma: NonNegative,
    /// A weight that is the same for every row, instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beta: Option<NonNegative>,
    /// How the weights start.
    pub initialisation: Initialisation,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            hidden: const { NonZeroU32::new(600).unwrap() },
            code: const { NonZeroU32::new(200).unwrap() },
            dropout: Rate::new::<1, 2>(),
            gamma: NonNegative::new::<5, 1000>(),
            beta: None,
            initialisation: Initialisation::Pytorch,
        }
    }
}

impl Config {
    /// Makes the network with fresh weights, and other fresh weights in the place of an earlier encoder's.
    pub fn build(&self, dims: Dims, generator: &mut Generator, device: Device) -> RecVae {
        let encoder = Encoder::start(self, dims, generator, device);
        let earlier = Encoder::start(self, dims, generator, device);
        let fans = [i64::from(self.code.get()), dims.outputs];
        let decoder = self.initialisation.start([fans[1], fans[0]], fans, generator, device).into();
        RecVae { encoder, earlier, decoder, rated: dims.inputs - dims.side, config: self.clone() }
    }
}

impl Architecture for Config {
    fn network(&self, dims: Dims, generator: &mut Generator, device: Device) -> Box<dyn Model> {
        Box::new(self.build(dims, generator, device))
    }

    fn parameter_count(&self, dims: Dims) -> u64 {
        let layer = |inputs: i64, outputs: i64| (inputs * outputs + outputs) as u64;
        let (hidden, code) = (i64::from(self.hidden.get()), i64::from(self.code.get()));
        let body = (LAYERS as u64 - 1) * layer(hidden, hidden) + 2 * LAYERS as u64 * hidden as u64;
        layer(dims.inputs, hidden) + body + 2 * layer(hidden, code) + layer(code, dims.outputs)
    }

    fn hidden_widths(&self) -> Vec<i64> {
        [vec![i64::from(self.hidden.get()); LAYERS], vec![i64::from(self.code.get())]].concat()
    }

    fn footprint(&self, dims: Dims) -> Footprint {
        let layers = Footprint::of_layers(&[&[dims.inputs], &self.hidden_widths()[..], &[dims.outputs]].concat());
        let decoder = (i64::from(self.code.get()) * dims.outputs + dims.outputs) as u64;
        // The body reads rows itself: scaled, and what a dropout leaves of them with its mask. The earlier encoder is a copy.
        Footprint { row: layers.row + 3 * dims.inputs as u64, always: self.parameter_count(dims) - decoder, ..layers }
    }

    fn output_activation(&self) -> Activation {
        Activation::Linear
    }

    fn code_activation(&self) -> Activation {
        Activation::Linear
    }

    fn terms(&self) -> Vec<&'static str> {
        vec!["kl"]
    }
}

/// Of the encoder before mean and log-variance.
const LAYERS: usize = 5;

/// What the layer normalisation adds to a variance.
const EPSILON: f64 = 0.1;

/// The prior's shares of a standard normal distribution, of the earlier encoder's, and of a wide one.
const SHARES: [f64; 3] = [3.0 / 20.0, 3.0 / 4.0, 1.0 / 10.0];

/// Of the wide one.
const WIDE_LOG_VARIANCE: f64 = 10.0;

/// From rows to the distribution of their codes.
#[derive(Debug)]
struct Encoder {
    first: Boundary,
    hidden: Vec<Dense>,
    normalisations: Vec<NormalisationLayer>,
    mean: Dense,
    log_variance: Dense,
}

impl Encoder {
    fn start(config: &Config, dims: Dims, generator: &mut Generator, device: Device) -> Self {
        let (width, code) = (i64::from(config.hidden.get()), i64::from(config.code.get()));
        let shape = [dims.inputs, width];
        let first = config.initialisation.start(shape, shape, generator, device).into();
        let mut dense = |outputs| Dense::start([width, outputs], config.initialisation, generator, device);
        let hidden = (1..LAYERS).map(|_| dense(width)).collect();
        let (mean, log_variance) = (dense(code), dense(code));
        let normalisation = |_| NormalisationLayer::over_units(width, EPSILON, device);
        Self { first, hidden, normalisations: (0..LAYERS).map(normalisation).collect(), mean, log_variance }
    }

    /// From scaled rows `[batch, inputs]` to codes `[batch, code]`.
    fn encode(&self, scaled: &Tensor) -> Gaussian {
        let unit = |layer: usize, sums: Tensor| self.normalisations[layer].apply(&sums.silu(), &Mode::Evaluate);
        let first = unit(0, self.first.encode(scaled));
        let (last, _) = self.hidden.iter().zip(1..).fold((first.shallow_clone(), first), |(h, sum), (dense, layer)| {
            let h = unit(layer, dense.sums(&h) + &sum);
            let sum = sum + &h;
            (h, sum)
        });
        Gaussian { mean: self.mean.sums(&last), log_variance: self.log_variance.sums(&last) }
    }

    fn parameters(&self) -> Vec<Parameter> {
        let mut parameters =
            Vec::from(Parameter::layer("encoder", Part::Encoder, &self.first.weight, &self.first.bias));
        for (index, layer) in self.hidden.iter().enumerate() {
            parameters.extend(layer.parameters(&format!("hidden.{index}"), Part::Encoder));
        }
        for (index, layer) in self.normalisations.iter().enumerate() {
            parameters.extend(layer.parameters(&format!("normalisation.{index}"), Part::Encoder));
        }
        parameters.extend(self.mean.parameters("mean", Part::Encoder));
        parameters.extend(self.log_variance.parameters("log_variance", Part::Encoder));
        parameters
    }
}

/// The network.
#[derive(Debug)]
pub struct RecVae {
    encoder: Encoder,
    /// As it was when the last epoch ended.
    earlier: Encoder,
    decoder: Boundary,
    /// Columns of the input that hold ratings.
    rated: i64,
    config: Config,
}

impl RecVae {
    /// The logarithm of the prior's density `[batch, code]`.
    fn log_prior(&self, scaled: &Tensor, code: &Tensor) -> Tensor {
        let normal = |log_variance: f64| Gaussian {
            mean: code.detach().zeros_like(),
            log_variance: code.detach().full_like(log_variance),
        };
        let earlier = tch::no_grad(|| self.earlier.encode(scaled));
        let parts = [normal(0.0), earlier, normal(WIDE_LOG_VARIANCE)];
        let weighed = parts.iter().zip(SHARES).map(|(part, share)| part.log_density(code) + share.ln());
        Tensor::stack(&weighed.collect::<Vec<_>>(), -1).logsumexp([-1], false)
    }

    /// The weighed divergence of drawn codes from the prior, summed over the rows.
    fn divergence(&self, x: &Tensor, scaled: &Tensor, gaussian: &Gaussian, code: &Tensor) -> Tensor {
        let of_units = gaussian.log_density(code) - self.log_prior(scaled, code);
        let of_rows = of_units.sum_dim_intlist([1].as_slice(), false, Kind::Float);
        match self.config.beta {
            Some(beta) => of_rows.sum(Kind::Float) * beta.get(),
            None => {
                let ratings = x.narrow(1, 0, self.rated).sum_dim_intlist([1].as_slice(), false, Kind::Float);
                (of_rows * ratings).sum(Kind::Float) * self.config.gamma.get()
            }
        }
    }
}

impl Model for RecVae {
    fn parameters(&self) -> Vec<Parameter> {
        let decoder = Parameter::layer("decoder", Part::Decoder, &self.decoder.weight, &self.decoder.bias);
        self.encoder.parameters().into_iter().chain(decoder).collect()
    }

    fn buffers(&self) -> Vec<(String, Tensor)> {
        let earlier = self.earlier.parameters().into_iter();
        earlier.map(|parameter| (format!("earlier.{}", parameter.name), parameter.tensor.detach())).collect()
    }

    fn encoder(&self) -> Option<Boundary> {
        None
    }

    fn decoder(&self) -> Option<Boundary> {
        Some(self.decoder.share())
    }

    /// From the rows themselves `[batch, inputs]`.
    fn body(&self, x: &Tensor, _batch: &Batch, mode: &mut Mode<'_>) -> Pass {
        // An empty row stays empty.
        let length = x.square().sum_dim_intlist([1].as_slice(), true, Kind::Float).sqrt();
        let scaled = x / (length + 1e-10);
        let gaussian = self.encoder.encode(&dropout(&scaled, self.config.dropout.get(), mode));
        let code = gaussian.sample(mode);
        let divergence = self.divergence(x, &scaled, &gaussian, &code);
        Pass { last: code.shallow_clone(), code, terms: vec![divergence] }
    }

    fn output_activation(&self) -> Output {
        Activation::Linear.into()
    }

    fn end_epoch(&self) {
        tch::no_grad(|| {
            for (earlier, now) in self.earlier.parameters().iter().zip(self.encoder.parameters()) {
                earlier.tensor.shallow_clone().copy_(&now.tensor);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn counts_equal_what_is_built_and_the_earlier_encoder_follows_once_an_epoch() {
        let config = Config {
            hidden: const { NonZeroU32::new(6).unwrap() },
            code: const { NonZeroU32::new(3).unwrap() },
            ..Config::default()
        };
        let dims = Dims { rows: 1, inputs: 9, side: 1, outputs: 8, groups: 0, vocabulary: 0 };
        let built = config.build(dims, &mut Generator::seed_from_u64(1), Device::Cpu);
        let parameters = built.parameters();
        let held: usize = parameters.iter().map(|parameter| parameter.tensor.numel()).sum();
        assert_eq!(config.parameter_count(dims), held as u64);
        let same = || {
            built.buffers().iter().zip(&parameters).all(|((name, earlier), now)| {
                assert_eq!(*name, format!("earlier.{}", now.name));
                earlier.equal(&now.tensor)
            })
        };
        assert!(!same());
        built.end_epoch();
        assert!(same());
    }
}
