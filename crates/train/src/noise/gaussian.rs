//! Additive Gaussian noise: `x̃ = x + std · ε`, ε standard normal.

use hourglass_models::Generator;
use hourglass_models::range::NonNegative;
use rand::RngExt;
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};

use super::{Draw, On};

/// `{ gaussian = { std = 0.4 } }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Standard deviation, in the units of the ratings.
    pub std: NonNegative,
    /// Which cells.
    #[serde(default)]
    pub on: On,
    /// When it is drawn.
    #[serde(default)]
    pub draw: Draw,
}

impl Config {
    pub(super) fn corrupt(&self, cells: &mut [f32], generator: &mut Generator) {
        let std = self.std.get() as f32;
        for cell in cells {
            *cell += std * generator.sample::<f32, _>(StandardNormal);
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn adds_the_stated_spread_and_no_offset() {
        let config = Config { std: NonNegative::try_from(0.4).unwrap(), on: On::All, draw: Draw::EachEpoch };
        let mut cells = vec![3.0; 100_000];
        config.corrupt(&mut cells, &mut Generator::seed_from_u64(2));
        let mean = cells.iter().map(|&cell| f64::from(cell)).sum::<f64>() / 1e5;
        let variance = cells.iter().map(|&cell| (f64::from(cell) - mean).powi(2)).sum::<f64>() / 1e5;
        assert!((mean - 3.0).abs() < 0.005, "{mean}");
        assert!((variance.sqrt() - 0.4).abs() < 0.004, "{variance}");
    }
}
