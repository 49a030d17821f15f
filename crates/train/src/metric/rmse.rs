//! `sqrt((1/n) Σ error²)` over all held-out ratings.

use super::Scored;

pub(super) fn rmse(scored: Scored<'_>) -> Option<f64> {
    let count = scored.target.len();
    (count > 0).then(|| (scored.errors().map(|error| error * error).sum::<f64>() / count as f64).sqrt())
}
