//! The mean over pairs of a list's items of `1 − cosine`, where items are compared by who has rated them in training: the intra-list
//! diversity of Zhang and Hurley (RecSys 2008) with the similarity of Microsoft's recommenders, `co(i, j) / √(co(i, i) co(j, j))`. It needs
//! no attributes. An item that nobody has rated is unlike any other. A list of one item has no pairs, and no value.
//!
//! All pairs at once: with `vᵢ` an item's raters as a vector of length 1, `Σ_{i≠j} vᵢ·vⱼ = ‖Σ vᵢ‖² − Σ ‖vᵢ‖²`.

use hourglass_data::Csr;
use rayon::prelude::*;

use super::Ranked;

pub(super) fn diversity(k: usize, ranked: Ranked<'_>) -> Vec<Option<f64>> {
    let Some(ratings) = ranked.ratings else { return vec![None; ranked.lists.len()] };
    let sums = || vec![0.0_f64; ratings.columns()];
    let of_list = |sums: &mut Vec<f64>, list: &Vec<u32>| of_list(ratings, &list[..list.len().min(k)], sums);
    ranked.lists.par_iter().map_init(sums, of_list).collect()
}

/// `sums` is 0 for every user, before and after.
fn of_list(ratings: &Csr, list: &[u32], sums: &mut [f64]) -> Option<f64> {
    let raters = |item: u32| ratings.row(item as usize).columns;
    let (mut length, mut rated) = (0.0, 0.0);
    for users in list.iter().map(|&item| raters(item)).filter(|users| !users.is_empty()) {
        let share = 1.0 / (users.len() as f64).sqrt();
        for &user in users {
            let sum = &mut sums[user as usize];
            length += share * (2.0 * *sum + share);
            *sum += share;
        }
        rated += 1.0;
    }
    list.iter().flat_map(|&item| raters(item)).for_each(|&user| sums[user as usize] = 0.0);
    let pairs = (list.len() * list.len().saturating_sub(1)) as f64;
    (pairs > 0.0).then(|| 1.0 - (length - rated) / pairs)
}
