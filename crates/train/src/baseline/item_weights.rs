//! Scores that are sums over what is shown: `s_i = Σ_j x_j W_ji`.

use super::{Array, Question};

/// The scores of the items asked for, by weights `[items, items]` from the rows to the columns.
pub(super) fn score(weights: &Array, asked: &Question<'_>, scores: &mut [f32]) {
    let items = weights.width();
    // A whole row of weights is added faster than a few of its numbers are looked up.
    if asked.items.len() * 4 < items {
        for (score, &item) in scores.iter_mut().zip(asked.items) {
            let part = |(other, value): (u32, f32)| value * weights.values[other as usize * items + item as usize];
            *score = asked.shown.iter().map(part).sum();
        }
        return;
    }
    let mut sums = vec![0.0_f32; items];
    for (other, value) in asked.shown.iter() {
        let row = weights.row(other as usize);
        sums.iter_mut().zip(row).for_each(|(sum, weight)| *sum += value * weight);
    }
    scores.iter_mut().zip(asked.items).for_each(|(score, &item)| *score = sums[item as usize]);
}

/// Multiplications and additions of scoring the entries of these many ratings, most of them of users with many.
pub(super) fn operations(ratings: &hourglass_data::Csr) -> f64 {
    super::gram::operations(ratings)
}
