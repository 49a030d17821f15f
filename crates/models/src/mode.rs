//! Whether a forward pass trains or evaluates.

use crate::Generator;

/// Whether a forward pass trains, and draws at random, or evaluates.
pub enum Mode<'a> {
    /// Training.
    Train {
        /// Where dropout masks and samples come from.
        generator: &'a mut Generator,
        /// The time since training began, in epochs: 2.5 is the middle of the third.
        epochs: f64,
    },
    /// Training of the layers after the code alone: samples are drawn, but nothing is dropped.
    TrainDecoder {
        /// Where samples come from.
        generator: &'a mut Generator,
        /// The time since training began, in epochs.
        epochs: f64,
    },
    /// Evaluation: the network is a plain function.
    Evaluate,
}

impl Mode<'_> {
    /// Whether this is training.
    pub fn trains(&self) -> bool {
        !matches!(self, Self::Evaluate)
    }

    /// The time since training began, in epochs; in evaluation, after all warming up.
    pub fn epochs(&self) -> f64 {
        match self {
            Self::Train { epochs, .. } | Self::TrainDecoder { epochs, .. } => *epochs,
            Self::Evaluate => f64::INFINITY,
        }
    }
    /// Where samples come from; in evaluation, nothing is drawn.
    pub fn generator(&mut self) -> Option<&mut Generator> {
        match self {
            Self::Train { generator, .. } | Self::TrainDecoder { generator, .. } => Some(generator),
            Self::Evaluate => None,
        }
    }
}
