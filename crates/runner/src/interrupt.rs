//! Ctrl-C: the first asks for a checkpoint and an end, the second ends at once.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};

static ASKED: AtomicBool = AtomicBool::new(false);

/// The exit code of a run that was interrupted.
pub const EXIT_CODE: u8 = 130;

/// From now on Ctrl-C (and a termination signal) only asks.
///
/// # Errors
/// When the system does not let us listen.
pub fn listen() -> Result<()> {
    ctrlc::set_handler(|| {
        if ASKED.swap(true, Ordering::SeqCst) {
            std::process::exit(i32::from(EXIT_CODE));
        }
        tracing::warn!("stopping after this epoch, with a checkpoint; press Ctrl-C again to stop at once");
    })
    .context("cannot listen for Ctrl-C")
}

/// Whether somebody asked to stop.
pub fn asked() -> bool {
    ASKED.load(Ordering::SeqCst)
}
