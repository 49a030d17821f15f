//! The layers of a network on the rows of a batch: the first from observed entries, the body where it is computed by hand, the last at the
//! entries that are asked for; forward, and their gradients back.

pub(super) mod activate;
pub(super) mod decode;
pub(super) mod draw;
pub(super) mod encode;
pub(super) mod evaluate;
pub(super) mod fold_in;
pub(super) mod panels;
pub(super) mod predict;
pub(super) mod product;
pub(super) mod stack;
