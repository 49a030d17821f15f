//! What became of the trials of a run, and what the program's exit code says of it.

use std::ops::Add;
use std::process::ExitCode;

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
    /// Ended with an error, which their record tells.
    pub failed: usize,
    /// Stopped by the user, and go on next time.
    pub interrupted: usize,
}

impl Tally {
    /// The exit code of a run that was to do this many trials.
    pub fn exit_code(&self, chosen: usize) -> ExitCode {
        // Trials that were never begun count as interrupted too.
        if self.finished + self.skipped + self.failed < chosen {
            return ExitCode::from(INTERRUPTED);
        }
        if self.failed > 0 { ExitCode::from(SOME_FAILED) } else { ExitCode::SUCCESS }
    }
}

impl Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            finished: self.finished + other.finished,
            skipped: self.skipped + other.skipped,
            failed: self.failed + other.failed,
            interrupted: self.interrupted + other.interrupted,
        }
    }
}
