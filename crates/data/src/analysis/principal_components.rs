//! Principal component analysis (Pearson 1901; Hotelling 1933) of a matrix that is not written out.

use super::Filled;
use crate::side_info::subspace;

/// The rows of a matrix by the directions in which they differ most.
#[derive(Debug, Clone, PartialEq)]
pub struct PrincipalComponents {
    /// The place of each row in each direction, less the mean of all rows: `[components][rows]`.
    pub scores: Vec<Vec<f64>>,
    /// The share of the variance that lies in each direction: `[components]`, falling.
    pub explained: Vec<f64>,
}

/// Of the random start of the iteration, which shows in the last digits only.
const SEED: u64 = 0;

/// The first `count` principal components; fewer where the matrix, less the mean of its rows, has a lower rank.
pub fn principal_components(matrix: &Filled, count: usize) -> PrincipalComponents {
    let means = matrix.means();
    let times = |vector: &[f64]| {
        let mean = dot(&means, vector);
        matrix.times(vector).into_iter().map(|value| value - mean).collect()
    };
    let transposed_times = |vector: &[f64]| {
        let sum: f64 = vector.iter().sum();
        let image = matrix.transposed_times(vector);
        image.into_iter().zip(&means).map(|(value, mean)| value - sum * mean).collect()
    };
    let total = matrix.squares().iter().sum::<f64>() - matrix.rows() as f64 * dot(&means, &means);
    let directions = subspace::leading(matrix.columns(), &times, &transposed_times, count, SEED);
    let scores: Vec<Vec<f64>> = directions.iter().map(|direction| times(direction)).collect();
    // Where all rows are the same, what is left of the total is rounding.
    let share = |scores: &Vec<f64>| if total > 0.0 { (dot(scores, scores) / total).min(1.0) } else { 0.0 };
    let explained = scores.iter().map(share).collect();
    PrincipalComponents { scores, explained }
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Csr;
    use serde::Deserialize;

    /// What numpy finds: see `tests/fixtures/principal_components.py`.
    #[derive(Deserialize)]
    struct Case {
        name: String,
        rows: usize,
        columns: usize,
        entries: Vec<(u32, u32, f32)>,
        row_fill: Vec<f32>,
        column_fill: Vec<f32>,
        scores: Vec<Vec<f64>>,
        explained: Vec<f64>,
    }

    #[test]
    fn numpy_finds_the_same_in_the_matrix_written_out() {
        let cases: Vec<Case> =
            serde_json::from_str(include_str!("../../tests/fixtures/principal_components.json")).unwrap();
        assert!(cases.len() >= 3);
        for case in cases {
            let ratings = Csr::from_entries(case.rows, case.columns, case.entries.into_iter());
            let filled = Filled::new(&ratings, &case.row_fill, Some(&case.column_fill));
            let found = principal_components(&filled, case.scores.len());
            let pairs = found.scores.iter().flatten().zip(case.scores.iter().flatten());
            let off = pairs.map(|(found, expected)| (found - expected).abs()).fold(0.0, f64::max);
            assert!(off < 1e-5, "{}: off by {off}", case.name);
            for (found, expected) in found.explained.iter().zip(&case.explained) {
                assert!((found - expected).abs() < 1e-6, "{}: {found} instead of {expected}", case.name);
            }
        }
    }

    #[test]
    fn rows_that_do_not_differ_have_no_components() {
        let found = principal_components(&Filled::dense(&[1.0, 2.0, 1.0, 2.0, 1.0, 2.0], 2), 2);
        assert!(found.scores.iter().flatten().all(|score| score.abs() < 1e-9), "{found:?}");
    }
}
