//! The sparse engine: no tensor has the width of the ratings, and no gradient that of the weights.

use super::{FLOAT, Moment, Sizes, What};
use crate::Task;
use crate::evaluate::ROWS;

/// Bytes for each stored rating of a batch: by row and by column, for input and outputs, and as tensors of the objective.
const ENTRY: u64 = 96;

/// Bytes for each column: where it begins, when a batch has it first and next, and its offsets.
const COLUMN: u64 = 48;

/// Numbers for each unit of the layers next to the ratings in training: sums and gradients, as lists and as tensors.
const LEARNING: u64 = 8;

/// The same where nothing is learned.
const READING: u64 = 3;

pub(super) fn moments(task: &Task<'_>, sizes: &Sizes) -> Vec<Moment> {
    let widths = task.model.hidden_widths();
    let ends: i64 = widths.first().into_iter().chain(widths.last()).sum();
    let body: i64 = widths.windows(2).map(|pair| pair[0] * pair[1]).sum();
    let moment = |what, rows: u64, unit: u64| {
        let numbers = rows * (sizes.network.row + unit * ends as u64) + 3 * body as u64;
        Moment { what, bytes: FLOAT * numbers + rows * sizes.entries * ENTRY + COLUMN * (sizes.inputs + sizes.outputs) }
    };
    let rows = (ROWS as u64).min(task.inputs.ratings.rows() as u64);
    vec![moment(What::Batch, sizes.batch, LEARNING), moment(What::Evaluation, rows, READING)]
}
