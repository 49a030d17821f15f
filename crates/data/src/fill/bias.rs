//! The mean of all training ratings with offsets of items and users (Koren 2010, "Factor in the neighbors", section 2.1,
//! without damping): `μ + b_i + b_u`, with `b_i` the mean of `r − μ` over the item's ratings, and `b_u` the mean of
//! `r − μ − b_i` over the user's.

use super::{UserRule, item_mean};
use crate::Csr;

/// `μ + b_i` is the item's mean.
pub(super) fn fit(train: &Csr) -> (Option<Vec<f32>>, UserRule) {
    let (item, _) = item_mean::fit(train);
    (item, UserRule::MeanExcess { without: 0.0 })
}
