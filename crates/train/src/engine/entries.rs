//! The stored entries of some rows, on a device.

use hourglass_data::Csr;
use hourglass_models::upload;
use tch::{Device, Kind, Tensor};

use crate::Levels;
use crate::objective::Observed;

/// The stored entries of some rows of a sparse matrix, row by row, placed in the dense matrix of just these rows.
#[derive(Debug)]
pub struct Entries {
    /// `row in the batch · columns + column`, as 64-bit integers `[entries]`.
    pub positions: Tensor,
    /// `[entries]`.
    pub values: Tensor,
    /// Their classes as 64-bit integers `[entries]`, where ratings are taken for classes.
    pub classes: Option<Tensor>,
    /// How many entries each row has `[batch]`.
    pub row_lengths: Vec<usize>,
    /// 1 / (number of entries in the entry's row) `[entries]`, where that has been computed.
    pub(super) shares: Option<Tensor>,
    /// Of the matrix.
    pub columns: usize,
}

impl Entries {
    /// Of these rows, in this order, on the host.
    pub fn of(matrix: &Csr, rows: &[u32]) -> Self {
        Self::on(Device::Cpu, matrix, rows, None)
    }

    /// The same on any device, and where levels are given with the classes.
    pub fn on(device: Device, matrix: &Csr, rows: &[u32], levels: Option<&Levels>) -> Self {
        let row = |&row: &u32| matrix.row(row as usize);
        let count = rows.iter().map(|r| row(r).len()).sum();
        let (mut positions, mut values) = (Vec::with_capacity(count), Vec::with_capacity(count));
        for (place, r) in rows.iter().enumerate() {
            let start = place * matrix.columns();
            positions.extend(row(r).columns.iter().map(|&column| (start + column as usize) as i64));
            values.extend_from_slice(row(r).values);
        }
        Self {
            positions: upload(&positions, device),
            classes: levels.map(|levels| upload(&levels.classes(&values), device)),
            values: upload(&values, device),
            row_lengths: rows.iter().map(|r| row(r).len()).collect(),
            shares: None,
            columns: matrix.columns(),
        }
    }

    /// 1 / (number of entries in the entry's row) `[entries]`.
    fn shares(&self) -> Tensor {
        let spread = |&length: &usize| std::iter::repeat_n(1.0 / length as f32, length);
        let spread = || self.row_lengths.iter().flat_map(spread).collect::<Vec<f32>>();
        self.shares.as_ref().map_or_else(|| upload(&spread(), self.values.device()), Tensor::shallow_clone)
    }

    /// Rows of the batch.
    pub(super) fn rows(&self) -> i64 {
        self.row_lengths.len() as i64
    }

    /// Zeros with these numbers at the entries' places `[batch, columns]`.
    pub(super) fn among_zeros(&self, values: &Tensor) -> Tensor {
        let zeros = Tensor::zeros([self.rows(), self.columns as i64], (Kind::Float, values.device()));
        self.written(zeros, values)
    }

    /// A matrix `[batch, columns]` with these numbers at the entries' places.
    pub(super) fn written(&self, matrix: Tensor, values: &Tensor) -> Tensor {
        matrix.view(-1).index_copy_(0, &self.positions, values).view_as(&matrix)
    }

    /// 1 at the entries' places, 0 elsewhere `[batch, columns]`.
    pub(crate) fn marks(&self) -> Tensor {
        let size = [self.rows(), self.columns as i64];
        let mut cells = Tensor::zeros([size[0] * size[1]], (Kind::Float, self.values.device()));
        cells.index_fill_(0, &self.positions, 1.0).view(size)
    }
}

/// The outputs at a batch's stored entries, row by row: from `[batch, columns]` to `[entries]`, or, where a column has several
/// outputs, from `[batch, columns · levels]` to `[entries, levels]`.
pub fn gather(outputs: &Tensor, entries: &Entries) -> Tensor {
    match outputs.size()[1] / entries.columns as i64 {
        1 => outputs.reshape(-1).index_select(0, &entries.positions),
        levels => outputs.reshape([-1, levels]).index_select(0, &entries.positions),
    }
}

/// Predictions with their targets, ready for an objective.
pub fn observed(predicted: Tensor, entries: &Entries) -> Observed {
    Observed {
        predicted,
        target: entries.values.shallow_clone(),
        share: entries.shares(),
        rows: entries.row_lengths.iter().filter(|&&length| length > 0).count(),
        classes: entries.classes.as_ref().map(Tensor::shallow_clone),
        columns: entries.columns,
        corrupted: None,
    }
}
