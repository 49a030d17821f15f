//! The mean of all training ratings.

use super::{UserRule, constant};
use crate::Csr;

pub(super) fn fit(train: &Csr) -> (Option<Vec<f32>>, UserRule) {
    constant::fit(of(train))
}

/// The mean of all ratings, and 0 where there are none.
pub(super) fn of(train: &Csr) -> f32 {
    train.mean().map_or(0.0, |mean| mean as f32)
}
