//! A convolutional autoencoder of images, whose pooling remembers where each maximum was: "switches" (Zeiler and Fergus 2014).
//!
//! ```text
//! down:  h ← pool(f(h * K + b)),   pool: the maximum of each 2 × 2 square, and its place
//! up:    h ← f(unpool(h) ⊛ K' + b'),   unpool: each value at its stored place, 0 elsewhere
//! ```
//!
//! `*` is a convolution that keeps the size of the image, `⊛` its transpose, in which the copies of the kernel that overlap are
//! summed. The last layer up has no f but the output activation. The switches go around the code: it alone does not determine
//! the output. A last row or column of an image of odd size is in no square, and comes back as 0.

use serde::{Deserialize, Serialize};
use tch::{Device, Tensor};

use crate::convolution::{Images, maps};
use crate::{
    Activation, Architecture, Batch, Boundary, Dims, Footprint, Generator, Initialisation, Mode, Model, Output,
    Parameter, Part, Pass,
};

/// `[model.convolutional]`.
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
    /// Whether the way up has the kernels of the way down.
    pub tied: bool,
    /// After every layer but the last.
    pub activation: Activation,
    /// After the output.
    pub output_activation: Activation,
    /// How the weights start.
    pub initialisation: Initialisation,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            size: None,
            channels: vec![16, 8],
            kernel: 3,
            tied: false,
            activation: Activation::Relu,
            output_activation: Activation::Linear,
            initialisation: Initialisation::default(),
        }
    }
}

impl Config {
    /// Makes the network with fresh weights.
    pub fn build(&self, dims: Dims, generator: &mut Generator, device: Device) -> Convolutional {
        let mut start = |shape, fans| Kernel::start(shape, fans, self, generator, device);
        let maps = self.maps();
        let down: Vec<Kernel> = maps.iter().map(|&[from, to]| start([to, from], [from, to])).collect();
        let up = down.iter().zip(&maps).map(|(down, &[from, to])| {
            let Kernel { weight, bias } = start([to, from], [to, from]);
            let weight = if self.tied { down.weight.shallow_clone() } else { weight };
            Kernel { weight, bias }
        });
        let up = up.collect();
        let size = self.images().size_of(dims.outputs).expect("a size that fits, which is checked");
        Convolutional { down, up, size, config: self.clone() }
    }

    /// From how many maps to how many each layer down goes.
    fn maps(&self) -> Vec<[i64; 2]> {
        maps(1, &self.channels)
    }

    fn images(&self) -> Images<'_> {
        Images { key: "model.convolutional", size: self.size, channels: &self.channels, kernel: self.kernel }
    }
}

impl Architecture for Config {
    fn network(&self, dims: Dims, generator: &mut Generator, device: Device) -> Box<dyn Model> {
        Box::new(self.build(dims, generator, device))
    }

    fn parameter_count(&self, _dims: Dims) -> u64 {
        let ways = if self.tied { 1 } else { 2 };
        self.maps().iter().map(|[from, to]| (ways * from * to * self.kernel * self.kernel + from + to) as u64).sum()
    }

    fn check(&self, dims: Dims) -> Result<(), String> {
        let pixels = dims.outputs;
        if dims.inputs - dims.side != pixels {
            return Err("model.convolutional gives one number for each pixel, but the objective needs one for each value of a rating; \
                        use another objective"
                .to_owned());
        }
        if dims.side > 0 {
            let side = dims.side;
            return Err(format!(
                "model.convolutional reads images alone, and is given {side} columns more; leave input.side_info out"
            ));
        }
        self.images().check(pixels)
    }

    fn hidden_widths(&self) -> Vec<i64> {
        self.channels.clone()
    }

    fn footprint(&self, dims: Dims) -> Footprint {
        // Down: sums, activated, the pooled quarter and its places of 64 bits. Up: unpooled, sums, activated.
        let of_layer = |(layer, [from, to]): (usize, [i64; 2])| {
            let pixels = dims.outputs >> (2 * layer).min(62);
            pixels * to * 3 + pixels * to * 3 / 4 + pixels * from * 2
        };
        let row: i64 = self.maps().into_iter().enumerate().map(of_layer).sum();
        let largest = self.maps().iter().map(|[from, to]| from * to * self.kernel * self.kernel).max().unwrap_or(0);
        Footprint { row: row as u64, largest: largest as u64, ..Footprint::default() }
    }

    fn output_activation(&self) -> Activation {
        self.output_activation
    }

    fn code_activation(&self) -> Activation {
        self.activation
    }

    fn shares_weights(&self) -> bool {
        self.tied
    }
}

/// One convolution.
#[derive(Debug)]
struct Kernel {
    /// `[maps of the code's side, maps of the image's side, kernel, kernel]`, down and up.
    weight: Tensor,
    /// For each map that it makes.
    bias: Tensor,
}

impl Kernel {
    /// A weight of `[inner, outer]` maps, which reads and writes so many.
    fn start(
        [inner, outer]: [i64; 2],
        [inputs, outputs]: [i64; 2],
        config: &Config,
        generator: &mut Generator,
        device: Device,
    ) -> Self {
        let (side, area) = (config.kernel, config.kernel * config.kernel);
        let fans = [inputs * area, outputs * area];
        let start = config.initialisation.start([inner, outer * area], fans, generator, device);
        let weight = start.weight.detach().view([inner, outer, side, side]);
        let bias = start.bias.detach().narrow(0, 0, outputs).copy();
        Self { weight: weight.set_requires_grad(true), bias: bias.set_requires_grad(true) }
    }
}

/// The network.
#[derive(Debug)]
pub struct Convolutional {
    down: Vec<Kernel>,
    /// In the order of `down`: the first is the last that is computed.
    up: Vec<Kernel>,
    /// Height and width.
    size: [i64; 2],
    config: Config,
}

/// The maximum of each 2 × 2 square of `[batch, maps, height, width]`, and its place in the map.
fn pool(h: &Tensor) -> (Tensor, Tensor) {
    h.max_pool2d_with_indices([2, 2], [2, 2], [0, 0], [1, 1], false)
}

/// Each value at its stored place in a map of this size, and 0 elsewhere.
fn unpool(h: &Tensor, switches: &Tensor, size: [i64; 2]) -> Tensor {
    h.max_unpool2d(switches, size)
}

/// The transpose of a convolution that keeps the size: a copy of the kernel around each value, times it, and their sum.
fn deconvolve(h: &Tensor, Kernel { weight, bias }: &Kernel) -> Tensor {
    let margin = weight.size()[2] / 2;
    h.conv_transpose2d(weight, Some(bias), [1, 1], [margin, margin], [0, 0], 1, [1, 1])
}

impl Model for Convolutional {
    fn parameters(&self) -> Vec<Parameter> {
        let down = (0..).zip(&self.down).flat_map(|(index, Kernel { weight, bias })| {
            Parameter::layer(&format!("down.{index}"), Part::Encoder, weight, bias)
        });
        let up = (0..).zip(&self.up).flat_map(|(index, Kernel { weight, bias })| {
            let [weight, bias] = Parameter::layer(&format!("up.{index}"), Part::Decoder, weight, bias);
            // Trained once where it is the weight of the way down.
            [(!self.config.tied).then_some(weight), Some(bias)].into_iter().flatten()
        });
        down.chain(up).collect()
    }

    fn encoder(&self) -> Option<Boundary> {
        None
    }

    fn decoder(&self) -> Option<Boundary> {
        None
    }

    fn body(&self, x: &Tensor, _batch: &Batch, _mode: &mut Mode<'_>) -> Pass {
        let activation = self.config.activation;
        let margin = self.config.kernel / 2;
        let [height, width] = self.size;
        let mut h = x.view([-1, 1, height, width]);
        let mut ways_back = Vec::new();
        for Kernel { weight, bias } in &self.down {
            let sums = h.conv2d(weight, Some(bias), [1, 1], [margin, margin], [1, 1], 1);
            let (pooled, switches) = pool(&activation.apply(&sums));
            let size = sums.size();
            ways_back.push((switches, [size[2], size[3]]));
            h = pooled;
        }
        let code = h.flatten(1, -1);
        for (place, (kernel, (switches, size))) in self.up.iter().zip(&ways_back).enumerate().rev() {
            let sums = deconvolve(&unpool(&h, switches, *size), kernel);
            h = if place == 0 { sums } else { activation.apply(&sums) };
        }
        Pass { last: h.flatten(1, -1), code, terms: Vec::new() }
    }

    fn output_activation(&self) -> Output {
        self.config.output_activation.into()
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    fn image(rows: &[[f32; 4]; 4]) -> Tensor {
        Tensor::from_slice2(rows).view([1, 1, 4, 4])
    }

    fn rows(image: &Tensor) -> Vec<Vec<f32>> {
        Vec::try_from(image.view([4, 4])).unwrap()
    }

    /// A 4 × 4 map, its four maxima, each one's copy of the kernel, and their sum.
    #[test]
    fn pooling_with_switches_and_its_way_back_by_hand() {
        let map = [[8.0, 0.0, 2.0, 0.0], [0.0, 4.0, 6.0, 1.0], [4.0, 3.0, 0.0, 3.0], [2.0, 2.0, 0.0, 2.0]];
        let (pooled, switches) = pool(&image(&map));
        assert_eq!(Vec::<f32>::try_from(pooled.view(-1)).unwrap(), [8.0, 6.0, 4.0, 3.0]);
        assert_eq!(Vec::<i64>::try_from(switches.view(-1)).unwrap(), [0, 6, 8, 11]);
        let unpooled = unpool(&pooled, &switches, [4, 4]);
        assert_eq!(rows(&unpooled), [[8.0, 0.0, 0.0, 0.0], [0.0, 0.0, 6.0, 0.0], [4.0, 0.0, 0.0, 3.0], [0.0; 4]]);

        // The value itself, and half of it to the lower right.
        let weight = Tensor::from_slice2(&[[0f32, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.5]]).view([1, 1, 3, 3]);
        let kernel = Kernel { weight, bias: Tensor::from_slice(&[0f32]) };
        let copies = [
            [[8.0, 0.0, 0.0, 0.0], [0.0, 4.0, 0.0, 0.0], [0.0; 4], [0.0; 4]],
            [[0.0; 4], [0.0, 0.0, 6.0, 0.0], [0.0, 0.0, 0.0, 3.0], [0.0; 4]],
            [[0.0; 4], [0.0; 4], [4.0, 0.0, 0.0, 0.0], [0.0, 2.0, 0.0, 0.0]],
            [[0.0; 4], [0.0; 4], [0.0, 0.0, 0.0, 3.0], [0.0; 4]],
        ];
        for (place, copy) in copies.iter().enumerate() {
            let mut one = [0f32; 4];
            one[place] = [8.0, 6.0, 4.0, 3.0][place];
            let alone = unpool(&Tensor::from_slice(&one).view([1, 1, 2, 2]), &switches, [4, 4]);
            assert_eq!(rows(&deconvolve(&alone, &kernel)), copy, "maximum {place}");
        }
        // Two copies overlap at the end of the third row: 3 + 3.
        let sum = [[8.0, 0.0, 0.0, 0.0], [0.0, 4.0, 6.0, 0.0], [4.0, 0.0, 0.0, 6.0], [0.0, 2.0, 0.0, 0.0]];
        assert_eq!(rows(&deconvolve(&unpooled, &kernel)), sum);

        // A map made of such copies comes back as it was.
        let pattern = [[8.0, 0.0, 6.0, 0.0], [0.0, 4.0, 0.0, 3.0], [2.0, 0.0, 4.0, 0.0], [0.0, 1.0, 0.0, 2.0]];
        let (pooled, switches) = pool(&image(&pattern));
        assert_eq!(rows(&deconvolve(&unpool(&pooled, &switches, [4, 4]), &kernel)), pattern);
    }

    #[test]
    fn what_does_not_fit_is_refused_with_the_reason() {
        let dims = |pixels| Dims { rows: 1, inputs: pixels, side: 0, outputs: pixels, groups: 0, vocabulary: 0 };
        let plain = Config::default;
        for (config, dims, complaint) in [
            (plain(), dims(16), None),
            (Config { size: Some([3, 5]), channels: vec![2], ..plain() }, dims(15), None),
            (plain(), dims(15), Some("size is nothing, and a row has 15 columns")),
            (Config { size: Some([4, 5]), ..plain() }, dims(16), Some("size is [4, 5], and a row has 16 columns")),
            (Config { size: Some([-4, -4]), ..plain() }, dims(16), Some("leaves nothing")),
            (Config { channels: vec![], ..plain() }, dims(16), Some("at least one number")),
            (Config { channels: vec![4, 0], ..plain() }, dims(16), Some("channels = [4, 0]")),
            (Config { channels: vec![1; 3], ..plain() }, dims(16), Some("halves an image of 4 × 4 pixels 3 times")),
            (Config { kernel: 2, ..plain() }, dims(16), Some("expected an odd number")),
            (plain(), Dims { inputs: 18, side: 2, ..dims(16) }, Some("is given 2 columns more")),
        ] {
            match (config.check(dims), complaint) {
                (Ok(()), None) => {
                    let built = config.build(dims, &mut Generator::seed_from_u64(1), Device::Cpu);
                    let held: usize = built.parameters().iter().map(|parameter| parameter.tensor.numel()).sum();
                    assert_eq!(config.parameter_count(dims), held as u64);
                }
                (Err(error), Some(complaint)) => assert!(error.contains(complaint), "{error}"),
                (found, expected) => panic!("{config:?}: {found:?} instead of {expected:?}"),
            }
        }
    }
}
