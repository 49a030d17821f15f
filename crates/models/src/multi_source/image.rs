//! An image as a source: the row's ratings as pixels, convolutions over them, each followed by the maximum of every 2 × 2 square.

use serde::{Deserialize, Serialize};
use tch::{Device, Tensor};

use super::source::{Reader, Source};
use crate::convolution::{Convolution, Images, maps};
use crate::{Activation, Batch, Dims, Generator, Mode, Parameter, Part};

/// `image = { size = [8, 8], channels = [8, 16], kernel = 3 }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The height and the width of the images in pixels; a square where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<[i64; 2]>,
    /// How many maps each layer makes; each layer halves the height and the width.
    pub channels: Vec<i64>,
    /// The height and the width of each kernel, an odd number.
    pub kernel: i64,
}

impl Default for Config {
    fn default() -> Self {
        Self { size: None, channels: vec![8, 16], kernel: 3 }
    }
}

impl Config {
    fn images(&self) -> Images<'_> {
        Images { key: "model.multi-source.image", size: self.size, channels: &self.channels, kernel: self.kernel }
    }

    fn size(&self, dims: Dims) -> [i64; 2] {
        self.images().size_of(dims.inputs - dims.side).expect("a size that fits, which is checked")
    }

    fn window(&self) -> [i64; 2] {
        [self.kernel; 2]
    }
}

impl Source for Config {
    fn check(&self, dims: Dims) -> Result<(), String> {
        self.images().check(dims.inputs - dims.side)
    }

    fn width(&self, dims: Dims) -> i64 {
        let [height, width] = self.size(dims).map(|side| side >> self.channels.len());
        self.channels[self.channels.len() - 1] * height * width
    }

    fn hidden_widths(&self) -> Vec<i64> {
        self.channels.clone()
    }

    fn parameter_count(&self, _dims: Dims) -> u64 {
        maps(1, &self.channels).into_iter().map(|maps| Convolution::count(maps, &self.window())).sum()
    }

    fn start(&self, network: &super::Config, dims: Dims, generator: &mut Generator, device: Device) -> Box<dyn Reader> {
        let layer = |maps| Convolution::start(maps, &self.window(), network.initialisation, generator, device);
        let convolutions = maps(1, &self.channels).into_iter().map(layer).collect();
        Box::new(Image { size: self.size(dims), convolutions, activation: network.activation })
    }
}

#[derive(Debug)]
struct Image {
    /// Height and width.
    size: [i64; 2],
    convolutions: Vec<Convolution>,
    activation: Activation,
}

impl Reader for Image {
    fn parameters(&self) -> Vec<Parameter> {
        let layers = (0..).zip(&self.convolutions);
        layers.flat_map(|(index, layer)| layer.parameters(&format!("image.{index}"), Part::Encoder)).collect()
    }

    fn vector(&self, ratings: &Tensor, _batch: &Batch, _mode: &mut Mode<'_>) -> Tensor {
        let [height, width] = self.size;
        let pooled = |h: &Tensor| h.max_pool2d([2, 2], [2, 2], [0, 0], [1, 1], false);
        let next = |h: Tensor, layer: &Convolution| pooled(&self.activation.apply(&layer.sums(&h)));
        let maps = self.convolutions.iter().fold(ratings.reshape([-1, 1, height, width]), next);
        maps.flatten(1, -1)
    }
}
