//! Ratings as classes: a column has one cell for each value that a rating can have.

use hourglass_models::upload;
use rayon::prelude::*;
use tch::{Kind, Tensor};

use super::entries::Entries;
use crate::Task;
use crate::inputs::Inputs;
use crate::noise::Phase;

/// The ratings of a batch for a network that reads classes, `[batch, columns · levels]`: one cell of a rated column is 1,
/// all others are 0. Noise acts on the cells that are 1.
pub(super) fn cells(task: &Task<'_>, inputs: &Inputs, entries: &Entries, rows: &[u32], phase: Phase) -> Tensor {
    let classes = entries.classes.as_ref().expect("a network that reads classes is given them");
    let mut cells = one_hot(entries, classes, task.levels.count());
    if task.noise().applies(phase) {
        let left = upload(&corrupted(task, inputs, rows, phase), task.device);
        cells = cells.g_mul(
            &left
                .view([rows.len() as i64, -1, 1])
                .expand([-1, -1, task.levels.count() as i64], false)
                .reshape_as(&cells),
        );
    }
    cells
}

/// The given class of each entry as 1 among zeros, `[batch, columns · levels]`.
pub(crate) fn one_hot(entries: &Entries, classes: &Tensor, levels: usize) -> Tensor {
    let size = [entries.row_lengths.len() as i64, (entries.columns * levels) as i64];
    let places = &entries.positions * levels as i64 + classes;
    Tensor::zeros([size[0] * size[1]], (Kind::Float, classes.device())).index_fill_(0, &places, 1.0).view(size)
}

/// What noise leaves of a 1 at each rated column, `[batch, columns]`.
fn corrupted(task: &Task<'_>, inputs: &Inputs, rows: &[u32], phase: Phase) -> Vec<f32> {
    let (columns, noise) = (inputs.ratings.columns(), task.noise());
    let mut cells = vec![0f32; rows.len() * columns];
    cells.par_chunks_mut(columns).zip(rows).for_each(|(cells, &row)| {
        inputs.ratings.row(row as usize).columns.iter().for_each(|&column| cells[column as usize] = 1.0);
        noise.corrupt_row(inputs, row as usize, phase, cells, &mut vec![false; columns]);
    });
    cells
}
