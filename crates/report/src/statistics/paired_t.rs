//! Whether two settings differ, by the differences of their runs with the same seed.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::t_interval::moments;

/// The two-sided p-value of Student's paired t-test: how probable so large a mean difference would be, were the true one 0 and
/// the differences normal. `None` where it says nothing: fewer than two differences, or all of them the same.
///
/// Student, "The probable error of a mean", Biometrika 6 (1908): `t = mean · √n / s`, with n − 1 degrees of freedom.
pub fn paired_t(differences: &[f64]) -> Option<f64> {
    let n = differences.len();
    let (mean, variance) = moments(differences)?;
    let t = mean / (variance? / n as f64).sqrt();
    // Digits that are left over where all differences are meant to be the same are no spread.
    let spread = variance?.sqrt() > 1e-12 * mean.abs();
    let distribution = StudentsT::new(0.0, 1.0, (n - 1) as f64).ok()?;
    spread.then(|| 2.0 * distribution.sf(t.abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_there_is_nothing_to_test() {
        for differences in [&[][..], &[0.1], &[0.0, 0.0, 0.0], &[0.25, 0.25, 0.25], &[0.1, 0.3 - 0.2, 0.1]] {
            assert_eq!(paired_t(differences), None, "{differences:?}");
        }
    }

    #[test]
    fn the_sign_does_not_matter() {
        let [one, other] = [1.0, -1.0].map(|sign| paired_t(&[sign * 0.1, sign * 0.2, sign * 0.15]).unwrap());
        assert_eq!(one, other);
    }
}
