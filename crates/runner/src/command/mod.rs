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

use crate::cli::{Command, Plain, Torch};
use crate::worker;

/// Does what was asked, and says with which code to exit.
///
/// # Errors
/// When it cannot be done.
pub fn perform(command: &Command) -> Result<u8> {
    match command {
        Command::Torch(command) => torch(command),
        Command::Plain(command) => plain(command),
    }
}

fn torch(command: &Torch) -> Result<u8> {
    match command {
        Torch::Run(arguments) => return run::run(arguments),
        Torch::Plan(arguments) => plan::plan(arguments),
        Torch::Doctor(arguments) => return doctor::doctor(arguments),
        Torch::Recommend(arguments) => recommend::recommend(arguments),
        Torch::Similar(arguments) => similar::similar(arguments),
        Torch::Serve(arguments) => serve::serve(arguments),
        Torch::Blend(arguments) => return blend::blend(arguments),
        Torch::Embed(arguments) => embed::embed(arguments),
        Torch::Probe(arguments) => probe::run(arguments),
        Torch::Draw(arguments) => draw::draw(arguments),
        Torch::Worker(arguments) => worker::work(arguments),
    }
    .map(|()| 0)
}

/// Does what needs no libtorch. Nothing that this can reach may call it: then the linker leaves libtorch out of `hourglass`.
///
/// # Errors
/// When it cannot be done.
pub fn plain(command: &Plain) -> Result<u8> {
    match command {
        Plain::Watch(arguments) => watch::watch(arguments),
        Plain::List(arguments) => list::list(arguments),
        Plain::Compare(arguments) => compare::compare(arguments),
        Plain::Report(arguments) => report::report(arguments),
        Plain::Check(arguments) => return check::check(arguments),
        Plain::Export(arguments) => export::export(arguments),
        Plain::Explain(arguments) => explain::explain(arguments),
        Plain::Data(arguments) => data::data(arguments),
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
