//! A code that is not a point but a normal distribution for each unit, all independent.

use std::f64::consts::TAU;

use rand::RngExt;
use rand_distr::StandardNormal;
use tch::{Kind, Tensor};

use crate::{Generator, Mode, upload};

/// The distribution of the code of each row.
#[derive(Debug)]
pub struct Gaussian {
    /// `[batch, code]`.
    pub mean: Tensor,
    /// `[batch, code]`.
    pub log_variance: Tensor,
}

impl Gaussian {
    /// From sums `[batch, 2 · code]`: the means, then the log-variances.
    pub fn split(sums: &Tensor) -> Self {
        let code = sums.size()[1] / 2;
        Self { mean: sums.narrow(1, 0, code), log_variance: sums.narrow(1, code, code) }
    }

    /// `mean + exp(½ log-variance) ∘ ε`, ε standard normal, so that the gradient reaches both (Kingma and Welling 2014); in
    /// evaluation, the mean. `[batch, code]`.
    pub fn sample(&self, mode: &mut Mode<'_>) -> Tensor {
        let Some(generator) = mode.generator() else { return self.mean.shallow_clone() };
        let draws = upload(&draws(self.mean.numel(), generator), self.mean.device()).view_(self.mean.size());
        &self.mean + (&self.log_variance * 0.5).exp() * draws
    }

    /// The Kullback-Leibler divergence from the standard normal distribution, `½ Σ (mean² + variance − log-variance − 1)`, summed
    /// over the rows: a scalar.
    pub fn divergence(&self) -> Tensor {
        let of_units = self.mean.square() + self.log_variance.exp() - &self.log_variance - 1.0;
        of_units.sum(Kind::Float) * 0.5
    }

    /// The logarithm of each unit's density, `[batch, code]`.
    pub fn log_density(&self, code: &Tensor) -> Tensor {
        let distance = (code - &self.mean).square() / self.log_variance.exp();
        (&self.log_variance + distance + TAU.ln()) * -0.5
    }
}

/// So many draws from the standard normal distribution.
pub fn draws(count: usize, generator: &mut Generator) -> Vec<f32> {
    (0..count).map(|_| generator.sample(StandardNormal)).collect()
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use tch::Device;

    use super::*;
    use crate::Generator;

    fn gaussian(mean: f32, log_variance: f32, units: i64) -> Gaussian {
        let full = |value: f32| Tensor::full([1, units], f64::from(value), (Kind::Float, Device::Cpu));
        Gaussian { mean: full(mean), log_variance: full(log_variance) }
    }

    #[test]
    fn samples_have_the_mean_and_the_variance() {
        let gaussian = gaussian(2.0, 9f32.ln(), 100_000);
        let mut generator = Generator::seed_from_u64(3);
        let sample = gaussian.sample(&mut Mode::Train { generator: &mut generator, epochs: 0.0 });
        assert!((sample.mean(Kind::Double).double_value(&[]) - 2.0).abs() < 0.03);
        assert!((sample.std(true).double_value(&[]) - 3.0).abs() < 0.03);
        assert!(gaussian.sample(&mut Mode::Evaluate).equal(&gaussian.mean));
    }

    #[test]
    fn the_divergence_equals_the_integral_of_its_definition() {
        let standard = gaussian(0.0, 0.0, 1);
        for (mean, log_variance) in [(0.0, 0.0), (1.5, 0.0), (0.0, -1.0), (-0.7, 0.6)] {
            let gaussian = gaussian(mean, log_variance, 1);
            // ∫ q(z) (log q(z) − log p(z)) dz by the rectangle rule.
            let z = Tensor::arange_start_step(-12.0, 12.0, 1e-3, (Kind::Double, Device::Cpu)).view([-1, 1]);
            let log_q = gaussian.log_density(&z);
            let integral =
                (log_q.exp() * (&log_q - standard.log_density(&z))).sum(Kind::Double).double_value(&[]) * 1e-3;
            let found = gaussian.divergence().double_value(&[]);
            assert!((found - integral).abs() < 1e-5, "{found} instead of {integral}");
        }
    }
}
