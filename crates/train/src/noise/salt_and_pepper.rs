//! Salt and pepper (Vincent et al. 2010, section 3.3): some cells become the lowest or the highest rating, with equal chances.

use hourglass_data::Scale;
use hourglass_models::Generator;
use hourglass_models::range::Rate;
use rand::RngExt;
use serde::{Deserialize, Serialize};

use super::{Draw, On};

/// `{ salt-and-pepper = { rate = 0.1, scale = [1, 5] } }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Share of the cells that are replaced.
    pub rate: Rate,
    /// By which two numbers.
    pub scale: Scale,
    /// Which cells.
    #[serde(default)]
    pub on: On,
    /// When it is drawn.
    #[serde(default)]
    pub draw: Draw,
}

impl Config {
    /// Whether the cell was replaced.
    pub(super) fn corrupt(&self, cell: &mut f32, generator: &mut Generator) -> bool {
        let rate = self.rate.get() as f32;
        let draw = generator.random::<f32>();
        if draw < rate {
            *cell = if draw < rate / 2.0 { self.scale.minimum } else { self.scale.maximum };
        }
        draw < rate
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn replaces_the_stated_share_by_either_end() {
        let scale = Scale { minimum: 1.0, maximum: 5.0 };
        let config = Config { rate: Rate::try_from(0.2).unwrap(), scale, on: On::All, draw: Draw::EachEpoch };
        let (mut cells, mut generator) = (vec![3.0; 100_000], Generator::seed_from_u64(2));
        for cell in &mut cells {
            assert_eq!(config.corrupt(cell, &mut generator), *cell != 3.0);
        }
        for end in [1.0, 5.0] {
            let replaced = cells.iter().filter(|&&cell| cell == end).count();
            assert!((9_700..10_300).contains(&replaced), "{end}: {replaced}");
        }
        assert!(cells.iter().all(|cell| [1.0, 3.0, 5.0].contains(cell)));
    }
}
