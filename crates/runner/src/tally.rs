//! What became of the trials of a run, and what the program's exit code says of it.

use std::fmt::{self, Display, Formatter};

/// The exit code of a run in which a trial failed: the others were still run.
pub const SOME_FAILED: u8 = 3;

/// The exit code of a run that the user ended: what shells say of a program that Ctrl-C ended.
pub const INTERRUPTED: u8 = 130;

/// What became of the trials of one run.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Trained to the end now.
    pub finished: usize,
    /// Were finished before.
    pub skipped: usize,
    /// Were finished by another process in the meantime.
    pub elsewhere: usize,
    /// Were worse than other settings, and ended before their last epoch.
    pub stopped: usize,
    /// Ended with an error, which their record tells.
    pub failed: usize,
    /// Stopped by the user, and go on next time.
    pub interrupted: usize,
}

impl Tally {
    /// All that have ended, or were stopped.
    pub fn sum(&self) -> usize {
        self.finished + self.skipped + self.elsewhere + self.stopped + self.failed + self.interrupted
    }

    /// The exit code of a run that was to do this many trials.
    pub fn exit_code(&self, chosen: usize) -> u8 {
        // Trials that were never begun count as interrupted too.
        if self.sum() - self.interrupted < chosen {
            return INTERRUPTED;
        }
        if self.failed > 0 { SOME_FAILED } else { 0 }
    }
}

impl Display for Tally {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Self { finished, skipped, elsewhere, stopped, failed, interrupted } = self;
        write!(
            formatter,
            "{finished} finished, {skipped} finished before, {failed} failed, {interrupted} interrupted"
        )?;
        // What most runs have none of is not mentioned there.
        let seldom = [(elsewhere, "finished by another process"), (stopped, "stopped early")];
        seldom
            .iter()
            .filter(|(count, _)| **count > 0)
            .try_for_each(|(count, what)| write!(formatter, ", {count} {what}"))
    }
}
