//! Corruption of the input, for denoising autoencoders (Vincent et al. 2008). The target stays clean, unless
//! an experiment says otherwise by name ([`Target`](crate::inputs::Target)).

pub mod dropout;
pub mod gaussian;
pub mod masking;
pub mod salt_and_pepper;

use hourglass_models::Generator;
use serde::{Deserialize, Serialize};

use crate::inputs::Inputs;
use crate::stream::{Purpose, Streams};

/// Which corruption, as written in `input.noise`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoiseConfig {
    /// Cells are set to zero at random, the others made larger.
    Dropout(dropout::Config),
    /// A normal draw is added to each cell.
    Gaussian(gaussian::Config),
    /// Cells are set to zero at random, the others left alone.
    Masking(masking::Config),
    /// Cells become the lowest or the highest rating at random.
    SaltAndPepper(salt_and_pepper::Config),
}

/// Which cells of a row are corrupted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum On {
    /// Every cell, the filled ones too: costs a draw for each user-item pair and epoch.
    All,
    /// The observed ratings only.
    #[default]
    Observed,
}

/// When the corruption is drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Draw {
    /// Anew each time a row is trained on, and never in evaluation: denoising as published.
    #[default]
    EachEpoch,
    /// Once: a fixed change of the data, also there when the model is evaluated.
    Once,
}

/// When rows are shown to the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// In this epoch of the training (from 1).
    Train(usize),
    /// To measure it.
    Evaluate,
}

impl NoiseConfig {
    fn on(&self) -> On {
        match self {
            Self::Dropout(config) => config.on,
            Self::Gaussian(config) => config.on,
            Self::Masking(config) => config.on,
            Self::SaltAndPepper(config) => config.on,
        }
    }

    fn draw(&self) -> Draw {
        match self {
            Self::Dropout(config) => config.draw,
            Self::Gaussian(config) => config.draw,
            Self::Masking(config) => config.draw,
            Self::SaltAndPepper(config) => config.draw,
        }
    }

    /// Whether it makes nothing of zeros.
    fn keeps_zero(&self) -> bool {
        match self {
            Self::Dropout(_) | Self::Masking(_) => true,
            Self::Gaussian(_) | Self::SaltAndPepper(_) => false,
        }
    }

    /// Draws for one cell, and says whether it is corrupted now.
    fn corrupt(&self, cell: &mut f32, generator: &mut Generator) -> bool {
        match self {
            Self::Dropout(config) => config.corrupt(cell, generator),
            Self::Gaussian(config) => config.corrupt(cell, generator),
            Self::Masking(config) => config.corrupt(cell, generator),
            Self::SaltAndPepper(config) => config.corrupt(cell, generator),
        }
    }

    /// The epoch that names this corruption's stream, or nothing where it does not apply.
    fn stream_epoch(&self, phase: Phase) -> Option<usize> {
        match (self.draw(), phase) {
            (Draw::Once, _) => Some(0),
            (Draw::EachEpoch, Phase::Train(epoch)) => Some(epoch),
            (Draw::EachEpoch, Phase::Evaluate) => None,
        }
    }
}

/// The corruptions of an experiment, with their streams.
#[derive(Debug, Clone, Copy)]
pub struct Noise<'a> {
    /// Applied in this order.
    pub list: &'a [NoiseConfig],
    /// Where the draws come from.
    pub streams: Streams,
}

impl Noise<'_> {
    /// Whether rows are corrupted at all in this phase.
    pub fn applies(&self, phase: Phase) -> bool {
        self.list.iter().any(|noise| noise.stream_epoch(phase).is_some())
    }

    /// Whether cells are corrupted in this phase at which nothing was observed.
    pub fn reaches_unobserved(&self, phase: Phase) -> bool {
        self.list.iter().any(|noise| noise.on() == On::All && noise.stream_epoch(phase).is_some())
    }

    /// Whether rows are shown with a number of its own in each cell at which nothing was observed.
    pub fn fills(&self, inputs: &Inputs, phase: Phase) -> bool {
        let adds = |noise: &NoiseConfig| noise.on() == On::All && !noise.keeps_zero();
        self.reaches_unobserved(phase) && (!inputs.fill.is_zero() || self.list.iter().any(adds))
    }

    /// Corrupts the observed ratings of one row, and marks their places, as [`corrupt_row`](Self::corrupt_row) does, where noise
    /// [reaches](Self::reaches_unobserved) no others `[entries]`.
    pub(crate) fn corrupt_observed(&self, row: usize, phase: Phase, values: &mut [f32], mut mark: impl FnMut(usize)) {
        for (position, noise) in self.list.iter().enumerate() {
            let Some(epoch) = noise.stream_epoch(phase) else { continue };
            let mut generator = self.generator(epoch, row, position);
            for (place, value) in values.iter_mut().enumerate() {
                if noise.corrupt(value, &mut generator) {
                    mark(place);
                }
            }
        }
    }

    fn generator(&self, epoch: usize, row: usize, position: usize) -> Generator {
        self.streams.generator(Purpose::Noise, epoch, row * self.list.len() + position)
    }

    /// Corrupts one row of ratings `[columns]`, and marks what is corrupted then `[columns]`; the draws depend on the seed, the
    /// epoch and the row alone.
    pub fn corrupt_row(&self, inputs: &Inputs, row: usize, phase: Phase, cells: &mut [f32], corrupted: &mut [bool]) {
        for (position, noise) in self.list.iter().enumerate() {
            let Some(epoch) = noise.stream_epoch(phase) else { continue };
            let mut generator = self.generator(epoch, row, position);
            let mut corrupt = |column: usize| corrupted[column] |= noise.corrupt(&mut cells[column], &mut generator);
            match noise.on() {
                On::All => (0..inputs.ratings.columns()).for_each(corrupt),
                On::Observed => inputs.ratings.row(row).columns.iter().for_each(|&column| corrupt(column as usize)),
            }
        }
    }
}
