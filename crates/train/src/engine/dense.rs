//! The dense engine: the plain definition in tensors with autograd, on any device. A batch of rows is written out in
//! full on the device, the whole matrix never.

use hourglass_data::Csr;
use hourglass_models::{Mode, Model};
use rayon::prelude::*;
use tch::{Device, Kind, Tensor};

use crate::inputs::Inputs;
use crate::noise::{Noise, Phase};
use crate::objective::Observed;

/// The network's outputs for all columns: from `[batch, inputs]` to `[batch, outputs]`.
pub fn forward(model: &dyn Model, x: &Tensor, mode: Mode<'_>) -> Tensor {
    let first = model.encoder().encode(x);
    let last = model.body(&first, mode);
    model.output_activation().apply(&model.decoder().decode(&last))
}

/// The input of a batch, `[batch, inputs]`: ratings over fill, corrupted, then side information.
pub fn densify(inputs: &Inputs, rows: &[u32], noise: &Noise<'_>, phase: Phase, device: Device) -> Tensor {
    let ratings = if noise.applies(phase) {
        corrupted_ratings(inputs, rows, noise, phase).to_device(device)
    } else {
        clean_ratings(inputs, rows, device)
    };
    match &inputs.side {
        None => ratings,
        Some(side) => {
            let empty = Tensor::zeros([rows.len() as i64, side.columns() as i64], (Kind::Float, device));
            Tensor::cat(&[ratings, scatter(empty, &Entries::of(side, rows), device)], 1)
        }
    }
}

/// Fill and ratings, put together on the device: only the observed entries travel.
fn clean_ratings(inputs: &Inputs, rows: &[u32], device: Device) -> Tensor {
    let size = [rows.len() as i64, inputs.ratings.columns() as i64];
    let row_fill: Vec<f32> = rows.iter().map(|&row| inputs.fill.row[row as usize]).collect();
    let row_fill = Tensor::from_slice(&row_fill).to_device(device).view([-1, 1]).expand(size, false);
    let filled = match &inputs.fill.column {
        Some(column) => row_fill + Tensor::from_slice(column).to_device(device),
        None => row_fill.contiguous(),
    };
    scatter(filled, &Entries::of(&inputs.ratings, rows), device)
}

/// The same rows written on the host, where the noise is drawn: one row a thread, each from its own stream.
fn corrupted_ratings(inputs: &Inputs, rows: &[u32], noise: &Noise<'_>, phase: Phase) -> Tensor {
    let columns = inputs.ratings.columns();
    let mut cells = vec![0f32; rows.len() * columns];
    cells.par_chunks_mut(columns).zip(rows).for_each(|(cells, &row)| {
        inputs.write_row(row as usize, cells);
        noise.corrupt_row(inputs, row as usize, phase, cells);
    });
    Tensor::from_slice(&cells).view([rows.len() as i64, columns as i64])
}

fn scatter(matrix: Tensor, entries: &Entries, device: Device) -> Tensor {
    let positions = Tensor::from_slice(&entries.positions).to_device(device);
    let values = Tensor::from_slice(&entries.values).to_device(device);
    matrix.view(-1).index_copy_(0, &positions, &values).view_as(&matrix)
}

/// The outputs at a batch's stored entries, row by row: from `[batch, outputs]` to `[entries]`.
pub fn gather(outputs: &Tensor, entries: &Entries) -> Tensor {
    outputs.reshape(-1).index_select(0, &Tensor::from_slice(&entries.positions).to_device(outputs.device()))
}

/// The stored entries of some rows of a sparse matrix, placed in the dense matrix of just these rows.
pub struct Entries {
    /// `row in the batch · columns + column` `[entries]`.
    pub positions: Vec<i64>,
    /// `[entries]`.
    pub values: Vec<f32>,
    /// `[batch]`.
    pub row_lengths: Vec<usize>,
}

impl Entries {
    /// Of these rows, in this order.
    pub fn of(matrix: &Csr, rows: &[u32]) -> Self {
        let row = |&row: &u32| matrix.row(row as usize);
        let count = rows.iter().map(|r| row(r).columns.len()).sum();
        let (mut positions, mut values) = (Vec::with_capacity(count), Vec::with_capacity(count));
        for (place, r) in rows.iter().enumerate() {
            let start = place * matrix.columns();
            positions.extend(row(r).columns.iter().map(|&column| (start + column as usize) as i64));
            values.extend_from_slice(row(r).values);
        }
        Self { positions, values, row_lengths: rows.iter().map(|r| row(r).columns.len()).collect() }
    }
}

/// Predictions with their targets and weights, ready for an objective.
pub fn observed(predicted: Tensor, entries: &Entries) -> Observed {
    let device = predicted.device();
    let rows = entries.row_lengths.iter().filter(|&&length| length > 0).count();
    let weight: Vec<f32> = entries
        .row_lengths
        .iter()
        .flat_map(|&length| std::iter::repeat_n((1.0 / (length as f64 * rows as f64)) as f32, length))
        .collect();
    Observed {
        predicted,
        target: Tensor::from_slice(&entries.values).to_device(device),
        weight: Tensor::from_slice(&weight).to_device(device),
    }
}
