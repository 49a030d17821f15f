//! How a layer starts.

use rand::RngExt;
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};
use tch::{Device, Tensor};

use crate::Generator;

/// The distribution of a layer's weights before training; offsets start at zero where nothing else is said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Initialisation {
    /// Uniform in `±sqrt(6 / (inputs + outputs))` (Glorot and Bengio 2010), the default of Keras.
    #[default]
    GlorotUniform,
    /// Normal with the variance `1 / inputs`, cut off at two standard deviations (LeCun et al. 1998, as in Keras), which SELU
    /// is made for.
    LecunNormal,
    /// Uniform in `±sqrt(3 / inputs)` (LeCun et al. 1998).
    LecunUniform,
    /// Uniform in `±sqrt(1 / inputs)`, offsets too: the default of PyTorch's `Linear`.
    Pytorch,
}

/// A layer as it starts.
#[derive(Debug)]
pub struct Start {
    /// In the shape that was asked for.
    pub weight: Tensor,
    /// `[outputs]`.
    pub bias: Tensor,
}

/// What the standard deviation of a standard normal variable becomes when it is cut off at ±2.
const CUT_OFF: f64 = 0.879_625_661_034_239_8;

impl Initialisation {
    /// A layer from so many inputs to so many outputs, whose weight is stored in this shape.
    pub fn start(
        self,
        shape: [i64; 2],
        [inputs, outputs]: [i64; 2],
        generator: &mut Generator,
        device: Device,
    ) -> Start {
        let size = |share: f64| (share / inputs as f64).sqrt();
        let count = shape[0] * shape[1];
        let (weights, offsets) = match self {
            Self::GlorotUniform => (uniform((6.0 / (inputs + outputs) as f64).sqrt(), count, generator), None),
            Self::LecunNormal => (cut_normal(size(1.0) / CUT_OFF, count, generator), None),
            Self::LecunUniform => (uniform(size(3.0), count, generator), None),
            Self::Pytorch => {
                let weights = uniform(size(1.0), count, generator);
                (weights, Some(uniform(size(1.0), outputs, generator)))
            }
        };
        let offsets = offsets.unwrap_or_else(|| vec![0.0; outputs as usize]);
        let tensor = |values: &[f32]| Tensor::from_slice(values).to_device(device);
        Start {
            weight: tensor(&weights).view(shape).set_requires_grad(true),
            bias: tensor(&offsets).set_requires_grad(true),
        }
    }
}

fn uniform(bound: f64, count: i64, generator: &mut Generator) -> Vec<f32> {
    let bound = bound as f32;
    (0..count).map(|_| generator.random_range(-bound..bound)).collect()
}

/// Draws of a normal variable that is cut off at two of these standard deviations.
pub(crate) fn cut_normal(deviation: f64, count: i64, generator: &mut Generator) -> Vec<f32> {
    let draws = std::iter::repeat_with(|| generator.sample::<f64, _>(StandardNormal));
    draws.filter(|draw| draw.abs() <= 2.0).take(count as usize).map(|draw| (deviation * draw) as f32).collect()
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use tch::Kind;

    use super::*;

    #[test]
    fn each_has_its_bound_and_variance() {
        // 100 inputs and 300 outputs: the bounds and variances of the weights, and of the offsets.
        let cases = [
            (Initialisation::GlorotUniform, (6.0f64 / 400.0).sqrt(), 2.0 / 400.0, 0.0),
            (Initialisation::LecunNormal, 2.0 * 0.1 / CUT_OFF, 1.0 / 100.0, 0.0),
            (Initialisation::LecunUniform, 3.0f64.sqrt() * 0.1, 1.0 / 100.0, 0.0),
            (Initialisation::Pytorch, 0.1, 1.0 / 300.0, 1.0 / 300.0),
        ];
        for (initialisation, bound, variance, of_offsets) in cases {
            for shape in [[300, 100], [100, 300]] {
                let mut generator = Generator::seed_from_u64(5);
                let start = initialisation.start(shape, [100, 300], &mut generator, Device::Cpu);
                assert_eq!((start.weight.size(), start.bias.size()), (shape.to_vec(), vec![300]));
                let largest = start.weight.abs().max().double_value(&[]);
                assert!(largest <= bound * 1.000_001 && largest > 0.99 * bound, "{initialisation:?}: {largest}");
                let found = start.weight.square().mean(Kind::Double).double_value(&[]);
                assert!((found / variance - 1.0).abs() < 0.02, "{initialisation:?}: {found}");
                let found = start.bias.square().mean(Kind::Double).double_value(&[]);
                assert!((found - of_offsets).abs() <= 0.2 * of_offsets, "{initialisation:?}: {found} of offsets");
            }
        }
    }
}
