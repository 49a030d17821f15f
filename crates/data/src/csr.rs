//! A sparse matrix of ratings in compressed rows.

use crate::array::Array;

/// A sparse `[rows, columns]` matrix in compressed sparse rows.
///
/// An entry that is absent is unobserved; an entry that is stored is observed, also when its value is 0.
/// The columns of a row ascend.
#[derive(Debug, Clone, PartialEq)]
pub struct Csr {
    /// Where each row starts in `columns` and `values`, and at last where the last one ends: `[rows + 1]`.
    starts: Array<u64>,
    columns: Array<u32>,
    values: Array<f32>,
    width: usize,
}

/// The observed entries of one row of a [`Csr`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row<'a> {
    /// The columns, ascending: `[entries]`.
    pub columns: &'a [u32],
    /// The value at each of the columns: `[entries]`.
    pub values: &'a [f32],
}

impl Csr {
    /// A `[rows, columns]` matrix of `(row, column, value)` entries that come in any order, each place at most once.
    ///
    /// # Panics
    ///
    /// If an entry lies outside the matrix.
    pub fn from_entries(rows: usize, columns: usize, entries: impl Iterator<Item = (u32, u32, f32)> + Clone) -> Self {
        let mut starts = vec![0_u64; rows + 1];
        for (row, ..) in entries.clone() {
            starts[row as usize + 1] += 1;
        }
        for row in 0..rows {
            starts[row + 1] += starts[row];
        }
        let mut free = starts.clone();
        let mut sorted = vec![(0, 0.0); starts[rows] as usize];
        for (row, column, value) in entries {
            assert!((column as usize) < columns, "column {column} of a matrix with {columns} columns");
            sorted[free[row as usize] as usize] = (column, value);
            free[row as usize] += 1;
        }
        for row in starts.windows(2) {
            let row = &mut sorted[row[0] as usize..row[1] as usize];
            if !row.is_sorted_by_key(|&(column, _)| column) {
                row.sort_by_key(|&(column, _)| column);
            }
        }
        let (indices, values): (Vec<u32>, Vec<f32>) = sorted.into_iter().unzip();
        Self { starts: starts.into(), columns: indices.into(), values: values.into(), width: columns }
    }

    /// A `[rows, columns]` matrix without entries.
    pub fn empty(rows: usize, columns: usize) -> Self {
        Self::from_entries(rows, columns, std::iter::empty())
    }

    /// A matrix of the arrays that [`arrays`](Self::arrays) gives; `None` where they are not those of a matrix.
    pub(crate) fn from_arrays(
        starts: Array<u64>,
        columns: Array<u32>,
        values: Array<f32>,
        width: usize,
    ) -> Option<Self> {
        let whole = starts.first() == Some(&0) && starts.last() == Some(&(columns.len() as u64));
        let valid = whole && starts.is_sorted() && columns.len() == values.len();
        (valid && columns.iter().all(|&column| (column as usize) < width)).then_some(Self {
            starts,
            columns,
            values,
            width,
        })
    }

    /// Where each row starts `[rows + 1]`, and the columns and values of all rows `[entries]`.
    pub(crate) fn arrays(&self) -> (&[u64], &[u32], &[f32]) {
        (&self.starts, &self.columns, &self.values)
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.starts.len() - 1
    }

    /// The number of columns.
    pub fn columns(&self) -> usize {
        self.width
    }

    /// The number of observed entries.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether nothing is observed.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The observed entries of row `index`.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    pub fn row(&self, index: usize) -> Row<'_> {
        let entries = self.starts[index] as usize..self.starts[index + 1] as usize;
        Row { columns: &self.columns[entries.clone()], values: &self.values[entries] }
    }

    /// All observed `(row, column, value)` entries, row by row.
    pub fn entries(&self) -> impl Iterator<Item = (u32, u32, f32)> + Clone + '_ {
        (0..self.rows()).flat_map(|row| self.row(row).iter().map(move |(column, value)| (row as u32, column, value)))
    }

    /// The `[columns, rows]` matrix with the same entries.
    pub fn transpose(&self) -> Self {
        let entries = self.entries().map(|(row, column, value)| (column, row, value));
        Self::from_entries(self.columns(), self.rows(), entries)
    }

    /// The mean of the observed values; `None` where there are none.
    pub fn mean(&self) -> Option<f64> {
        mean(&self.values)
    }

    /// Whether the entries of both are the same bytes, as those of a mapped file and of its copies are.
    pub fn shares_memory(&self, other: &Self) -> bool {
        self.values.as_ptr() == other.values.as_ptr() && self.len() == other.len()
    }

    /// The memory that the entries take, in bytes.
    pub fn heap_bytes(&self) -> usize {
        size_of_val(&self.starts[..]) + size_of_val(&self.columns[..]) + size_of_val(&self.values[..])
    }
}

impl<'a> Row<'a> {
    /// The number of observed entries.
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// Whether nothing is observed.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// The `(column, value)` entries.
    pub fn iter(self) -> impl Iterator<Item = (u32, f32)> + Clone + use<'a> {
        self.columns.iter().copied().zip(self.values.iter().copied())
    }

    /// The mean of the observed values; `None` where there are none.
    pub fn mean(&self) -> Option<f64> {
        mean(self.values)
    }
}

fn mean(values: &[f32]) -> Option<f64> {
    // In f64: a million ratings summed in f32 are off in the third digit.
    let sum: f64 = values.iter().map(|&value| f64::from(value)).sum();
    (!values.is_empty()).then(|| sum / values.len() as f64)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::collection::btree_map;
    use proptest::prelude::*;

    /// Any matrix of at most 12 × 9 with values on a half-star scale, 0 among them.
    pub(crate) fn matrices() -> impl Strategy<Value = Csr> {
        (1_u32..12, 1_u32..9).prop_flat_map(|(rows, columns)| {
            btree_map((0..rows, 0..columns), (0_u8..=10).prop_map(|half| f32::from(half) / 2.0), 0..60).prop_map(
                move |entries| {
                    let entries = entries.iter().map(|(&(row, column), &value)| (row, column, value));
                    Csr::from_entries(rows as usize, columns as usize, entries)
                },
            )
        })
    }

    #[test]
    fn entries_in_any_order_become_rows_with_ascending_columns() {
        let matrix = Csr::from_entries(3, 4, [(2, 3, 1.0), (0, 2, 0.0), (2, 0, 4.0)].into_iter());
        assert_eq!((matrix.rows(), matrix.columns(), matrix.len()), (3, 4, 3));
        assert_eq!(matrix.row(0), Row { columns: &[2], values: &[0.0] });
        assert_eq!(matrix.row(1), Row { columns: &[], values: &[] });
        assert_eq!(matrix.row(2), Row { columns: &[0, 3], values: &[4.0, 1.0] });
        assert_eq!(matrix.heap_bytes(), 4 * 8 + 3 * 4 + 3 * 4);
    }

    #[test]
    fn the_mean_counts_a_stored_zero_and_is_absent_without_entries() {
        assert_eq!(Csr::from_entries(1, 3, [(0, 0, 0.0), (0, 2, 3.0)].into_iter()).mean(), Some(1.5));
        assert_eq!(Csr::from_entries(2, 2, [].into_iter()).mean(), None);
    }

    proptest! {
        #[test]
        fn transposing_twice_changes_nothing(matrix in matrices()) {
            prop_assert_eq!(matrix.transpose().transpose(), matrix);
        }

        #[test]
        fn a_transpose_has_the_same_entries(matrix in matrices()) {
            let transpose = matrix.transpose();
            prop_assert_eq!((transpose.rows(), transpose.columns()), (matrix.columns(), matrix.rows()));
            for (row, column, value) in matrix.entries() {
                prop_assert!(transpose.row(column as usize).iter().any(|entry| entry == (row, value)));
            }
        }
    }
}
