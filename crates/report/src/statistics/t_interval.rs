//! Means over seeds with their uncertainty.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// A mean of repeated runs and how far the true mean may be from it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Arithmetic mean.
    pub mean: f64,
    /// Half the width of the 95 % confidence interval of the mean; `None` for a single value, which says nothing of spread.
    pub half_width: Option<f64>,
    /// Number of values.
    pub n: usize,
}

/// Mean and 95 % Student t-interval `t(0.975, n − 1) · s / √n` of `values`; `None` when there are none.
///
/// Student, "The probable error of a mean", Biometrika 6 (1908).
pub fn estimate(values: &[f64]) -> Option<Estimate> {
    let n = values.len();
    let (mean, variance) = moments(values)?;
    let half_width = t_quantile(n).zip(variance).map(|(t, variance)| t * (variance / n as f64).sqrt());
    Some(Estimate { mean, half_width, n })
}

/// Mean and, from two values on, unbiased variance; `None` when there are no values.
pub(super) fn moments(values: &[f64]) -> Option<(f64, Option<f64>)> {
    let n = values.len();
    let mean = (n > 0).then(|| values.iter().sum::<f64>() / n as f64)?;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some((mean, (n > 1).then(|| squares / (n - 1) as f64)))
}

/// The 0.975 quantile of Student's t distribution with `n − 1` degrees of freedom; `None` for fewer than two values.
fn t_quantile(n: usize) -> Option<f64> {
    let freedom = n.checked_sub(1)?;
    let distribution = StudentsT::new(0.0, 1.0, freedom as f64).ok()?;
    Some(distribution.inverse_cdf(0.975))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_equal_the_published_table() {
        let table = [(2, 12.706205), (3, 4.302653), (4, 3.182446), (5, 2.776445), (10, 2.262157), (31, 2.042272)];
        for (n, expected) in table {
            let t = t_quantile(n).unwrap();
            assert!((t - expected).abs() < 1e-5, "n = {n}: {t}");
        }
        assert_eq!(t_quantile(1), None);
    }

    #[test]
    fn estimates() {
        assert_eq!(estimate(&[]), None);
        assert_eq!(estimate(&[0.857]), Some(Estimate { mean: 0.857, half_width: None, n: 1 }));
        assert_eq!(estimate(&[2.0, 2.0]), Some(Estimate { mean: 2.0, half_width: Some(0.0), n: 2 }));
        // s = 1, so the half width is 4.302653 / √3.
        let three = estimate(&[1.0, 2.0, 3.0]).unwrap();
        assert_eq!((three.mean, three.n), (2.0, 3));
        assert!((three.half_width.unwrap() - 2.484138).abs() < 1e-5);
    }
}
