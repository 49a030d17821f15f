//! Statistics against scipy, and what they promise in a simulation.

use serde::Deserialize;
use statrs::distribution::{ContinuousCDF, Normal};

use super::bootstrap::tests::corrected;
use super::*;

#[derive(Deserialize)]
struct Case {
    differences: Vec<f64>,
    half_width: f64,
    t: f64,
    /// Not where scipy has no exact test for ties.
    wilcoxon: Option<f64>,
}

#[track_caller]
fn assert_close(found: f64, expected: f64, of: &[f64]) {
    assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1e-6), "{found} instead of {expected} for {of:?}");
}

#[test]
fn intervals_and_tests_equal_scipy() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("fixtures/statistics.json")).unwrap();
    assert!(cases.len() > 300);
    for Case { differences, half_width, t, wilcoxon: ranks } in cases {
        assert_close(estimate(&differences).unwrap().half_width.unwrap(), half_width, &differences);
        assert_close(paired_t(&differences).unwrap(), t, &differences);
        if let Some(ranks) = ranks {
            assert_close(wilcoxon(&differences).unwrap(), ranks, &differences);
        }
    }
}

#[derive(Deserialize)]
struct Users {
    /// First sum, second sum, ratings.
    pairs: Vec<[f64; 3]>,
    /// Whether sums are of squares whose root is taken.
    root: bool,
    found: f64,
    /// Of 20,000 resamples.
    interval: [f64; 2],
    resampled: Vec<f64>,
    left_out: Vec<f64>,
    /// Of `resampled`.
    corrected: [f64; 2],
    d_z: f64,
    rank_biserial: f64,
}

#[test]
fn intervals_over_users_and_sizes_of_effects_equal_scipy() {
    let cases: Vec<Users> = serde_json::from_str(include_str!("fixtures/by_user.json")).unwrap();
    assert_eq!(cases.len(), 8);
    for of in cases {
        let pairs: Vec<Pair> = of.pairs.iter().map(|&[first, second, weight]| Pair { first, second, weight }).collect();
        let pooled = if of.root { Pooled::RootMean } else { Pooled::Mean };
        let (first, second) = pooled.values(&pairs);
        assert_close(second - first, of.found, &[]);
        // The same resamples give the same interval.
        let Interval { low, high } = corrected(&of.resampled, of.found, &of.left_out);
        assert_close(low, of.corrected[0], &[]);
        assert_close(high, of.corrected[1], &[]);
        // Others give nearly the same.
        let Interval { low, high } = Bootstrap { resamples: 20_000, seed: 3 }.interval(&pairs, pooled).unwrap();
        let width = of.interval[1] - of.interval[0];
        let off = (low - of.interval[0]).abs().max((high - of.interval[1]).abs());
        assert!(off < 0.03 * width, "{low} to {high} instead of {:?}", of.interval);
        let differences: Vec<f64> = pairs.iter().map(|pair| pair.second - pair.first).collect();
        assert_close(cohens_dz(&differences).unwrap(), of.d_z, &differences);
        assert_close(rank_biserial(&differences).unwrap(), of.rank_biserial, &differences);
    }
}

/// Normal numbers from a seeded SplitMix64, by the inverse of their distribution.
fn normal_numbers(mut state: u64) -> impl FnMut() -> f64 {
    let normal = Normal::standard();
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        normal.inverse_cdf(((mixed >> 11) as f64 + 0.5) / (1_u64 << 53) as f64)
    }
}

#[test]
fn an_interval_holds_the_true_mean_95_times_in_100() {
    let mut draw = normal_numbers(1);
    for n in [3, 5, 10] {
        let held = (0..20_000).filter(|_| {
            let values: Vec<f64> = (0..n).map(|_| 0.87 + 0.002 * draw()).collect();
            let Estimate { mean, half_width, .. } = estimate(&values).unwrap();
            (mean - 0.87).abs() <= half_width.unwrap()
        });
        let coverage = held.count() as f64 / 20_000.0;
        assert!((0.94..=0.96).contains(&coverage), "{n} seeds: {coverage}");
    }
}

#[test]
fn of_settings_that_are_all_alike_the_best_is_seldom_called_better() {
    let mut draw = normal_numbers(2);
    for settings in [2, 3, 10] {
        let wrong = (0..2000).filter(|_| {
            let mut values: Vec<Vec<f64>> = (0..settings).map(|_| (0..5).map(|_| draw()).collect()).collect();
            values.sort_by(|a, b| a.iter().sum::<f64>().total_cmp(&b.iter().sum()));
            let difference = |other: &Vec<f64>| other.iter().zip(&values[0]).map(|(a, b)| a - b).collect::<Vec<_>>();
            let p_values: Vec<f64> = values[1..].iter().map(|other| paired_t(&difference(other)).unwrap()).collect();
            holm(&p_values, settings * (settings - 1) / 2).iter().any(|p| *p < 0.05)
        });
        let wrong = wrong.count() as f64 / 2000.0;
        assert!(wrong <= 0.06, "{settings} settings: {wrong}");
    }
}
