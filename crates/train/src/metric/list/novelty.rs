//! The mean of `log₂(users / raters)` over all recommended items: what it tells to learn that somebody has rated the item (Zhou et
//! al. 2010). An item that nobody has rated counts as one that somebody has.

use super::Ranked;

pub(super) fn novelty(k: usize, ranked: Ranked<'_>) -> Option<f64> {
    let bits = |item: u32| (ranked.learned_from as f64 / f64::from(ranked.raters[item as usize].max(1))).log2();
    let count = ranked.recommended(k).count();
    (count > 0).then(|| ranked.recommended(k).map(bits).sum::<f64>() / count as f64)
}
