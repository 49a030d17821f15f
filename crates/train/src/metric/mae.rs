//! `(1/n) Σ |error|`.

use super::Scored;

pub(super) fn mae(scored: Scored<'_>) -> Option<f64> {
    let count = scored.target.len();
    (count > 0).then(|| scored.errors().map(f64::abs).sum::<f64>() / count as f64)
}
