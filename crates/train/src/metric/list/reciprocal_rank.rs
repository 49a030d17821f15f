//! One over the place of the first relevant item; 0 where there is none in the list.

use super::Hits;

pub(super) fn reciprocal_rank(hits: &Hits) -> f64 {
    hits.places().next().map_or(0.0, |place| 1.0 / place as f64)
}
