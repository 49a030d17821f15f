//! Masking noise (Vincent et al. 2010, section 3.3; CFN, Strub et al. 2016): each cell is set to zero with probability `rate`, and
//! the others are copied as they are. [`dropout`](super::dropout) makes these larger instead, so that sums keep their mean.

use hourglass_models::Generator;
use hourglass_models::range::Rate;
use rand::RngExt;
use serde::{Deserialize, Serialize};

use super::{Draw, On};

/// `{ masking = { rate = 0.1 } }`.
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
        let zeroed = generator.random::<f32>() < self.rate.get() as f32;
        if zeroed {
            *cell = 0.0;
        }
        zeroed
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn zeroes_the_stated_share_and_copies_the_rest() {
        for (rate, expected) in [(0.0, 0..1), (0.1, 9_700..10_300), (0.5, 49_500..50_500)] {
            let config = Config { rate: Rate::try_from(rate).unwrap(), on: On::All, draw: Draw::EachEpoch };
            let (mut cells, mut generator) = (vec![4.5; 100_000], Generator::seed_from_u64(2));
            for cell in &mut cells {
                assert_eq!(config.corrupt(cell, &mut generator), *cell == 0.0);
            }
            let zeros = cells.iter().filter(|&&cell| cell == 0.0).count();
            assert!(expected.contains(&zeros), "{rate}: {zeros}");
            assert!(cells.iter().all(|&cell| cell == 0.0 || cell == 4.5), "{rate}");
        }
    }
}
