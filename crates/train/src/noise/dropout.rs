//! Input dropout, or masking noise: each cell is set to zero with probability `rate`, the others are divided by
//! `1 − rate` so that the first layer's sums keep their mean.

use hourglass_models::Generator;
use hourglass_models::range::Rate;
use rand::RngExt;
use serde::{Deserialize, Serialize};

use super::{Draw, On};

/// `{ dropout = { rate = 0.1 } }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Share of the cells set to zero.
    pub rate: Rate,
    /// Which cells.
    #[serde(default)]
    pub on: On,
    /// When it is drawn.
    #[serde(default)]
    pub draw: Draw,
}

impl Config {
    pub(super) fn corrupt(&self, cells: &mut [f32], generator: &mut Generator) {
        let rate = self.rate.get() as f32;
        let kept = 1.0 / (1.0 - rate);
        for cell in cells {
            *cell *= if generator.random::<f32>() < rate { 0.0 } else { kept };
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn zeroes_the_stated_share_and_rescales_the_rest() {
        let config = Config { rate: Rate::try_from(0.1).unwrap(), on: On::All, draw: Draw::EachEpoch };
        let mut cells = vec![4.5; 100_000];
        config.corrupt(&mut cells, &mut Generator::seed_from_u64(2));
        let zeros = cells.iter().filter(|&&cell| cell == 0.0).count();
        assert!((9_700..10_300).contains(&zeros), "{zeros}");
        assert!(cells.iter().all(|&cell| cell == 0.0 || (cell - 5.0).abs() < 1e-6));
    }
}
