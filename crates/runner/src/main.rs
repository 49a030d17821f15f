//! `hourglass`: experiments with autoencoder recommenders, declared in TOML.

use std::io;
use std::process::ExitCode;

use clap::Parser;
use hourglass::cli::Cli;
use hourglass::command;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let cli = Cli::parse();
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_env("HOURGLASS_LOG").unwrap_or_else(|_| EnvFilter::new("info")))
        .with_writer(io::stderr)
        .with_target(false)
        .with_level(false)
        .without_time()
        .init();
    command::perform(&cli.command).unwrap_or_else(|error| {
        tracing::error!("error: {error:#}");
        ExitCode::FAILURE
    })
}
