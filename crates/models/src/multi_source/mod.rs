//! Several sources, one code: what is known of a row besides its ratings goes in beside them, each kind through layers made for it.
//!
//! ```text
//! ratings, side information:  v ← f(v W + b)
//! text:    e_t = E[token_t],  h ← f(h * K + b),  v = max_t h_t          (Kim, EMNLP 2014)
//! image:   h ← pool(f(h * K + b)),  v = h
//! code = g([v_ratings, v_side, v_text, v_image] W + b),  y = decoder(code)
//! ```
//!
//! `*` is a convolution, along the text or over the image. The decoder's layers are dense; it restores the ratings alone. A row
//! without ratings ("cold start") has a code all the same, from its text and its side information, as in ConvMF (Kim et al.,
//! RecSys 2016), whose documents are read in this way too. So that these sources learn to do without ratings, training can hide them
//! (DropoutNet, Volkovs et al., NeurIPS 2017). An image is what [`data.images`](crate::convolutional) makes of one:
//! its pixels are the ratings of the row.

mod image;
mod ratings;
mod side_info;
mod source;
mod stack;
mod text;

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};
use tch::{Device, Tensor};

use crate::{
    Activation, Architecture, Batch, Boundary, Dense, Dims, Generator, Initialisation, Mode, Model, Output, Parameter,
    Part, Pass,
};
use source::{Reader, Source};

/// `[model.multi-source]`. What is not there is not read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The ratings, through dense layers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratings: Option<ratings::Config>,
    /// `input.side_info`, through dense layers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub side_info: Option<side_info::Config>,
    /// `input.text`, through convolutions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<text::Config>,
    /// The ratings as the pixels of an image, through convolutions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<image::Config>,
    /// Width of the code, in which the sources meet.
    pub code: NonZeroU32,
    /// Widths of the layers between the code and the outputs; there may be none.
    pub decoder: Vec<NonZeroU32>,
    /// After every hidden layer but the code.
    pub activation: Activation,
    /// After the code.
    pub code_activation: Activation,
    /// After the output.
    pub output_activation: Activation,
    /// How the weights start.
    pub initialisation: Initialisation,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            ratings: None,
            side_info: None,
            text: None,
            image: None,
            code: const { NonZeroU32::new(64).unwrap() },
            decoder: vec![const { NonZeroU32::new(128).unwrap() }],
            activation: Activation::Relu,
            code_activation: Activation::Linear,
            output_activation: Activation::Linear,
            initialisation: Initialisation::default(),
        }
    }
}

impl Config {
    /// Makes the network with fresh weights.
    pub fn build(&self, dims: Dims, generator: &mut Generator, device: Device) -> MultiSource {
        let readers = self.sources().into_iter().map(|source| source.start(self, dims, generator, device)).collect();
        let mut layers =
            self.layers(dims).into_iter().map(|fans| Dense::start(fans, self.initialisation, generator, device));
        let code = layers.next().expect("a layer that makes the code");
        let hidden = layers.collect();
        let [last, outputs] = self.last(dims);
        let decoder = self.initialisation.start([outputs, last], [last, outputs], generator, device).into();
        MultiSource { readers, code, hidden, decoder, columns: dims.inputs - dims.side, config: self.clone() }
    }

    /// Those that are read.
    fn sources(&self) -> Vec<&dyn Source> {
        let all: [Option<&dyn Source>; 4] = [
            self.ratings.as_ref().map(|config| config as _),
            self.side_info.as_ref().map(|config| config as _),
            self.text.as_ref().map(|config| config as _),
            self.image.as_ref().map(|config| config as _),
        ];
        all.into_iter().flatten().collect()
    }

    /// The code's width, and those of the layers after it.
    fn widths(&self) -> Vec<i64> {
        [&[self.code], self.decoder.as_slice()].concat().into_iter().map(|width| i64::from(width.get())).collect()
    }

    /// What the layer that makes the code, and each hidden one after it, reads and writes.
    fn layers(&self, dims: Dims) -> Vec<[i64; 2]> {
        let joined = self.sources().iter().map(|source| source.width(dims)).sum();
        [vec![joined], self.widths()].concat().windows(2).map(|pair| [pair[0], pair[1]]).collect()
    }

    /// What the last layer reads and writes.
    fn last(&self, dims: Dims) -> [i64; 2] {
        [self.widths().pop().expect("at least the code"), dims.outputs]
    }
}

impl Architecture for Config {
    fn network(&self, dims: Dims, generator: &mut Generator, device: Device) -> Box<dyn Model> {
        Box::new(self.build(dims, generator, device))
    }

    fn parameter_count(&self, dims: Dims) -> u64 {
        let sources: u64 = self.sources().iter().map(|source| source.parameter_count(dims)).sum();
        let layers = self.layers(dims).into_iter().chain([self.last(dims)]);
        sources + layers.map(stack::count).sum::<u64>()
    }

    fn check(&self, dims: Dims) -> Result<(), String> {
        if self.sources().is_empty() {
            return Err(
                "model.multi-source reads nothing; give it at least one of ratings, side_info, text and image, as \
                        ratings = { layers = [128] }"
                    .to_owned(),
            );
        }
        if dims.side > 0 && self.side_info.is_none() {
            return Err("input.side_info is listed, but model.multi-source does not read it; add \
                        model.multi-source.side_info = {}, or leave it out"
                .to_owned());
        }
        self.sources().into_iter().try_for_each(|source| source.check(dims))
    }

    fn hidden_widths(&self) -> Vec<i64> {
        let sources = self.sources().into_iter().flat_map(Source::hidden_widths);
        sources.chain(self.widths()).collect()
    }

    fn output_activation(&self) -> Activation {
        self.output_activation
    }

    fn code_activation(&self) -> Activation {
        self.code_activation
    }

    fn code_passes_first_layer(&self) -> bool {
        false
    }

    fn reads_ratings(&self) -> bool {
        self.ratings.is_some() || self.image.is_some()
    }

    fn reads_text(&self) -> bool {
        self.text.is_some()
    }
}

/// The network.
#[derive(Debug)]
pub struct MultiSource {
    /// One for each source, at least one.
    readers: Vec<Box<dyn Reader>>,
    code: Dense,
    /// Between the code and the decoder.
    hidden: Vec<Dense>,
    decoder: Boundary,
    /// How many columns of the input are ratings; side information stands behind them.
    columns: i64,
    config: Config,
}

impl Model for MultiSource {
    fn parameters(&self) -> Vec<Parameter> {
        let sources = self.readers.iter().flat_map(|reader| reader.parameters());
        let code = self.code.parameters("code", Part::Encoder);
        let hidden = (0..).zip(&self.hidden);
        let hidden = hidden.flat_map(|(index, layer)| layer.parameters(&format!("hidden.{index}"), Part::Decoder));
        let decoder = Parameter::layer("decoder", Part::Decoder, &self.decoder.weight, &self.decoder.bias);
        sources.chain(code).chain(hidden).chain(decoder).collect()
    }

    fn encoder(&self) -> Option<Boundary> {
        None
    }

    fn decoder(&self) -> Option<Boundary> {
        Some(self.decoder.share())
    }

    fn body(&self, x: &Tensor, batch: &Batch, mode: &mut Mode<'_>) -> Pass {
        let ratings = x.narrow(1, 0, self.columns);
        let vectors: Vec<Tensor> = self.readers.iter().map(|reader| reader.vector(&ratings, batch, mode)).collect();
        let code = self.config.code_activation.apply(&self.code.sums(&Tensor::cat(&vectors, 1)));
        let next = |h: Tensor, layer: &Dense| self.config.activation.apply(&layer.sums(&h));
        let last = self.hidden.iter().fold(code.shallow_clone(), next);
        Pass { last, code, terms: Vec::new() }
    }

    fn output_activation(&self) -> Output {
        self.config.output_activation.into()
    }
}

#[cfg(test)]
mod tests;
