//! Inverted dropout (Srivastava et al. 2014) with a mask from our own generator, so that it is the same on every device
//! and in every thread.

use rand::RngExt;
use tch::Tensor;

use crate::{Generator, Mode, upload};

/// Sets each element to zero with probability `rate` and divides the others by `1 − rate`; in evaluation, nothing.
pub fn dropout(x: &Tensor, rate: f64, mode: &mut Mode<'_>) -> Tensor {
    let Mode::Train { generator, .. } = mode else { return x.shallow_clone() };
    if rate == 0.0 {
        return x.shallow_clone();
    }
    x * upload(&mask(x.numel(), rate, generator), x.device()).view_(x.size())
}

/// What so many elements are multiplied by.
pub fn mask(count: usize, rate: f64, generator: &mut Generator) -> Vec<f32> {
    let kept = (1.0 / (1.0 - rate)) as f32;
    (0..count).map(|_| if generator.random::<f32>() < rate as f32 { 0.0 } else { kept }).collect()
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use tch::{Device, Kind};

    use super::*;
    use crate::Generator;

    #[test]
    fn evaluation_changes_nothing() {
        let x = Tensor::ones([3, 4], (Kind::Float, Device::Cpu));
        assert!(dropout(&x, 0.8, &mut Mode::Evaluate).equal(&x));
    }

    #[test]
    fn training_zeroes_the_rate_and_keeps_the_mean() {
        let x = Tensor::ones([200, 500], (Kind::Float, Device::Cpu));
        let mut generator = Generator::seed_from_u64(1);
        let y = dropout(&x, 0.8, &mut Mode::Train { generator: &mut generator, epochs: 0.0 });
        let zeros = y.eq(0.0).to_kind(Kind::Float).mean(Kind::Double).double_value(&[]);
        assert!((zeros - 0.8).abs() < 0.005, "{zeros}");
        assert!((y.mean(Kind::Double).double_value(&[]) - 1.0).abs() < 0.025);
        assert!((y.max().double_value(&[]) - 5.0).abs() < 1e-5);
    }

    #[test]
    fn the_mask_depends_on_the_generator_alone() {
        let x = Tensor::ones([10, 10], (Kind::Float, Device::Cpu));
        let draw = |seed| {
            let mut generator = Generator::seed_from_u64(seed);
            dropout(&x, 0.5, &mut Mode::Train { generator: &mut generator, epochs: 0.0 })
        };
        assert!(draw(3).equal(&draw(3)));
        assert!(!draw(3).equal(&draw(4)));
    }
}
