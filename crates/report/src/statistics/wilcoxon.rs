//! Whether two settings differ, by the ranks of their differences: no normal distribution is assumed.

use statrs::distribution::{ContinuousCDF, Normal};

/// Up to so many differences the distribution of the rank sum is counted out; beyond, it is as good as normal.
const COUNTED: usize = 50;

/// The two-sided p-value of Wilcoxon's signed-rank test; differences of 0 are left out, equal ones share their mean rank.
/// `None` where none is left.
///
/// Wilcoxon, "Individual comparisons by ranking methods", Biometrics Bulletin 1 (1945).
pub fn wilcoxon(differences: &[f64]) -> Option<f64> {
    let (ranks, positive) = signed_ranks(differences);
    match ranks.len() {
        0 => None,
        1..=COUNTED => Some(counted(&ranks, positive)),
        _ => Some(normal(&ranks, positive)),
    }
}

/// Twice the ranks of the differences that are not 0, and the sum of those of positive ones.
pub(super) fn signed_ranks(differences: &[f64]) -> (Vec<usize>, usize) {
    let mut kept: Vec<f64> = differences.iter().copied().filter(|difference| *difference != 0.0).collect();
    kept.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
    let ranks = doubled_ranks(&kept);
    let positive = kept.iter().zip(&ranks).filter(|(difference, _)| **difference > 0.0).map(|(_, rank)| rank).sum();
    (ranks, positive)
}

/// Twice the ranks, from 1, of values sorted by size: whole numbers, also where equal ones share a rank.
fn doubled_ranks(sorted: &[f64]) -> Vec<usize> {
    let equals = sorted.chunk_by(|a, b| a.abs() == b.abs());
    let ranks = equals.scan(0, |before, equal| {
        let rank = 2 * *before + equal.len() + 1;
        *before += equal.len();
        Some(vec![rank; equal.len()])
    });
    ranks.flatten().collect()
}

/// Of all signs, which are equally probable, the share with a rank sum at least as far out as `positive`.
fn counted(ranks: &[usize], positive: usize) -> f64 {
    let mut probability = vec![0.0; ranks.iter().sum::<usize>() + 1];
    probability[0] = 1.0;
    for rank in ranks {
        for sum in (0..probability.len()).rev() {
            let with = if sum >= *rank { probability[sum - rank] } else { 0.0 };
            probability[sum] = (probability[sum] + with) / 2.0;
        }
    }
    let at_most: f64 = probability[..=positive].iter().sum();
    let at_least: f64 = probability[positive..].iter().sum();
    (2.0 * at_most.min(at_least)).min(1.0)
}

/// By the normal distribution of the same mean `Σ r / 2` and variance `Σ r² / 4`, which takes shared ranks into account.
fn normal(ranks: &[usize], positive: usize) -> f64 {
    let rank = |doubled: &usize| *doubled as f64 / 2.0;
    let mean = ranks.iter().map(rank).sum::<f64>() / 2.0;
    let variance = ranks.iter().map(|doubled| rank(doubled).powi(2)).sum::<f64>() / 4.0;
    let z = (rank(&positive) - mean) / variance.sqrt();
    2.0 * Normal::standard().sf(z.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counted_by_hand() {
        let cases: [(&[f64], Option<f64>); 6] = [
            (&[], None),
            (&[0.0, 0.0], None),
            (&[1.0, 2.0, 3.0], Some(0.25)),
            // Rank sums of 6 signs: only all alike are as far out.
            (&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], Some(2.0 / 64.0)),
            (&[-1.0, 2.0, 3.0, 4.0, 5.0, 6.0], Some(4.0 / 64.0)),
            (&[1.0, -1.0], Some(1.0)),
        ];
        for (differences, expected) in cases {
            assert_eq!(wilcoxon(differences), expected, "{differences:?}");
        }
    }
}
