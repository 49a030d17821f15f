//! The mean of all training ratings.

use super::{FittedFill, constant};
use crate::Csr;

pub(super) fn fit(train: &Csr) -> FittedFill {
    constant::fit(train, of(train))
}

/// The mean of all ratings, and 0 where there are none.
pub(super) fn of(train: &Csr) -> f32 {
    train.mean().map_or(0.0, |mean| mean as f32)
}
