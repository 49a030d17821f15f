//! A run that is served: what it answers, whom it refuses, what it bears, and its page.

mod answers;
mod bounds;
mod load;
mod page;
mod server;
