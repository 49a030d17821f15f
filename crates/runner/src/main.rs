//! `hourglass`: experiments with autoencoder recommenders, declared in TOML.

use std::io;

use clap::Parser;
use hourglass::cli::Cli;
use hourglass::command;
use hourglass::end::end;
use tracing_subscriber::EnvFilter;

/// The exit code where something could not be done.
const FAILURE: u8 = 1;

fn main() {
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
    end(command::perform(&cli.command).unwrap_or_else(|error| {
        tracing::error!("error: {error:#}");
        FAILURE
    }))
}
