//! Normalised discounted cumulative gain of binary relevance: a relevant item at place i counts `1 / log₂(i + 1)`, the sum is
//! divided by that of the best possible list (Järvelin and Kekäläinen 2002, as Liang et al. 2018 use it).

use super::Hits;

pub(super) fn ndcg(hits: &Hits) -> f64 {
    let gain = |place: usize| 1.0 / ((place + 1) as f64).log2();
    let best: f64 = (1..=hits.possible()).map(gain).sum();
    hits.places().map(gain).sum::<f64>() / best
}
