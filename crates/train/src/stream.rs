//! Independent streams of random numbers, all derived from one seed.
//!
//! A stream is named by what it is for, and by the epoch and the row or batch it serves. So noise can be added without
//! changing the initial weights or the order of the batches, a resumed run draws what the uninterrupted one would have
//! drawn, and no draw depends on how rows are spread over threads. The trial is deliberately not part of the name: trials
//! with the same seed start from the same weights and see the same batches, which makes their comparison a paired one.

use hourglass_models::Generator;
use rand::SeedableRng;

/// What a stream is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The weights before training.
    Initialisation = 1,
    /// The order of the rows in an epoch.
    Order = 2,
    /// Dropout masks inside the network.
    Dropout = 3,
    /// Corruption of the input.
    Noise = 4,
    /// Weights and samples of layers that are pre-trained.
    Pretraining = 5,
    /// With whom a row is compared.
    Partners = 6,
    /// What of a row is hidden, to measure how well it comes back.
    Hiding = 7,
}

/// The source of all streams of one training.
#[derive(Debug, Clone, Copy)]
pub struct Streams {
    seed: u64,
}

impl Streams {
    /// All streams of this seed.
    pub fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// The generator for one purpose in one epoch (from 1; 0 means: not bound to an epoch), and one row or batch of it.
    pub fn generator(&self, purpose: Purpose, epoch: usize, index: usize) -> Generator {
        let name = [self.seed, purpose as u64, epoch as u64, index as u64];
        Generator::seed_from_u64(name.iter().fold(0, |state, word| mix(state ^ mix(*word))))
    }
}

/// The output function of SplitMix64 (Steele, Lea and Flood 2014): every input bit reaches every output bit.
fn mix(word: u64) -> u64 {
    let mut z = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rand::Rng;

    use super::*;

    #[test]
    fn every_name_is_a_stream_of_its_own_and_always_the_same() {
        let mut first_draws = BTreeSet::new();
        for seed in 0..4 {
            for purpose in [
                Purpose::Initialisation,
                Purpose::Order,
                Purpose::Dropout,
                Purpose::Noise,
                Purpose::Pretraining,
                Purpose::Partners,
                Purpose::Hiding,
            ] {
                for (epoch, index) in (0..5).flat_map(|epoch| (0..5).map(move |index| (epoch, index))) {
                    let draw = || Streams::new(seed).generator(purpose, epoch, index).next_u64();
                    assert_eq!(draw(), draw());
                    assert!(first_draws.insert(draw()), "{seed} {purpose:?} {epoch} {index} repeats another stream");
                }
            }
        }
    }
}
