//! What the network is shown of some rows: ratings over fill, corrupted, then side information.

use hourglass_data::{Csr, Texts};
use hourglass_models::Batch;
use rayon::prelude::*;
use tch::{Device, Kind, Tensor};

use super::classes;
use super::dense::Entries;
use crate::Task;
use crate::inputs::{Inputs, RowScale};
use crate::noise::{Noise, Phase};

/// A batch as the network sees it.
#[derive(Debug)]
pub struct Shown {
    /// Ratings over fill, scaled and corrupted `[batch, columns]`; for a network that reads classes, their cells
    /// `[batch, columns · levels]`.
    pub ratings: Tensor,
    /// 1 at the observed entries that noise has corrupted, 0 at the others `[entries]`; absent where there was no noise.
    pub corrupted: Option<Tensor>,
    /// What is known besides.
    pub batch: Batch,
}

impl Shown {
    /// These rows in this phase.
    pub fn new(task: &Task<'_>, inputs: &Inputs, rows: &[u32], phase: Phase) -> Self {
        let (noise, device) = (task.noise(), task.device);
        let (ratings, corrupted) = if task.model.reads_classes() {
            (classes::cells(task, inputs, rows, phase), None)
        } else if noise.applies(phase) {
            let (ratings, corrupted) = corrupted_ratings(inputs, rows, &noise, phase);
            (ratings.to_device(device), Some(corrupted.to_device(device)))
        } else {
            (clean_ratings(inputs, rows, device), None)
        };
        Self { ratings, corrupted, batch: batch(inputs, rows, device) }
    }

    /// These rows without noise, whatever the task says.
    pub(crate) fn clean(inputs: &Inputs, rows: &[u32], device: Device) -> Self {
        Self { ratings: clean_ratings(inputs, rows, device), corrupted: None, batch: batch(inputs, rows, device) }
    }

    /// Numbers of the same rows in place of ratings `[batch, columns]`.
    pub(crate) fn again(task: &Task<'_>, numbers: &Tensor, rows: &[u32]) -> Self {
        let batch = batch(task.inputs, rows, task.device);
        Self { ratings: numbers.shallow_clone(), corrupted: None, batch }
    }

    /// The network's input `[batch, inputs]`.
    pub fn input(&self) -> Tensor {
        beside(&self.ratings, self.batch.side.as_ref())
    }
}

/// Side information to the right of the ratings' cells.
pub(crate) fn beside(cells: &Tensor, side: Option<&Tensor>) -> Tensor {
    side.map_or_else(|| cells.shallow_clone(), |side| Tensor::cat(&[cells, side], 1))
}

/// What a network may know of these rows besides their ratings.
pub(crate) fn batch(inputs: &Inputs, rows: &[u32], device: Device) -> Batch {
    let numbers: Vec<i64> = rows.iter().map(|&row| i64::from(row)).collect();
    let side = inputs.side.as_ref().map(|side| stored(side, rows, device));
    let groups = inputs.groups.as_ref().map(|groups| {
        let of_rows: Vec<i64> = rows.iter().map(|&row| i64::from(groups.of_row[row as usize])).collect();
        Tensor::from_slice(&of_rows).to_device(device)
    });
    let text = inputs.texts.as_ref().map(|texts| tokens(texts, rows).to_device(device));
    Batch { rows: Tensor::from_slice(&numbers).to_device(device), side, groups, text }
}

/// The numbers of the tokens of these rows' texts `[batch, length]`.
fn tokens(texts: &Texts, rows: &[u32]) -> Tensor {
    let numbers: Vec<i64> =
        rows.iter().flat_map(|&row| texts.row(row as usize)).map(|&number| i64::from(number)).collect();
    Tensor::from_slice(&numbers).view([rows.len() as i64, texts.length as i64])
}

/// Fill and ratings, put together on the device: only the observed entries travel.
fn clean_ratings(inputs: &Inputs, rows: &[u32], device: Device) -> Tensor {
    let size = [rows.len() as i64, inputs.ratings.columns() as i64];
    let of_rows = |of_row: &dyn Fn(usize) -> f32| {
        let values: Vec<f32> = rows.iter().map(|&row| of_row(row as usize)).collect();
        Tensor::from_slice(&values).to_device(device).view([-1, 1])
    };
    let row_fill = of_rows(&|row| inputs.fill.row[row]).expand(size, false);
    let filled = match &inputs.fill.column {
        Some(column) => row_fill + Tensor::from_slice(column).to_device(device),
        None => row_fill.contiguous(),
    };
    let ratings = scatter(filled, &Entries::of(&inputs.ratings, rows), device);
    match inputs.scale {
        RowScale::None => ratings,
        RowScale::UnitNorm => ratings * of_rows(&|row| inputs.factor(row)),
    }
}

/// The same rows written on the host, where the noise is drawn: one row a thread, each from its own stream. And which of the
/// observed entries are corrupted then.
fn corrupted_ratings(inputs: &Inputs, rows: &[u32], noise: &Noise<'_>, phase: Phase) -> (Tensor, Tensor) {
    let columns = inputs.ratings.columns();
    let (mut cells, mut corrupted) = (vec![0f32; rows.len() * columns], vec![false; rows.len() * columns]);
    let of_rows = cells.par_chunks_mut(columns).zip(corrupted.par_chunks_mut(columns)).zip(rows);
    of_rows.for_each(|((cells, corrupted), &row)| {
        inputs.write_row(row as usize, cells);
        noise.corrupt_row(inputs, row as usize, phase, cells, corrupted);
    });
    let positions = Entries::of(&inputs.ratings, rows).positions;
    let marks: Vec<f32> = positions.iter().map(|&position| f32::from(corrupted[position as usize])).collect();
    (Tensor::from_slice(&cells).view([rows.len() as i64, columns as i64]), Tensor::from_slice(&marks))
}

/// The stored entries of some rows, with zeros between them `[batch, columns]`.
pub(super) fn stored(matrix: &Csr, rows: &[u32], device: Device) -> Tensor {
    let empty = Tensor::zeros([rows.len() as i64, matrix.columns() as i64], (Kind::Float, device));
    scatter(empty, &Entries::of(matrix, rows), device)
}

fn scatter(matrix: Tensor, entries: &Entries, device: Device) -> Tensor {
    let positions = Tensor::from_slice(&entries.positions).to_device(device);
    let values = Tensor::from_slice(&entries.values).to_device(device);
    matrix.view(-1).index_copy_(0, &positions, &values).view_as(&matrix)
}
