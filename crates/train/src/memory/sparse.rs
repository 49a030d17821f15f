//! The sparse engine: no tensor has the width of the ratings, unless the objective compares all outputs, and no gradient that of
//! the weights.

use super::{FLOAT, Moment, Sizes, What, dense};
use crate::Task;
use crate::engine::sparse::{COLUMNS_OF_GRAM, rows_of_block};
use crate::engine::{compares_by_gram, compares_everywhere, writes_gradients};
use crate::evaluate::ROWS;
use crate::noise::Phase;

/// Bytes for each stored rating of a batch: by row and by column, for input and outputs, and as tensors of the objective.
const ENTRY: u64 = 96;

/// Bytes for each column: where it begins, when a batch has it first and next, and its offsets.
const COLUMN: u64 = 48;

/// Bytes for each cell that noise has filled: in the batch that is learned from, and twice while the next one is made.
const LEARNED_CELL: u64 = 12;

/// The same where nothing is learned.
const READ_CELL: u64 = 8;

/// Numbers for each unit of the layers next to the ratings in training: sums and gradients, as lists and as tensors.
const LEARNING: u64 = 8;

/// The same where nothing is learned.
const READING: u64 = 3;

pub(super) fn moments(task: &Task<'_>, sizes: &Sizes) -> Vec<Moment> {
    let widths = task.model.hidden_widths();
    let ends: i64 = task.model.boundary_widths().iter().sum();
    let body: i64 = widths.windows(2).map(|pair| pair[0] * pair[1]).sum();
    let moment = |what, rows: u64, unit: u64, outputs: u64| {
        let numbers = rows * (sizes.network.row + unit * ends as u64) + 3 * body as u64;
        let entries = rows * sizes.entries * ENTRY + COLUMN * (sizes.inputs + sizes.outputs);
        Moment { what, bytes: FLOAT * numbers + entries + outputs }
    };
    let rows = (ROWS as u64).min(task.inputs.ratings.rows() as u64);
    let ([alive, gradients], wide) = (dense::of_outputs(task), task.objective.wide());
    let learning = alive + wide.forward.max(wide.backward).max(gradients);
    let written = if writes_gradients(task) { written(task, sizes) } else { 0 };
    let [in_training, in_evaluation] = [(Phase::Train(1), sizes.batch), (Phase::Evaluate, rows)];
    let cells = |(phase, rows)| if task.noise().fills(task.inputs, phase) { rows * sizes.inputs } else { 0 };
    let learned = written + everywhere(task, sizes, sizes.batch, learning) + LEARNED_CELL * cells(in_training);
    let read = everywhere(task, sizes, rows, wide.forward) + READ_CELL * cells(in_evaluation);
    vec![moment(What::Batch, sizes.batch, LEARNING, learned), moment(What::Evaluation, rows, READING, read)]
}

/// Bytes where gradients are written out: those of the boundary layers' weights, what these are computed with, and what becomes of
/// them.
fn written(task: &Task<'_>, sizes: &Sizes) -> u64 {
    FLOAT * (sizes.parameters + sizes.network.step + dense::change(task, sizes))
}

/// Bytes where the objective compares all outputs: one number for each, and so many for those of the blocks that are computed at the
/// same time.
fn everywhere(task: &Task<'_>, sizes: &Sizes, rows: u64, alive: u64) -> u64 {
    if !compares_everywhere(task) {
        return 0;
    }
    let threads = u64::try_from(tch::get_num_threads()).unwrap_or(1);
    if compares_by_gram(task, rows as usize) {
        // In single and in double precision; the products are too small for the library to take memory of its own.
        let last = task.model.hidden_widths().last().map_or(0, |&width| width as u64);
        return 3 * FLOAT * last * (rows + threads * (COLUMNS_OF_GRAM as u64).min(sizes.outputs));
    }
    let at_once = threads * rows_of_block(rows as usize) as u64;
    let outputs = sizes.outputs * (rows + at_once.min(rows) * alive);
    FLOAT * outputs + at_once * sizes.entries * (ENTRY + dense::of_classes(task)) + dense::LIBRARY
}
