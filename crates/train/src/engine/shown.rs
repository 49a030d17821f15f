//! What the network is shown of some rows: ratings over fill, corrupted, then side information.

use hourglass_models::{Batch, upload};
use rayon::prelude::*;
use tch::{Device, Tensor};

use super::classes;
use super::feed::Feed;
pub(crate) use super::feed::batch;
use crate::Task;
use crate::inputs::Inputs;
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
        Self::fed(task, inputs, &Feed::of(task, inputs, rows), rows, phase)
    }

    /// The same, where their numbers are on the device already.
    pub(crate) fn fed(task: &Task<'_>, inputs: &Inputs, feed: &Feed, rows: &[u32], phase: Phase) -> Self {
        let noise = task.noise();
        let (ratings, corrupted) = if task.model.reads_classes() {
            (classes::cells(task, inputs, &feed.ratings, rows, phase), None)
        } else if let Some(noisy) = &feed.noisy {
            (feed.noisy(noisy), Some(noisy.corrupted.shallow_clone()))
        } else if noise.applies(phase) {
            let (ratings, corrupted) = corrupted_ratings(inputs, rows, &noise, phase, task.device);
            (ratings, Some(corrupted))
        } else {
            (feed.clean(), None)
        };
        Self { ratings, corrupted, batch: feed.batch() }
    }

    /// These rows without noise, whatever the task says.
    pub(crate) fn clean(task: &Task<'_>, inputs: &Inputs, rows: &[u32]) -> Self {
        let feed = Feed::of(task, inputs, rows);
        Self { ratings: feed.clean(), corrupted: None, batch: feed.batch() }
    }

    /// Numbers of the same rows in place of ratings `[batch, columns]`.
    pub(crate) fn again(feed: &Feed, numbers: &Tensor) -> Self {
        Self { ratings: numbers.shallow_clone(), corrupted: None, batch: feed.batch() }
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

/// The same rows written on the host, where the noise is drawn: one row a thread, each from its own stream. And which of the
/// observed entries are corrupted then.
fn corrupted_ratings(
    inputs: &Inputs,
    rows: &[u32],
    noise: &Noise<'_>,
    phase: Phase,
    device: Device,
) -> (Tensor, Tensor) {
    let columns = inputs.ratings.columns();
    let (mut cells, mut corrupted) = (vec![0f32; rows.len() * columns], vec![false; rows.len() * columns]);
    let of_rows = cells.par_chunks_mut(columns).zip(corrupted.par_chunks_mut(columns)).zip(rows);
    of_rows.for_each(|((cells, corrupted), &row)| {
        inputs.write_row(row as usize, cells);
        noise.corrupt_row(inputs, row as usize, phase, cells, corrupted);
    });
    let observed = rows.iter().zip(corrupted.chunks(columns)).flat_map(|(&row, corrupted)| {
        inputs.ratings.row(row as usize).columns.iter().map(|&column| f32::from(corrupted[column as usize]))
    });
    let marks: Vec<f32> = observed.collect();
    (upload(&cells, device).view([rows.len() as i64, columns as i64]), upload(&marks, device))
}
