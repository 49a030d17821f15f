//! Normalisation of a layer's sums, as PyTorch computes it: `γ (s − mean) / sqrt(variance + ε) + β`.

use serde::{Deserialize, Serialize};
use tch::{Device, Kind, Tensor};

use crate::{Mode, Parameter, Part};

/// Over what mean and variance are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Normalisation {
    /// Over the rows of the batch, for each unit (Ioffe and Szegedy 2015); in evaluation, and for a batch of one row, which has
    /// no variance, the running mean and variance of earlier batches.
    Batch,
    /// Over the units, for each row (Ba et al. 2016).
    Layer,
}

/// What PyTorch adds to a variance.
const EPSILON: f64 = 1e-5;

/// The weight of the newest batch in the running mean and variance.
const MOMENTUM: f64 = 0.1;

/// One layer's normalisation.
#[derive(Debug)]
pub struct NormalisationLayer {
    /// γ `[units]`.
    gain: Tensor,
    /// β `[units]`.
    offset: Tensor,
    epsilon: f64,
    /// Mean and unbiased variance `[units]`, where they are taken over the batch.
    running: Option<[Tensor; 2]>,
}

impl Normalisation {
    /// For a layer of so many units: γ = 1, β = 0.
    pub fn start(self, units: i64, device: Device) -> NormalisationLayer {
        let running = match self {
            Self::Batch => Some([0.0, 1.0].map(|value| Tensor::full([units], value, (Kind::Float, device)))),
            Self::Layer => None,
        };
        NormalisationLayer { running, ..NormalisationLayer::over_units(units, EPSILON, device) }
    }
}

impl NormalisationLayer {
    /// Over the units, with an ε of its own.
    pub fn over_units(units: i64, epsilon: f64, device: Device) -> Self {
        let trained = |value: f64| Tensor::full([units], value, (Kind::Float, device)).set_requires_grad(true);
        Self { gain: trained(1.0), offset: trained(0.0), epsilon, running: None }
    }

    /// From and to `[batch, units]`; training moves the running mean and variance.
    pub fn apply(&self, sums: &Tensor, mode: &Mode<'_>) -> Tensor {
        let (gain, offset) = (Some(&self.gain), Some(&self.offset));
        match &self.running {
            None => sums.layer_norm(self.gain.size(), gain, offset, self.epsilon, true),
            Some([mean, variance]) => {
                let of_batch = mode.trains() && sums.size()[0] > 1;
                sums.batch_norm(gain, offset, Some(mean), Some(variance), of_batch, MOMENTUM, self.epsilon, true)
            }
        }
    }

    /// γ and β, neither of which penalties shrink.
    pub fn parameters(&self, name: &str, part: Part) -> [Parameter; 2] {
        let parameter = |of: &str, tensor| Parameter::bias(&format!("{name}.{of}"), part, tensor);
        [parameter("gain", &self.gain), parameter("offset", &self.offset)]
    }

    /// The running mean and variance, if any.
    pub fn buffers(&self, name: &str) -> Vec<(String, Tensor)> {
        let names = ["running_mean", "running_variance"].into_iter();
        let named = names.zip(self.running.iter().flatten());
        named.map(|(of, tensor)| (format!("{name}.{of}"), tensor.shallow_clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;
    use crate::Generator;

    /// Two units of three rows: mean 3 and 30, biased variance 6 and 600, unbiased 9 and 900.
    fn sums() -> Tensor {
        Tensor::from_slice2(&[[0.0f32, 60.0], [3.0, 30.0], [6.0, 0.0]])
    }

    fn assert_close(found: &Tensor, expected: &[f64]) {
        let found = Vec::<f32>::try_from(found.detach().reshape(-1)).unwrap();
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!((f64::from(*found) - expected).abs() < 1e-4, "{found} instead of {expected}");
        }
    }

    #[test]
    fn a_batch_is_normalised_by_itself_in_training_and_by_what_ran_before_in_evaluation() {
        let layer = Normalisation::Batch.start(2, Device::Cpu);
        let mut generator = Generator::seed_from_u64(1);
        let training = Mode::Train { generator: &mut generator, epochs: 0.0 };
        let deviation = 1.5f64.sqrt();
        assert_close(&layer.apply(&sums(), &training), &[-deviation, deviation, 0.0, 0.0, deviation, -deviation]);
        let buffers = layer.buffers("normalisation.0");
        assert_eq!(buffers[0].0, "normalisation.0.running_mean");
        assert_eq!(buffers[1].0, "normalisation.0.running_variance");
        assert_close(&buffers[0].1, &[0.3, 3.0]);
        assert_close(&buffers[1].1, &[1.8, 90.9]);
        // A batch of one row, and evaluation, use the running ones and leave them as they are.
        let expected = [-0.3 / 1.8f64.sqrt(), 57.0 / 90.9f64.sqrt()];
        for mode in [training, Mode::Evaluate] {
            assert_close(&layer.apply(&sums().narrow(0, 0, 1), &mode), &expected);
            assert_close(&buffers[0].1, &[0.3, 3.0]);
        }
    }

    #[test]
    fn a_row_is_normalised_by_itself() {
        let layer = Normalisation::Layer.start(2, Device::Cpu);
        let expected = [-1.0, 1.0, -1.0, 1.0, 1.0, -1.0];
        assert_close(&layer.apply(&sums(), &Mode::Evaluate), &expected);
        assert!(layer.buffers("").is_empty());
        // Mean 1 and variance 1 with an ε of 3.
        let wide = NormalisationLayer::over_units(2, 3.0, Device::Cpu);
        assert_close(&wide.apply(&Tensor::from_slice2(&[[0.0f32, 2.0]]), &Mode::Evaluate), &[-0.5, 0.5]);
    }
}
