//! The mean of the item's training ratings, and that of all of them for an item without any.

use super::{UserRule, global_mean};
use crate::Csr;

pub(super) fn fit(train: &Csr) -> (Option<Vec<f32>>, UserRule) {
    let global = global_mean::of(train);
    let items = train.transpose();
    let mean = |item: usize| items.row(item).mean().map_or(global, |mean| mean as f32);
    (Some((0..items.rows()).map(mean).collect()), UserRule::Constant(0.0))
}
