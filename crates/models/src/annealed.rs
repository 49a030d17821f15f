//! A weight that grows from 0 while training begins.

use crate::range::NonNegative;

/// `weight · min(1, epochs / warmup)`: linear over the first `warmup` epochs, then constant. A warmup of 0 is none.
///
/// KL annealing: Bowman et al. 2016; with an end below 1: Liang et al. 2018, section 2.2.2.
pub fn annealed(weight: NonNegative, warmup: NonNegative, epochs: f64) -> f64 {
    if epochs >= warmup.get() { weight.get() } else { weight.get() * epochs / warmup.get() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_to_its_weight_and_stays() {
        for (warmup, epochs, expected) in [
            (0.0, 0.0, 0.2),
            (0.0, 7.0, 0.2),
            (10.0, 0.0, 0.0),
            (10.0, 2.5, 0.05),
            (10.0, 10.0, 0.2),
            (10.0, 99.0, 0.2),
        ] {
            let number = |value| NonNegative::try_from(value).unwrap();
            let found = annealed(number(0.2), number(warmup), epochs);
            assert!((found - expected).abs() < 1e-12, "{found} after {epochs} of {warmup} epochs");
        }
    }
}
