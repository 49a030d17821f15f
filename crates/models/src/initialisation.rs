//! How weights start. Biases start at zero.

use rand::RngExt;
use serde::{Deserialize, Serialize};
use tch::{Device, Tensor};

use crate::Generator;

/// The distribution of a weight matrix before training.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Initialisation {
    /// Uniform in `±sqrt(6 / (inputs + outputs))` (Glorot and Bengio 2010), the default of Keras.
    #[default]
    GlorotUniform,
}

impl Initialisation {
    /// A weight of the given shape. Glorot's bound is the same for a matrix and its transpose.
    pub fn weight(self, rows: i64, columns: i64, generator: &mut Generator, device: Device) -> Tensor {
        let Self::GlorotUniform = self;
        let bound = (6.0 / (rows + columns) as f64).sqrt() as f32;
        let values: Vec<f32> = (0..rows * columns).map(|_| generator.random_range(-bound..bound)).collect();
        Tensor::from_slice(&values).view([rows, columns]).to_device(device).set_requires_grad(true)
    }
}

/// A bias of zeros.
pub fn zero_bias(length: i64, device: Device) -> Tensor {
    Tensor::zeros([length], (tch::Kind::Float, device)).set_requires_grad(true)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use tch::Kind;

    use super::*;

    #[test]
    fn glorot_uniform_has_its_bound_and_variance() {
        let weight =
            Initialisation::GlorotUniform.weight(300, 100, &mut Generator::seed_from_u64(5), Device::Cpu).detach();
        let bound = (6.0f64 / 400.0).sqrt();
        assert!(weight.abs().max().double_value(&[]) <= bound);
        let variance = weight.square().mean(Kind::Double).double_value(&[]);
        assert!((variance / (bound * bound / 3.0) - 1.0).abs() < 0.02, "{variance}");
    }
}
