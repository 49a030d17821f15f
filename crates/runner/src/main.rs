//! `hourglass`: experiments with autoencoder recommenders, declared in TOML.
//!
//! What needs libtorch is done by `hourglass-torch`: loading libtorch takes longer than most other commands.

use hourglass::cli::Command;
use hourglass::command;
use hourglass::start::{become_the_one_with_libtorch, start};

fn main() {
    start(|command| match command {
        Command::Plain(command) => command::plain(command),
        Command::Torch(_) => become_the_one_with_libtorch(),
    })
}
