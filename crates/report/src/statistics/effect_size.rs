//! How large a difference is, whatever the number of pairs: with many users even a tiny one is significant.

use super::t_interval::moments;
use super::wilcoxon::signed_ranks;

/// Cohen's d of paired differences, `mean / s`: 0.2 is called small, 0.5 medium, 0.8 large. `None` for fewer than two differences,
/// or where all are the same.
///
/// Cohen, "Statistical power analysis for the behavioral sciences" (1988), section 2.3.5: d_z.
pub fn cohens_dz(differences: &[f64]) -> Option<f64> {
    let (mean, variance) = moments(differences)?;
    let deviation = variance?.sqrt();
    (deviation > 1e-12 * mean.abs()).then(|| mean / deviation)
}

/// The matched-pairs rank-biserial correlation, from −1, where all differences are negative, to 1: the share of the rank sum that
/// is positive less the share that is negative. `None` where all differences are 0.
///
/// Kerby, "The simple difference formula", Comprehensive Psychology 3 (2014).
pub fn rank_biserial(differences: &[f64]) -> Option<f64> {
    let (ranks, positive) = signed_ranks(differences);
    let all: usize = ranks.iter().sum();
    (all > 0).then(|| 2.0 * positive as f64 / all as f64 - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_by_hand() {
        let cases: [(&[f64], Option<f64>, Option<f64>); 5] = [
            (&[], None, None),
            (&[0.0, 0.0], None, None),
            (&[1.0, 3.0], Some(2.0 / 2f64.sqrt()), Some(1.0)),
            // Ranks 1, 2 and 3, of which 2 is negative.
            (&[1.0, -2.0, 4.0], Some(1.0 / 3.0), Some(2.0 / 6.0)),
            (&[-1.0, -2.0, -3.0], Some(-2.0), Some(-1.0)),
        ];
        for (differences, d, r) in cases {
            let close = |found: Option<f64>, expected: Option<f64>| match (found, expected) {
                (Some(found), Some(expected)) => (found - expected).abs() < 1e-12,
                (found, expected) => found == expected,
            };
            assert!(close(cohens_dz(differences), d), "{differences:?}: {:?}", cohens_dz(differences));
            assert!(close(rank_biserial(differences), r), "{differences:?}: {:?}", rank_biserial(differences));
        }
    }
}
