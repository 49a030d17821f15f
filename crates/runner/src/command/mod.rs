//! One file a verb of the command line.

pub mod compare;
pub mod data;
pub mod draw;
mod drawn;
pub mod embed;
pub mod explain;
pub mod export;
mod layers;
pub mod list;
pub mod plan;
pub mod probe;
pub mod recommend;
pub mod report;
pub mod run;
pub mod similar;
pub mod watch;

use std::io::{ErrorKind, Write, stdout};
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::cli::Command;
use crate::worker;

/// Does what was asked, and says with which code to exit.
///
/// # Errors
/// When it cannot be done.
pub fn perform(command: &Command) -> Result<ExitCode> {
    match command {
        Command::Run(arguments) => run::run(arguments),
        Command::Plan(arguments) => plan::plan(arguments).map(|()| ExitCode::SUCCESS),
        Command::Report(arguments) => report::report(arguments).map(|()| ExitCode::SUCCESS),
        Command::Explain(arguments) => explain::explain(arguments).map(|()| ExitCode::SUCCESS),
        Command::Data(arguments) => data::data(arguments).map(|()| ExitCode::SUCCESS),
        Command::Embed(arguments) => embed::embed(arguments).map(|()| ExitCode::SUCCESS),
        Command::Probe(arguments) => probe::run(arguments).map(|()| ExitCode::SUCCESS),
        Command::Draw(arguments) => draw::draw(arguments).map(|()| ExitCode::SUCCESS),
        Command::Recommend(arguments) => recommend::recommend(arguments).map(|()| ExitCode::SUCCESS),
        Command::Similar(arguments) => similar::similar(arguments).map(|()| ExitCode::SUCCESS),
        Command::Compare(arguments) => compare::compare(arguments).map(|()| ExitCode::SUCCESS),
        Command::List(arguments) => list::list(arguments).map(|()| ExitCode::SUCCESS),
        Command::Export(arguments) => export::export(arguments).map(|()| ExitCode::SUCCESS),
        Command::Watch(arguments) => watch::watch(arguments).map(|()| ExitCode::SUCCESS),
        Command::Worker(arguments) => worker::work(arguments).map(|()| ExitCode::SUCCESS),
    }
}

/// Writes to standard output. A reader that has seen enough, as in `| head`, is no error.
///
/// # Errors
/// When standard output cannot be written.
fn print(text: &str) -> Result<()> {
    match stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("cannot write to standard output"),
        _ => Ok(()),
    }
}
