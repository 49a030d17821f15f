//! The gradient of rows of weights, as what it is summed up of when the row is [changed](super::matrix).

use tch::Tensor;

use crate::engine::sparse::batch::entries::Columns;
use crate::engine::sparse::batch::input::Fill;
use crate::engine::sparse::kernel::aligned::AlignedRows;
use crate::engine::sparse::kernel::vector::Vector;
use crate::engine::sparse::loss::all_columns::Everywhere;

/// A difference of two numbers that is smaller than this share of them says nothing in single precision.
const ROUNDING: f32 = 1e-6;

/// The gradients of the rows of a matrix in a step.
pub(crate) struct Gradients<'a> {
    pub(crate) at_entries: Vec<GradientAtEntries<'a>>,
    /// From layers that say something to each row.
    pub(crate) everywhere: Vec<Everywhere>,
}

impl Gradients<'_> {
    /// What layers say to each of so many rows from this one on.
    pub(crate) fn narrow_everywhere(&self, first: usize, count: usize) -> Vec<Everywhere> {
        self.everywhere.iter().map(|everywhere| everywhere.narrow(first, count)).collect()
    }
}

/// The gradients of rows with these weights, from each of the layers that say something to all of them `[rows, width]`.
pub(crate) fn products(everywhere: &[Everywhere], weights: &[f32]) -> Vec<Tensor> {
    everywhere.iter().map(|everywhere| everywhere.gradient(weights)).collect()
}

/// The part of them from the entries of a layer that they are the weights of: the sum over a column's entries of `factor · vector of the entry's
/// row`.
pub(crate) struct GradientAtEntries<'a> {
    pub(crate) columns: &'a Columns,
    /// In the order of `columns` `[entries]`.
    pub(crate) factors: Vec<f32>,
    /// `[batch, width]`.
    pub(crate) vectors: AlignedRows,
    /// What comes besides from a fill.
    pub(crate) fill: Option<GradientOfFill<'a>>,
}

/// With a fill, each column of ratings has the gradient `Σ_r row[r] · vector_r + column[c] Σ_r factor[r] · vector_r`.
pub(crate) struct GradientOfFill<'a> {
    fill: &'a Fill<'a>,
    /// Both sums, one after the other `[2, width]`.
    sums: Vec<f32>,
}

impl<'a> GradientOfFill<'a> {
    /// For vectors `[batch, width]`.
    pub(crate) fn of(vector: Vector, fill: &'a Fill<'a>, vectors: &[f32]) -> Self {
        let batch = fill.row.len();
        let (width, rows) = (vectors.len() / batch, (0..batch as u32).collect::<Vec<_>>());
        let mut sums = vec![0.0; 2 * width];
        for (sum, factors) in sums.chunks_mut(width).zip([&fill.row, &fill.factor]) {
            vector.add_rows(sum, vectors, width, &rows, factors);
        }
        Self { fill, sums }
    }
}

impl GradientAtEntries<'_> {
    /// Adds the gradient of a row of weights.
    pub(crate) fn add(&self, vector: Vector, row: usize, gradient: &mut [f32]) {
        if row >= self.columns.len() {
            return;
        }
        let (vectors, stride, places) = (self.vectors.rows(), self.vectors.stride, self.columns.column(row));
        let (rows, factors) = (&self.columns.rows[places.clone()], &self.factors[places]);
        let Some(GradientOfFill { fill, sums }) = self.fill.as_ref().filter(|of_fill| row < of_fill.fill.columns)
        else {
            return vector.add_rows(gradient, vectors, stride, rows, factors);
        };
        let column = fill.column.map_or(0.0, |column| column[row]);
        if rows.len() == fill.row.len() {
            // No row shows its fill here. Put in and taken out again, it would leave a rounding error where the inputs are 0, and
            // optimizers that divide a gradient by its size would make a whole step of that.
            let inputs = rows.iter().zip(factors).map(|(&r, factor)| factor + fill.at(r as usize, row as u32));
            return vector.add_rows(gradient, vectors, stride, rows, &inputs.collect::<Vec<_>>());
        }
        let width = gradient.len();
        vector.add_rows(gradient, sums, width, &[0, 1], &[1.0, column]);
        vector.add_rows(gradient, vectors, stride, rows, factors);
        // The same for single units: where dropout leaves but rows whose input is 0.
        vector.drop_rounding(gradient, ROUNDING, sums, column);
    }
}
