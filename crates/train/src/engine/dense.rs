//! The dense engine: the plain definition in tensors with autograd, on any device. A batch of rows is written out in
//! full on the device, the whole matrix never.

use hourglass_data::Csr;
use hourglass_models::{self as models, Batch, Forward, Mode, Model};
use rayon::prelude::*;
use tch::{Device, Kind, Tensor};

use super::classes;
use crate::Task;
use crate::inputs::Inputs;
use crate::noise::{Noise, Phase};
use crate::objective::{Fit, Observed, Outputs};

/// The network on some rows of what it is shown.
pub fn forward(
    task: &Task<'_>,
    model: &dyn Model,
    shown: &Inputs,
    rows: &[u32],
    phase: Phase,
    mode: &mut Mode<'_>,
) -> Forward {
    let batch = batch(shown, rows, task.device);
    let x = match task.model.reads_classes() {
        true => classes::densify(task, shown, rows, batch.side.as_ref(), phase),
        false => densify(shown, rows, &batch, &task.noise(), phase, task.device),
    };
    models::forward(model, &x, &batch, mode)
}

/// How far the outputs `[batch, outputs]` are from the stored entries of these rows.
pub fn fit(task: &Task<'_>, outputs: &Tensor, ratings: &Csr, rows: &[u32]) -> Fit {
    let entries = Entries::of(ratings, rows);
    let all = task.objective.needs_all_outputs().then_some(outputs);
    let mut observed = observed(gather(outputs, &entries), &entries);
    if task.objective.predicts_classes() {
        observed.classes = Some(Tensor::from_slice(&task.levels.classes(&entries.values)).to_device(task.device));
    }
    task.objective.fit(&Outputs { all, observed })
}

/// What a network may know of these rows besides their ratings.
pub fn batch(inputs: &Inputs, rows: &[u32], device: Device) -> Batch {
    let numbers: Vec<i64> = rows.iter().map(|&row| i64::from(row)).collect();
    let side = inputs.side.as_ref().map(|side| {
        let empty = Tensor::zeros([rows.len() as i64, side.columns() as i64], (Kind::Float, device));
        scatter(empty, &Entries::of(side, rows), device)
    });
    Batch { rows: Tensor::from_slice(&numbers).to_device(device), side }
}

/// The input of a batch, `[batch, inputs]`: ratings over fill, corrupted, then side information.
pub fn densify(
    inputs: &Inputs,
    rows: &[u32],
    batch: &Batch,
    noise: &Noise<'_>,
    phase: Phase,
    device: Device,
) -> Tensor {
    let ratings = if noise.applies(phase) {
        corrupted_ratings(inputs, rows, noise, phase).to_device(device)
    } else {
        clean_ratings(inputs, rows, device)
    };
    match &batch.side {
        None => ratings,
        Some(side) => Tensor::cat(&[&ratings, side], 1),
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

/// 1 at the stored entries of some rows, 0 elsewhere: `[batch, columns]`.
pub(crate) fn observed_cells(matrix: &Csr, rows: &[u32], device: Device) -> Tensor {
    let positions = Tensor::from_slice(&Entries::of(matrix, rows).positions).to_device(device);
    let size = [rows.len() as i64, matrix.columns() as i64];
    Tensor::zeros([size[0] * size[1]], (Kind::Float, device)).index_fill_(0, &positions, 1.0).view(size)
}

fn scatter(matrix: Tensor, entries: &Entries, device: Device) -> Tensor {
    let positions = Tensor::from_slice(&entries.positions).to_device(device);
    let values = Tensor::from_slice(&entries.values).to_device(device);
    matrix.view(-1).index_copy_(0, &positions, &values).view_as(&matrix)
}

/// The outputs at a batch's stored entries, row by row: from `[batch, columns]` to `[entries]`, or, where a column has several
/// outputs, from `[batch, columns · levels]` to `[entries, levels]`.
pub fn gather(outputs: &Tensor, entries: &Entries) -> Tensor {
    let positions = Tensor::from_slice(&entries.positions).to_device(outputs.device());
    match outputs.size()[1] / entries.columns as i64 {
        1 => outputs.reshape(-1).index_select(0, &positions),
        levels => outputs.reshape([-1, levels]).index_select(0, &positions),
    }
}

/// The stored entries of some rows of a sparse matrix, placed in the dense matrix of just these rows.
pub struct Entries {
    /// `row in the batch · columns + column` `[entries]`.
    pub positions: Vec<i64>,
    /// `[entries]`.
    pub values: Vec<f32>,
    /// `[batch]`.
    pub row_lengths: Vec<usize>,
    /// Of the dense matrix.
    pub columns: usize,
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
        let row_lengths = rows.iter().map(|r| row(r).columns.len()).collect();
        Self { positions, values, row_lengths, columns: matrix.columns() }
    }
}

/// Predictions with their targets, ready for an objective.
pub fn observed(predicted: Tensor, entries: &Entries) -> Observed {
    let device = predicted.device();
    let spread = |of_row: &dyn Fn(usize, usize) -> f32| -> Vec<f32> {
        let rows = entries.row_lengths.iter().enumerate();
        rows.flat_map(|(row, &length)| std::iter::repeat_n(of_row(row, length), length)).collect()
    };
    Observed {
        predicted,
        target: Tensor::from_slice(&entries.values).to_device(device),
        row: Tensor::from_slice(&spread(&|row, _| row as f32)).to_kind(Kind::Int64).to_device(device),
        share: Tensor::from_slice(&spread(&|_, length| 1.0 / length as f32)).to_device(device),
        rows: entries.row_lengths.iter().filter(|&&length| length > 0).count(),
        classes: None,
    }
}
