//! Additive Gaussian noise: `x̃ = x + std · ε`, ε standard normal, cut off at the ends of a range if one is given.

use hourglass_data::Scale;
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
    /// The lowest and the highest number a cell may become; without it, any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clamp: Option<Scale>,
    /// Which cells.
    #[serde(default)]
    pub on: On,
    /// When it is drawn.
    #[serde(default)]
    pub draw: Draw,
}

impl Config {
    /// Every cell is corrupted.
    pub(super) fn corrupt(&self, cell: &mut f32, generator: &mut Generator) -> bool {
        *cell += self.std.get() as f32 * generator.sample::<f32, _>(StandardNormal);
        if let Some(range) = self.clamp {
            *cell = range.clip(*cell);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn adds_the_stated_spread_and_no_offset() {
        let std = NonNegative::try_from(0.4).unwrap();
        let config = Config { std, clamp: None, on: On::All, draw: Draw::EachEpoch };
        let (mut cells, mut generator) = (vec![3.0; 100_000], Generator::seed_from_u64(2));
        assert!(cells.iter_mut().all(|cell| config.corrupt(cell, &mut generator)));
        let mean = cells.iter().map(|&cell| f64::from(cell)).sum::<f64>() / 1e5;
        let variance = cells.iter().map(|&cell| (f64::from(cell) - mean).powi(2)).sum::<f64>() / 1e5;
        assert!((mean - 3.0).abs() < 0.005, "{mean}");
        assert!((variance.sqrt() - 0.4).abs() < 0.004, "{variance}");
    }

    #[test]
    fn stays_within_a_range() {
        let std = NonNegative::try_from(1.0).unwrap();
        let clamp = Some(Scale { minimum: 2.5, maximum: 3.0 });
        let config = Config { std, clamp, on: On::All, draw: Draw::EachEpoch };
        let (mut cells, mut generator) = (vec![3.0; 1000], Generator::seed_from_u64(2));
        assert!(cells.iter_mut().all(|cell| config.corrupt(cell, &mut generator)));
        assert!(cells.iter().all(|cell| (2.5..=3.0).contains(cell)));
        // Half of the draws are above the range, and 31 % below it.
        assert!(cells.iter().filter(|&&cell| cell == 3.0).count() > 450);
        assert!(cells.iter().filter(|&&cell| cell == 2.5).count() > 250);
    }
}
