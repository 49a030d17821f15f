//! A matrix without gaps that is never written out.

use crate::Csr;
use rayon::prelude::*;

/// A `[rows, columns]` matrix: the cell (r, c) is `offset[r]` plus what is stored there.
///
/// What is the same in all rows of a column, as the item's part of a fill, is left out: neither principal components nor
/// distances between rows depend on it.
#[derive(Debug, Clone)]
pub struct Filled {
    stored: Csr,
    offset: Vec<f64>,
}

impl Filled {
    /// Ratings `[rows, columns]`, with `row[r] + column[c]` where none is observed.
    pub fn new(ratings: &Csr, row: &[f32], column: Option<&[f32]>) -> Self {
        let column = |place: u32| column.map_or(0.0, |column| column[place as usize]);
        let above = |(r, c, value): (u32, u32, f32)| (r, c, value - row[r as usize] - column(c));
        let stored = Csr::from_entries(ratings.rows(), ratings.columns(), ratings.entries().map(above));
        Self { stored, offset: row.iter().copied().map(f64::from).collect() }
    }

    /// A matrix of which everything is known, as codes: `[rows × columns]`, row by row.
    pub fn dense(values: &[f32], columns: usize) -> Self {
        let rows = values.len() / columns;
        let entries = values.iter().enumerate();
        let entries = entries.map(|(place, &value)| ((place / columns) as u32, (place % columns) as u32, value));
        Self { stored: Csr::from_entries(rows, columns, entries), offset: vec![0.0; rows] }
    }

    /// Some of the rows, in this order.
    #[must_use]
    pub fn select(&self, rows: &[u32]) -> Self {
        let entries = (0..).zip(rows).flat_map(|(place, &row)| {
            self.stored.row(row as usize).iter().map(move |(column, value)| (place, column, value))
        });
        let stored = Csr::from_entries(rows.len(), self.columns(), entries);
        Self { stored, offset: rows.iter().map(|&row| self.offset[row as usize]).collect() }
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.stored.rows()
    }

    /// The number of columns.
    pub fn columns(&self) -> usize {
        self.stored.columns()
    }

    /// The matrix times a vector: from `[columns]` to `[rows]`.
    pub(super) fn times(&self, vector: &[f64]) -> Vec<f64> {
        let sum: f64 = vector.iter().sum();
        let row = |row: usize| {
            let stored = self.stored.row(row).iter().map(|(column, value)| f64::from(value) * vector[column as usize]);
            self.offset[row] * sum + stored.sum::<f64>()
        };
        (0..self.rows()).into_par_iter().map(row).collect()
    }

    /// The transposed matrix times a vector: from `[rows]` to `[columns]`.
    pub(super) fn transposed_times(&self, vector: &[f64]) -> Vec<f64> {
        let offset: f64 = self.offset.iter().zip(vector).map(|(offset, weight)| offset * weight).sum();
        let mut image = vec![offset; self.columns()];
        for (row, column, value) in self.stored.entries() {
            image[column as usize] += f64::from(value) * vector[row as usize];
        }
        image
    }

    /// The mean of each column `[columns]`.
    pub(super) fn means(&self) -> Vec<f64> {
        self.transposed_times(&vec![1.0 / self.rows().max(1) as f64; self.rows()])
    }

    /// The squared length of each row `[rows]`.
    pub(super) fn squares(&self) -> Vec<f64> {
        let row = |row: usize| {
            let offset = self.offset[row];
            let values = self.stored.row(row).values.iter().copied().map(f64::from);
            let beyond: f64 = values.map(|value| value * (value + 2.0 * offset)).sum();
            offset * offset * self.columns() as f64 + beyond
        };
        (0..self.rows()).map(row).collect()
    }

    /// Adds a row to a vector `[columns]`.
    pub(super) fn add_row(&self, row: usize, sum: &mut [f64]) {
        sum.iter_mut().for_each(|sum| *sum += self.offset[row]);
        self.stored.row(row).iter().for_each(|(column, value)| sum[column as usize] += f64::from(value));
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The matrix written out, row by row.
    pub(in crate::analysis) fn written(matrix: &Filled) -> Vec<Vec<f64>> {
        let row = |row| {
            let mut cells = vec![0.0; matrix.columns()];
            matrix.add_row(row, &mut cells);
            cells
        };
        (0..matrix.rows()).map(row).collect()
    }

    #[test]
    fn ratings_lie_over_the_fill_less_what_is_the_same_in_each_row() {
        let ratings = Csr::from_entries(2, 3, [(0, 0, 5.0), (0, 2, 1.0), (1, 1, 0.0)].into_iter());
        let filled = Filled::new(&ratings, &[3.0, 2.0], Some(&[0.5, 0.0, -0.5]));
        // [5 3 1], [2.5 0 1.5] less [0.5 0 -0.5].
        assert_eq!(written(&filled), [[4.5, 3.0, 1.5], [2.0, 0.0, 2.0]]);
        assert_eq!(filled.times(&[1.0, 2.0, 4.0]), [16.5, 10.0]);
        assert_eq!(filled.transposed_times(&[1.0, 2.0]), [8.5, 3.0, 5.5]);
        assert_eq!(filled.means(), [3.25, 1.5, 1.75]);
        assert_eq!(filled.squares(), [31.5, 8.0]);
        assert_eq!(written(&filled.select(&[1, 0, 1])), [[2.0, 0.0, 2.0], [4.5, 3.0, 1.5], [2.0, 0.0, 2.0]]);
    }

    #[test]
    fn a_dense_matrix_is_what_it_was() {
        let filled = Filled::dense(&[1.0, 2.0, 3.0, 0.0, 5.0, 6.0], 3);
        assert_eq!(written(&filled), [[1.0, 2.0, 3.0], [0.0, 5.0, 6.0]]);
    }
}
