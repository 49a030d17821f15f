//! What training makes small, and its gradient by the last layer's sums and by the body.

pub(super) mod all_columns;
pub(super) mod descent;
pub(super) mod gram;
pub(super) mod objective;
pub(super) mod penalty;
mod squares;
