//! The beginning of both programs, and how one becomes the other.

use std::os::unix::process::CommandExt;
use std::{env, io, process};

use anyhow::{Context, Result, anyhow};
use clap::Parser;
use tracing_subscriber::EnvFilter;

use crate::cli::{Cli, Command};
use crate::end::end;

/// The program that has libtorch. It does whatever `hourglass` does, and more.
pub const WITH_LIBTORCH: &str = "hourglass-torch";

/// The exit code where something could not be done.
const FAILURE: u8 = 1;

/// Reads the command line, performs it, and ends the process.
pub fn start(perform: impl Fn(&Command) -> Result<u8>) -> ! {
    let cli = Cli::try_parse().unwrap_or_else(|instead| {
        // A terminal that has gone away is not told.
        let _ = instead.print();
        end(instead.exit_code() as u8)
    });
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_env("HOURGLASS_LOG").unwrap_or_else(|_| EnvFilter::new("info")))
        .with_writer(io::stderr)
        .with_target(false)
        .with_level(false)
        .without_time()
        // They would be told where the line could not be: on standard error, which may have been closed.
        .log_internal_errors(false)
        .init();
    end(perform(&cli.command).unwrap_or_else(|error| {
        tracing::error!("error: {error:#}");
        FAILURE
    }))
}

/// Puts the program with libtorch, which lies beside this one, in the place of this process, with the same command line.
///
/// # Errors
/// Whenever this returns: there is no such program, or it cannot be started.
pub fn become_the_one_with_libtorch() -> Result<u8> {
    let this = env::current_exe().context("cannot tell where this program is")?;
    let program = this.with_file_name(WITH_LIBTORCH);
    let error = process::Command::new(&program).args(env::args_os().skip(1)).exec();
    Err(anyhow!(error)).with_context(|| {
        format!(
            "cannot start {}: `cargo build` makes both programs, and they must stay in one folder",
            program.display()
        )
    })
}
