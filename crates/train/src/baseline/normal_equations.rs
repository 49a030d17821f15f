//! Small least squares, one for each user or item: `(Σ w v vᵀ + M) x = Σ w y v`.

use hourglass_data::{Csr, Row};
use rayon::prelude::*;

use super::Array;

/// The equations of one user or item, in double precision; the upper triangle alone is used.
#[derive(Clone)]
pub(super) struct NormalEquations {
    /// `[size × size]`, row by row.
    matrix: Vec<f64>,
    /// `[size]`.
    right: Vec<f64>,
}

impl NormalEquations {
    /// For vectors of this length.
    pub(super) fn new(size: usize) -> Self {
        Self { matrix: vec![0.0; size * size], right: vec![0.0; size] }
    }

    /// Begins again with this matrix `[size × size]` times a factor, and this on the diagonal besides.
    pub(super) fn begin(&mut self, matrix: Option<(&[f64], f64)>, diagonal: f64) {
        match matrix {
            Some((matrix, factor)) => {
                self.matrix.iter_mut().zip(matrix).for_each(|(cell, start)| *cell = factor * start);
            }
            None => self.matrix.fill(0.0),
        }
        self.right.fill(0.0);
        let size = self.right.len();
        (0..size).for_each(|place| self.matrix[place * size + place] += diagonal);
    }

    /// A vector whose product with the solution should be this value, as important as its weight.
    pub(super) fn add(&mut self, vector: &[f32], value: f64, weight: f64) {
        let size = self.right.len();
        for (place, &left) in vector.iter().enumerate() {
            let left = weight * f64::from(left);
            self.right[place] += left * value;
            let row = &mut self.matrix[place * size + place..(place + 1) * size];
            row.iter_mut().zip(&vector[place..]).for_each(|(cell, &right)| *cell += left * f64::from(right));
        }
    }

    /// Solves them by Cholesky's method, in place; zeros where the matrix is not positive definite.
    pub(super) fn solve(&mut self) -> &[f64] {
        let size = self.right.len();
        for place in 0..size {
            let (above, below) = self.matrix.split_at_mut((place + 1) * size);
            let pivot_row = &mut above[place * size..];
            let pivot = pivot_row[place];
            if pivot <= 0.0 {
                self.right.fill(0.0);
                return &self.right;
            }
            let root = pivot.sqrt();
            pivot_row[place..].iter_mut().for_each(|cell| *cell /= root);
            self.right[place] /= root;
            let solved = self.right[place];
            for (offset, row) in below.chunks_mut(size).enumerate() {
                let other = place + 1 + offset;
                let factor = pivot_row[other];
                row[other..].iter_mut().zip(&pivot_row[other..]).for_each(|(cell, above)| *cell -= factor * above);
                self.right[other] -= factor * solved;
            }
        }
        for place in (0..size).rev() {
            let row = &self.matrix[place * size..(place + 1) * size];
            let known: f64 = row[place + 1..].iter().zip(&self.right[place + 1..]).map(|(a, b)| a * b).sum();
            self.right[place] = (self.right[place] - known) / row[place];
        }
        &self.right
    }
}

/// `Σ v vᵀ` over the rows of an array, in double precision `[width × width]`, the upper triangle.
pub(super) fn squares(array: &Array) -> Vec<f64> {
    let width = array.width();
    let mut sum = NormalEquations::new(width);
    array.values.chunks(width).for_each(|row| sum.add(row, 0.0, 1.0));
    sum.matrix
}

/// A solution for each row of ratings `[rows, width]`, each by one thread.
pub(super) fn solve_rows(
    name: &'static str,
    width: usize,
    ratings: &Csr,
    solve: impl Fn(Row<'_>, &mut NormalEquations, &mut [f32]) + Sync,
) -> Array {
    let mut solutions = Array::zeros(name, &[ratings.rows(), width]);
    let rows = solutions.values.par_chunks_mut(width).enumerate();
    rows.for_each_init(
        || NormalEquations::new(width),
        |equations, (row, solution)| solve(ratings.row(row), equations, solution),
    );
    solutions
}

/// Multiplications and additions of all equations of so many vectors, from so many entries.
pub(super) fn operations(size: usize, vectors: usize, entries: usize) -> f64 {
    /// How much longer one takes, in double precision and on triangles, than in a sum over rows of weights: measured on
    /// MovieLens-1M.
    const DOUBLE: f64 = 5.5;
    let size = size as f64;
    DOUBLE * (size * size * entries as f64 + size.powi(3) / 3.0 * vectors as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_by_hand() {
        // x + 2y = 5 with weight 1, 3x − y = 1 with weight 2, no penalty: x = 1, y = 2.
        let mut equations = NormalEquations::new(2);
        for _ in 0..2 {
            equations.begin(None, 0.0);
            equations.add(&[1.0, 2.0], 5.0, 1.0);
            equations.add(&[3.0, -1.0], 1.0, 2.0);
            let found = equations.solve();
            assert!((found[0] - 1.0).abs() < 1e-12 && (found[1] - 2.0).abs() < 1e-12, "{found:?}");
        }
        // One equation alone with a penalty: (vvᵀ + I) x = 5 v has x = 5 v / (1 + |v|²).
        equations.begin(Some((&[2.0, 0.0, 0.0, 2.0], 0.5)), 0.0);
        equations.add(&[1.0, 2.0], 5.0, 1.0);
        let found = equations.solve();
        assert!((found[0] - 5.0 / 6.0).abs() < 1e-12 && (found[1] - 5.0 / 3.0).abs() < 1e-12, "{found:?}");
        equations.begin(None, 0.0);
        assert_eq!(equations.solve(), [0.0, 0.0]);
    }
}
