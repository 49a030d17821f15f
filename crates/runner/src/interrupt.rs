//! Ctrl-C: the first asks for a checkpoint and an end, the second ends at once.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};

use crate::end::end;
use crate::tally::INTERRUPTED;

static ASKED: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C (and a termination signal) only asks a training to end.
///
/// # Errors
/// When the system does not let us listen.
pub fn listen() -> Result<()> {
    on_first(|| tracing::warn!("stopping after this epoch, with a checkpoint; press Ctrl-C again to stop at once"))
}

/// From now on the first Ctrl-C (or termination signal) does this, and the second ends the program at once.
///
/// # Errors
/// When the system does not let us listen.
pub fn on_first(act: impl Fn() + Send + 'static) -> Result<()> {
    ctrlc::set_handler(move || {
        if ASKED.swap(true, Ordering::SeqCst) {
            end(INTERRUPTED);
        }
        act();
    })
    .context("cannot listen for Ctrl-C")
}

/// Whether somebody asked to stop.
pub fn asked() -> bool {
    ASKED.load(Ordering::SeqCst)
}

/// Asks to stop, as Ctrl-C does.
pub fn ask() {
    ASKED.store(true, Ordering::SeqCst);
}

/// In a worker: a terminal sends Ctrl-C to it too, but the process that started it is the one that says what follows.
///
/// # Errors
/// When the system does not let us listen.
pub fn leave_to_the_starter() -> Result<()> {
    ctrlc::set_handler(|| {}).context("cannot listen for Ctrl-C")
}
