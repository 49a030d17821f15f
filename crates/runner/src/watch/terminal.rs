//! The terminal that a screen is shown on: taken over while it is watched, and given back however that ends.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use ratatui::{DefaultTerminal, Terminal};

use super::{Board, Screen, view};

/// How often records are looked at.
const EVERY: Duration = Duration::from_secs(1);

/// How long a key may wait for an answer, and a signal.
const PATIENCE: Duration = Duration::from_millis(200);

static ENDED: AtomicBool = AtomicBool::new(false);

/// Shows the board until a key or a signal ends it. ratatui's own hook gives the terminal back if the program panics.
///
/// # Errors
/// When there is no terminal to show it on, or a place has no trial any more.
pub fn show(board: &mut Board, title: &str) -> Result<()> {
    ctrlc::set_handler(end).context("cannot listen for signals")?;
    let mut terminal = ratatui::try_init().context("cannot take over the terminal; --once prints plain text")?;
    let ended = watch(&mut terminal, board, title);
    let restored = ratatui::try_restore().context("cannot give the terminal back; the command `reset` does");
    ended.and(restored)
}

/// Ends the watch. A terminal that has gone away keeps whoever waits for its keys busy for ever: then the program ends here.
fn end() {
    ENDED.store(true, Ordering::SeqCst);
    thread::sleep(PATIENCE * 5);
    let _ = ratatui::try_restore();
    crate::end::end(0);
}

fn watch(terminal: &mut DefaultTerminal, board: &mut Board, title: &str) -> Result<()> {
    let mut screen = Screen { title: title.to_owned(), with_curve: true, ..Screen::default() };
    screen.update(board.rows());
    let mut read = Instant::now();
    while !ENDED.load(Ordering::SeqCst) {
        terminal.draw(|frame| view::draw(frame, &mut screen)).context("cannot write to the terminal")?;
        let wait = EVERY.saturating_sub(read.elapsed()).min(PATIENCE);
        if event::poll(wait).context("cannot read from the terminal")? {
            let event = event::read().context("cannot read from the terminal")?;
            if !take(&event, &mut screen) {
                break;
            }
            screen.update(board.rows());
        } else if read.elapsed() >= EVERY {
            board.refresh()?;
            screen.update(board.rows());
            read = Instant::now();
        }
    }
    Ok(())
}

/// `false` ends the watch. A terminal that was resized is only drawn again.
fn take(event: &Event, screen: &mut Screen) -> bool {
    match event {
        Event::Key(key) if key.kind == KeyEventKind::Release => true,
        // The terminal sends no signal while it is taken over.
        Event::Key(key) if key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL) => false,
        Event::Key(key) => screen.press(key.code),
        _ => true,
    }
}

/// One frame as text, with all trials and without their curves, as wide as `width`.
pub fn plain(board: &Board, title: &str, width: u16) -> String {
    let mut screen = Screen { title: title.to_owned(), ..Screen::default() };
    screen.update(board.rows());
    let Ok(mut terminal) = Terminal::new(TestBackend::new(width, view::height_of(&screen)));
    let Ok(_) = terminal.draw(|frame| view::draw(frame, &mut screen));
    let buffer = terminal.backend().buffer();
    let lines = buffer.content.chunks(usize::from(width)).map(|line| {
        let text: String = line.iter().map(|cell| cell.symbol()).collect();
        text.trim_end().to_owned() + "\n"
    });
    lines.collect()
}
