//! Input dropout (Srivastava et al. 2014): each cell is set to zero with probability `rate`, the others are divided by
//! `1 − rate` so that the first layer's sums keep their mean. [`masking`](super::masking) leaves these as they are.

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
    /// Whether the cell became zero.
    pub(super) fn corrupt(&self, cell: &mut f32, generator: &mut Generator) -> bool {
        let rate = self.rate.get() as f32;
        let zeroed = generator.random::<f32>() < rate;
        *cell *= if zeroed { 0.0 } else { 1.0 / (1.0 - rate) };
        zeroed
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn zeroes_the_stated_share_and_rescales_the_rest() {
        let config = Config { rate: Rate::try_from(0.1).unwrap(), on: On::All, draw: Draw::EachEpoch };
        let (mut cells, mut generator) = (vec![4.5; 100_000], Generator::seed_from_u64(2));
        for cell in &mut cells {
            assert_eq!(config.corrupt(cell, &mut generator), *cell == 0.0);
        }
        let zeros = cells.iter().filter(|&&cell| cell == 0.0).count();
        assert!((9_700..10_300).contains(&zeros), "{zeros}");
        assert!(cells.iter().all(|&cell| cell == 0.0 || (cell - 5.0).abs() < 1e-6));
    }
}
