//! Many tests at once.

/// The p-values of tests out of a family of `family` tests, of which the others are not worse than these, corrected so that
/// all statements together are wrong with at most the probability of one: sorted upwards, the first times the size of the
/// family, the next times one less, and so on; never below the one before, never above 1.
///
/// With `family == p_values.len()` it is Holm, "A simple sequentially rejective multiple test procedure", Scandinavian
/// Journal of Statistics 6 (1979). A larger family is for tests that were chosen by the numbers themselves: whoever compares
/// the best of k settings with each of the others has, by choosing it, looked at all k (k − 1) / 2 pairs.
///
/// # Panics
/// If there are more p-values than tests in the family.
pub fn holm(p_values: &[f64], family: usize) -> Vec<f64> {
    assert!(p_values.len() <= family, "{} p-values in a family of {family}", p_values.len());
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    let mut corrected = vec![0.0; p_values.len()];
    let mut before = 0.0_f64;
    for (rank, index) in order.into_iter().enumerate() {
        before = before.max(p_values[index] * (family - rank) as f64).min(1.0);
        corrected[index] = before;
    }
    corrected
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corrected_by_hand() {
        let cases: [(&[f64], usize, &[f64]); 6] = [
            (&[], 0, &[]),
            (&[0.03], 1, &[0.03]),
            (&[0.01, 0.04, 0.03], 3, &[0.03, 0.06, 0.06]),
            (&[0.5, 0.9], 2, &[1.0, 1.0]),
            (&[0.02, 0.02], 2, &[0.04, 0.04]),
            (&[0.01, 0.04], 3, &[0.03, 0.08]),
        ];
        for (p_values, family, expected) in cases {
            let found = holm(p_values, family);
            assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{p_values:?}: {found:?}");
            assert_eq!(found.len(), expected.len());
        }
    }
}
