//! A run that recommends over HTTP: a page for people, and a JSON API for programs.
//!
//! ```text
//! connection (bounded) → guard → route → question → a scoring thread (bounded queue) → answer
//! ```
//!
//! One thread reads and writes; what costs more than reading a request is done by the [scoring](Scoring) threads.

mod answer;
mod connection;
mod desk;
mod guard;
mod page;
mod profile;
mod query;
mod question;
mod refusal;
mod route;
mod scoring;

pub use self::connection::serve;
pub use self::guard::Hosts;
pub use self::scoring::Scoring;
