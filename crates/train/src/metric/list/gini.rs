//! The Gini coefficient of how often items are recommended, `Σᵢ (2i − n − 1) tᵢ / (n Σ t)` with t in rising order.

use super::Ranked;

pub(super) fn gini(k: usize, ranked: Ranked<'_>) -> f64 {
    let mut times = ranked.times(k);
    times.sort_unstable();
    let n = times.len() as f64;
    let all: f64 = times.iter().copied().map(f64::from).sum();
    let weighted = (1..).zip(&times).map(|(i, times)| (2.0 * f64::from(i) - n - 1.0) * f64::from(*times));
    if all == 0.0 { 0.0 } else { weighted.sum::<f64>() / (n * all) }
}
