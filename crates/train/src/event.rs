//! What a training tells whoever watches it, and what it is told.

use crate::Error;
use crate::state::State;

/// Is told what happens, and says whether to go on.
pub type Observer<'a> = &'a mut dyn FnMut(Event<'_>) -> Result<Flow, Error>;

/// Something happened.
pub enum Event<'a> {
    /// A batch was learnt.
    Batch {
        /// From 1; 0 is pre-training, all of it.
        epoch: usize,
        /// From 1.
        batch: usize,
        /// Batches in this epoch.
        batches: usize,
    },
    /// An epoch ended and was measured.
    Epoch {
        /// Its numbers.
        report: &'a EpochReport,
        /// Everything needed to go on from here, for a checkpoint.
        state: &'a State,
    },
}

/// The numbers of one epoch.
#[derive(Debug, Clone, PartialEq)]
pub struct EpochReport {
    /// From 1.
    pub epoch: usize,
    /// In the order of [`columns`](crate::config::columns); nothing where there is no rating to measure on.
    pub values: Vec<Option<f64>>,
}

/// Whether to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Train the next epoch.
    Continue,
    /// Stop here; only looked at after an [`Event::Epoch`], and in pre-training.
    Stop,
}
