//! One file a verb of the command line.

pub mod blend;
pub mod check;
pub mod compare;
pub mod data;
pub mod doctor;
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
pub mod serve;
pub mod similar;
pub mod watch;

use std::io::{ErrorKind, Write, stdout};

use anyhow::{Context, Result};

use crate::cli::Command;
use crate::worker;

/// Does what was asked, and says with which code to exit.
///
/// # Errors
/// When it cannot be done.
pub fn perform(command: &Command) -> Result<u8> {
    match command {
        Command::Run(arguments) => return run::run(arguments),
        Command::Plan(arguments) => plan::plan(arguments),
        Command::Report(arguments) => report::report(arguments),
        Command::Explain(arguments) => explain::explain(arguments),
        Command::Data(arguments) => data::data(arguments),
        Command::Embed(arguments) => embed::embed(arguments),
        Command::Probe(arguments) => probe::run(arguments),
        Command::Draw(arguments) => draw::draw(arguments),
        Command::Recommend(arguments) => recommend::recommend(arguments),
        Command::Similar(arguments) => similar::similar(arguments),
        Command::Blend(arguments) => return blend::blend(arguments),
        Command::Serve(arguments) => serve::serve(arguments),
        Command::Check(arguments) => return check::check(arguments),
        Command::Doctor(arguments) => return doctor::doctor(arguments),
        Command::Compare(arguments) => compare::compare(arguments),
        Command::List(arguments) => list::list(arguments),
        Command::Export(arguments) => export::export(arguments),
        Command::Watch(arguments) => watch::watch(arguments),
        Command::Worker(arguments) => worker::work(arguments),
    }
    .map(|()| 0)
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
