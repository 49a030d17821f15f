//! Whether the list has a relevant item.

use super::Hits;

pub(super) fn hit_rate(hits: &Hits) -> f64 {
    if hits.places().next().is_some() { 1.0 } else { 0.0 }
}
