//! The share of all items that are in anybody's list.

use super::Ranked;

pub(super) fn coverage(k: usize, ranked: Ranked<'_>) -> f64 {
    let times = ranked.times(k);
    times.iter().filter(|times| **times > 0).count() as f64 / times.len() as f64
}
