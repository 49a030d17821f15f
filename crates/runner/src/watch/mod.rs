//! A sweep as it stands, on the terminal: read from the records alone, so that it can be watched from anywhere that sees them.

mod board;
mod row;
mod screen;
mod terminal;
mod view;

pub use board::Board;
pub use row::{Row, State};
pub use screen::{Order, Screen};
pub use terminal::{plain, show};

#[cfg(test)]
mod tests;
