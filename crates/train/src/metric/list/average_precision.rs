//! The mean of the precision at each place with a relevant item, over as many as the list could have.

use super::Hits;

pub(super) fn average_precision(hits: &Hits) -> f64 {
    let precisions = (1..).zip(hits.places()).map(|(found, place)| f64::from(found) / place as f64);
    precisions.sum::<f64>() / hits.possible() as f64
}
