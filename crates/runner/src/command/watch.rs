//! `hourglass watch`: a sweep as it stands.

use std::io::{IsTerminal, stdin, stdout};

use anyhow::Result;
use ratatui::crossterm::terminal;

use super::print;
use crate::cli;
use crate::watch::{Board, plain, show};

/// The width of plain text where there is no terminal to ask.
const WIDTH: u16 = 120;

/// Shows it until a key is pressed; where output is no terminal, or `--once` is given, prints it once.
///
/// # Errors
/// When a place has no trial, or the terminal refuses.
pub fn watch(arguments: &cli::Watch) -> Result<()> {
    let mut board = Board::open(&arguments.places, &arguments.assignments, &arguments.results.root)?;
    let title = match arguments.places.as_slice() {
        [] => arguments.results.root.display().to_string(),
        places => places.join(" "),
    };
    let on_terminal = stdin().is_terminal() && stdout().is_terminal();
    if on_terminal && !arguments.once {
        return show(&mut board, &title);
    }
    let width = if stdout().is_terminal() { terminal::size().map_or(WIDTH, |(width, _)| width) } else { WIDTH };
    print(&plain(&board, &title, width))
}
