//! A text as a source: a vector for each token, convolutions along them, and of each map its largest value (Kim, EMNLP 2014,
//! arXiv 1408.5882). What a text is padded with changes nothing, and a row without a text has a vector of zeros.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};
use tch::{Device, Tensor};

use super::source::{Reader, Source};
use crate::convolution::{Convolution, check_kernel, maps};
use crate::initialisation::cut_normal;
use crate::{Activation, Batch, Dims, Generator, Mode, Parameter, Part, Widths};

/// `text = { embedding = 32, channels = [64], kernel = 3 }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Width of a token's vector.
    pub embedding: NonZeroU32,
    /// How many maps each convolution makes.
    pub channels: Widths,
    /// How many tokens a convolution looks at, an odd number.
    pub kernel: i64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            embedding: const { NonZeroU32::new(32).unwrap() },
            channels: Widths::try_from(vec![64]).expect("one layer"),
            kernel: 3,
        }
    }
}

/// The token that stands behind the end of a text.
const PADDING: i64 = 0;

/// The standard deviation of the vectors' numbers before training.
const SPREAD: f64 = 0.1;

impl Config {
    fn maps(&self) -> Vec<[i64; 2]> {
        maps(self.embedding.get().into(), self.channels.list())
    }

    /// E `[vocabulary, embedding]`, whose first row, that of the padding, is zero and stays so.
    fn embedding(&self, vocabulary: i64, generator: &mut Generator, device: Device) -> Tensor {
        let width = i64::from(self.embedding.get());
        let vectors = Tensor::from_slice(&cut_normal(SPREAD, vocabulary * width, generator)).view([vocabulary, width]);
        let _ = vectors.get(PADDING).fill_(0.0);
        vectors.to_device(device).set_requires_grad(true)
    }
}

impl Source for Config {
    fn check(&self, dims: Dims) -> Result<(), String> {
        if dims.vocabulary == 0 {
            return Err("model.multi-source.text reads input.text, which is not there; name an attribute, as \
                        input.text = { attribute = \"title\" }, or leave it out of the model"
                .to_owned());
        }
        check_kernel("model.multi-source.text", self.kernel)
    }

    fn width(&self, _dims: Dims) -> i64 {
        self.maps().last().expect("at least one convolution")[1]
    }

    fn hidden_widths(&self) -> Vec<i64> {
        [&[self.embedding.get().into()], self.channels.list()].concat()
    }

    fn parameter_count(&self, dims: Dims) -> u64 {
        let convolutions = self.maps().into_iter().map(|maps| Convolution::count(maps, &[self.kernel]));
        (dims.vocabulary * i64::from(self.embedding.get())) as u64 + convolutions.sum::<u64>()
    }

    fn start(&self, network: &super::Config, dims: Dims, generator: &mut Generator, device: Device) -> Box<dyn Reader> {
        let embedding = self.embedding(dims.vocabulary, generator, device);
        let layer = |maps| Convolution::start(maps, &[self.kernel], network.initialisation, generator, device);
        let convolutions = self.maps().into_iter().map(layer).collect();
        Box::new(Text { embedding, convolutions, activation: network.activation })
    }
}

#[derive(Debug)]
struct Text {
    /// `[vocabulary, embedding]`.
    embedding: Tensor,
    convolutions: Vec<Convolution>,
    activation: Activation,
}

impl Reader for Text {
    fn parameters(&self) -> Vec<Parameter> {
        let embedding = Parameter::kernel("text.embedding.weight", Part::Encoder, &self.embedding);
        let convolutions = (0..).zip(&self.convolutions);
        let convolutions = convolutions
            .flat_map(|(index, layer)| layer.parameters(&format!("text.convolution.{index}"), Part::Encoder));
        [embedding].into_iter().chain(convolutions).collect()
    }

    fn vector(&self, _ratings: &Tensor, batch: &Batch, _mode: &mut Mode<'_>) -> Tensor {
        let tokens = batch.text.as_ref().expect("a network with a text is given one, which is checked");
        let padding = tokens.eq(PADDING).unsqueeze(1);
        let embedded = Tensor::embedding(&self.embedding, tokens, PADDING, false, false).transpose(1, 2);
        // Each convolution sees zeros behind the end of the text, however far the padding goes.
        let next = |h: Tensor, layer: &Convolution| self.activation.apply(&layer.sums(&h)).masked_fill(&padding, 0.0);
        let along = self.convolutions.iter().fold(embedded, next);
        let largest = along.masked_fill(&padding, f64::NEG_INFINITY).amax([2], false);
        largest.masked_fill(&padding.all_dim(2, false), 0.0)
    }
}

#[cfg(test)]
mod tests {
    use tch::Kind;

    use super::*;

    #[test]
    fn the_largest_sum_along_a_text_by_hand() {
        // Vectors of one number: the padding's, the unknown token's, and those of two words.
        let embedding = Tensor::from_slice(&[0f32, 1.0, 2.0, -3.0]).view([4, 1]);
        let weight = Tensor::from_slice(&[1f32, 10.0, 100.0]).view([1, 1, 3]);
        let convolution = Convolution { weight, bias: Tensor::from_slice(&[-1000f32]) };
        let text = Text { embedding, convolutions: vec![convolution], activation: Activation::Linear };
        let nothing = Tensor::zeros([1, 0], (Kind::Float, Device::Cpu));
        let vector = |tokens: &[i64]| {
            let text_of_row = Some(Tensor::from_slice(tokens).view([1, -1]));
            let batch = Batch { rows: Tensor::from_slice(&[0i64]), side: None, groups: None, text: text_of_row };
            text.vector(&nothing, &batch, &mut Mode::Evaluate).double_value(&[0, 0])
        };
        // 2 -3 1: sums of 20 - 300, 2 - 30 + 100 and -3 + 10.
        assert_eq!(vector(&[2, 3, 1]), 72.0 - 1000.0);
        // Behind the end of a text nothing is summed up, not even an offset.
        for padded in [&[2, 3, 1, 0][..], &[2, 3, 1, 0, 0, 0, 0]] {
            assert_eq!(vector(padded), vector(&[2, 3, 1]), "{padded:?}");
        }
        assert_eq!(vector(&[0, 0]), 0.0);
    }
}
