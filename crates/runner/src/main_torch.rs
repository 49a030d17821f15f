//! `hourglass-torch`: `hourglass` with libtorch, which trains and predicts.

use hourglass::command::perform;
use hourglass::start::start;

fn main() {
    start(perform)
}
