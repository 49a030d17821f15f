//! What a trial will cost, estimated before it runs.

mod advice;
mod available;
mod memory;
mod time;

pub use advice::refuse_what_cannot_fit;
pub use available::available;
pub use memory::Needed;
pub use time::{Speed, Time};
