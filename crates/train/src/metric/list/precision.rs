//! Relevant items in the list, divided by k, even where fewer items can be recommended.

use super::Hits;

pub(super) fn precision(hits: &Hits) -> f64 {
    hits.places().count() as f64 / hits.k as f64
}
