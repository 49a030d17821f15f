//! How often items are rated together, weighed by the ratings: `G = XᵀX`.

use hourglass_data::Csr;
use rayon::prelude::*;

/// Of ratings `[users, items]`, without a dense copy of them `[items × items]`. Sums are in double precision, each by one thread.
pub(super) fn gram(ratings: &Csr) -> Vec<f32> {
    let (items, by_item) = (ratings.columns(), ratings.transpose());
    let mut gram = vec![0.0; items * items];
    gram.par_chunks_mut(items.max(1)).enumerate().for_each_init(
        || vec![0.0_f64; items],
        |sums, (item, row)| {
            sums.fill(0.0);
            for (user, left) in by_item.row(item).iter() {
                for (other, right) in ratings.row(user as usize).iter() {
                    sums[other as usize] += f64::from(left) * f64::from(right);
                }
            }
            row.iter_mut().zip(&*sums).for_each(|(cell, &sum)| *cell = sum as f32);
        },
    );
    gram
}

/// Operations of a sum over rows of weights that take as long as one on numbers here and there, where a pair of ratings meets:
/// measured on MovieLens-1M.
pub(super) const SCATTERED: f64 = 35.0;

/// Multiplications and additions of it.
pub(super) fn operations(ratings: &Csr) -> f64 {
    (0..ratings.rows()).map(|user| 2.0 * (ratings.row(user).len() as f64).powi(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_by_hand() {
        let ratings = Csr::from_entries(2, 3, [(0, 0, 2.0), (0, 2, 3.0), (1, 0, 1.0), (1, 1, 5.0)].into_iter());
        assert_eq!(gram(&ratings), [5.0, 5.0, 6.0, 5.0, 25.0, 0.0, 6.0, 0.0, 9.0]);
        assert_eq!(operations(&ratings), 16.0);
    }
}
