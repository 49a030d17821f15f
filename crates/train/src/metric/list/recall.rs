//! Relevant items in the list, divided by how many it could have: `min(k, relevant items)`, so that the best list has 1 (Liang et
//! al. 2018). Others divide by all relevant items.

use super::Hits;

pub(super) fn recall(hits: &Hits) -> f64 {
    hits.places().count() as f64 / hits.possible() as f64
}
