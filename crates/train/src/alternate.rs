//! Alternating training: an epoch is so many passes over the rows in which only the encoder learns, then so many in which only
//! the decoder does, from inputs without noise or dropout (RecVAE; Shenbin et al., WSDM 2020). Each of the two has an
//! optimizer of its own.

use std::num::NonZeroU16;

use hourglass_models::Part;
use serde::{Deserialize, Serialize};

use crate::TrainConfig;
use crate::noise::Phase;

/// `train.alternate = { encoder = 3, decoder = 1 }`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Passes of an epoch in which the encoder learns.
    pub encoder: NonZeroU16,
    /// Passes after them in which the decoder learns.
    pub decoder: NonZeroU16,
}

impl Default for Config {
    fn default() -> Self {
        Self { encoder: const { NonZeroU16::new(3).unwrap() }, decoder: const { NonZeroU16::new(1).unwrap() } }
    }
}

impl Config {
    /// Passes over the rows in an epoch.
    pub fn passes(&self) -> usize {
        usize::from(self.encoder.get()) + usize::from(self.decoder.get())
    }
}

/// A pass over the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RowPass {
    /// Of all passes since training began, from 1: names the streams of its order and its noise.
    pub(crate) number: usize,
    /// The part of the network that learns, where it is not the whole.
    pub(crate) learns: Option<Part>,
}

impl RowPass {
    /// When the decoder learns alone, it does so from inputs without noise.
    pub(crate) fn phase(self) -> Phase {
        match self.learns {
            Some(Part::Decoder) => Phase::Evaluate,
            Some(Part::Encoder) | None => Phase::Train(self.number),
        }
    }
}

/// The passes of an epoch (from 1): one, unless encoder and decoder learn in turns.
pub(crate) fn passes(train: &TrainConfig, epoch: usize) -> Vec<RowPass> {
    let learning = match &train.alternate {
        None => vec![None],
        Some(Config { encoder, decoder }) => {
            [vec![Some(Part::Encoder); encoder.get().into()], vec![Some(Part::Decoder); decoder.get().into()]].concat()
        }
    };
    let before = (epoch - 1) * learning.len();
    (before + 1..).zip(learning).map(|(number, learns)| RowPass { number, learns }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_are_numbered_through_all_epochs() {
        let plain = TrainConfig::default();
        let alternate = TrainConfig { alternate: Some(Config::default()), ..TrainConfig::default() };
        let (encoder, decoder) = (Some(Part::Encoder), Some(Part::Decoder));
        for (train, epoch, expected) in [
            (&plain, 1, vec![(1, None)]),
            (&plain, 7, vec![(7, None)]),
            (&alternate, 1, vec![(1, encoder), (2, encoder), (3, encoder), (4, decoder)]),
            (&alternate, 3, vec![(9, encoder), (10, encoder), (11, encoder), (12, decoder)]),
        ] {
            let found: Vec<_> = passes(train, epoch).iter().map(|pass| (pass.number, pass.learns)).collect();
            assert_eq!(found, expected);
        }
    }
}
