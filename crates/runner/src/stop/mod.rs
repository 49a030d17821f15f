//! Ending bad settings early: what a setting's trials have reached at fixed epochs is compared with other settings.
//!
//! A decision is about a setting, with all its seeds: if seeds were stopped one by one, the mean of those that are left would be
//! that of the lucky ones. It depends on nothing but the monitored column of `epochs.csv` up to the epoch of the check and on the
//! order of the plan, so that it is the same however many jobs there are, whatever was killed, and whoever decides. A trial whose
//! check cannot be decided yet waits, with a checkpoint, for those that it is compared with.

mod course;
mod halving;
mod median;
mod referee;

pub use course::{Course, Setting};
pub use referee::{Referee, Verdict};

use std::num::NonZeroUsize;

use hourglass_report::Stopped;
use serde::{Deserialize, Serialize};

/// `[sweep.stop]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StopConfig {
    /// At the first check the best third goes on, at the next one the best third of these, and so on.
    Halving(halving::Config),
    /// A setting goes on unless it is worse than the middle one of those before it.
    Median(median::Config),
}

/// What follows for a setting from a check.
#[derive(Debug, Clone, PartialEq)]
enum Decision {
    /// It is trained further.
    GoOn,
    /// It is not.
    Stop(Stopped),
    /// Somebody has not come so far yet.
    Open,
}

impl StopConfig {
    /// The epoch of the first check after this one.
    fn check_after(&self, epoch: usize) -> usize {
        match self {
            Self::Halving(config) => config.check_after(epoch),
            Self::Median(config) => config.check_after(epoch),
        }
    }

    /// Decides at all checks up to this epoch about the setting at this place of all settings.
    fn decide(&self, settings: &[Setting], place: usize, epoch: usize) -> Decision {
        match self {
            Self::Halving(config) => config.decide(settings, place, epoch),
            Self::Median(config) => config.decide(settings, place, epoch),
        }
    }
}

/// A whole number of at least 1.
const fn number<const NUMBER: usize>() -> NonZeroUsize {
    const { NonZeroUsize::new(NUMBER).expect("not 0") }
}
