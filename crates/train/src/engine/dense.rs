//! The dense engine: the plain definition in tensors with autograd, on any device. A batch of rows is written out in
//! full on the device, the whole matrix never.

use std::ptr;

use hourglass_data::Csr;
use hourglass_models::{self as models, Forward, Mode, Model};
use tch::{Device, Kind, Tensor};

use super::shown::{Shown, stored};
use crate::Task;
use crate::inputs::{HeldOut, Inputs, Target};
use crate::noise::Phase;
use crate::objective::{Cells, Fit, Observed, Outputs};

/// The network on some rows of what it is shown.
pub fn forward(
    task: &Task<'_>,
    model: &dyn Model,
    shown: &Inputs,
    rows: &[u32],
    phase: Phase,
    mode: &mut Mode<'_>,
) -> Forward {
    pass(model, &Shown::new(task, shown, rows, phase), mode)
}

/// The network on what it is shown.
pub fn pass(model: &dyn Model, shown: &Shown, mode: &mut Mode<'_>) -> Forward {
    let input = shown.input();
    // Where there is no first layer, penalties on slopes ask for those at the input itself.
    let input = if mode.trains() && model.encoder().is_none() { input.set_requires_grad(true) } else { input };
    models::forward(model, &input, &shown.batch, mode)
}

/// How far the outputs `[batch, outputs]` are from the ratings that these rows are asked for; in training, `shown` is what the
/// outputs were made of.
pub fn fit(task: &Task<'_>, outputs: &Tensor, asked: HeldOut<'_>, rows: &[u32], shown: Option<&Shown>) -> Fit {
    let entries = Entries::of(asked.ratings, rows);
    let mut observed = observed(gather(outputs, &entries), &entries);
    observed.corrupted = shown.and_then(|shown| Some(shown.corrupted.as_ref()?.shallow_clone()));
    let noisy = shown.filter(|_| task.target == Target::Noisy).map(|shown| &shown.ratings);
    if let Some(noisy) = noisy {
        observed.target = gather(noisy, &entries);
    }
    if task.objective.predicts_classes() {
        observed.classes = Some(Tensor::from_slice(&task.levels.classes(&entries.values)).to_device(task.device));
    }
    let cells = || {
        let target = noisy.map_or_else(|| stored(asked.ratings, rows, task.device), Tensor::shallow_clone);
        Cells { predicted: outputs.shallow_clone(), target, left_out: left_out(asked, rows) }
    };
    task.objective.fit(&Outputs { all: task.objective.needs_all_outputs().then(cells), observed })
}

/// 1 at the stored entries of some rows, 0 elsewhere: `[batch, columns]`.
pub(crate) fn observed_cells(matrix: &Csr, rows: &[u32], device: Device) -> Tensor {
    let positions = Tensor::from_slice(&Entries::of(matrix, rows).positions).to_device(device);
    let size = [rows.len() as i64, matrix.columns() as i64];
    Tensor::zeros([size[0] * size[1]], (Kind::Float, device)).index_fill_(0, &positions, 1.0).view(size)
}

/// The positions in the batch of what is shown and not asked for: neither a rating to be met nor an unobserved one.
fn left_out(asked: HeldOut<'_>, rows: &[u32]) -> Vec<i64> {
    if ptr::eq(&raw const asked.inputs.ratings, asked.ratings) {
        return Vec::new();
    }
    let [mut shown, asked] = [&asked.inputs.ratings, asked.ratings].map(|matrix| Entries::of(matrix, rows).positions);
    shown.retain(|position| asked.binary_search(position).is_err());
    shown
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
    /// Of the matrix.
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
        columns: entries.columns,
        corrupted: None,
    }
}
