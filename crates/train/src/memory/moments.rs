//! Moments that are alike in both engines.

use super::{FLOAT, Moment, Sizes, What};
use crate::lists::longest;
use crate::{ModelConfig, PretrainConfig, Selection, Task, reconstruction, score};

/// Bytes for each rating that is measured: what was predicted, as it is and clipped, what was rated, and by whom, in lists that
/// grow.
const MEASURED: u64 = 28;

/// Bytes for each code that pre-training hands on: as an entry, sorted, and in the matrix of the next pair.
const CODE: u64 = 28;

pub(super) fn of_any_engine(task: &Task<'_>, sizes: &Sizes) -> Vec<Moment> {
    // A better copy is made before the last one goes. What has vanished is looked for in a copy of each tensor, with a mark for
    // each number; a file is written by way of such a copy.
    let better = if task.train.selection == Selection::Best { sizes.parameters + sizes.network.always } else { 0 };
    let copied = better.max(sizes.network.largest * 5 / 4);
    let copy = Moment { what: What::Copy, bytes: FLOAT * copied };
    let pretraining = pretraining(task, sizes).map(|bytes| Moment { what: What::Pretraining, bytes });
    [copy].into_iter().chain(of_evaluation(task, sizes.outputs)).chain(pretraining).collect()
}

/// Measuring predictions, and lists and whole rows where there are some, of so many outputs a row.
pub(super) fn of_evaluation(task: &Task<'_>, outputs: u64) -> Vec<Moment> {
    let bytes = MEASURED * task.inputs.ratings.len() as u64;
    let needs_rows = longest(task).is_some() || reconstruction::metrics(task).next().is_some();
    let listed = || FLOAT * score::numbers_in_memory(task, task.inputs.ratings.rows(), outputs as usize);
    [bytes].into_iter().chain(needs_rows.then(listed)).map(|bytes| Moment { what: What::Evaluation, bytes }).collect()
}

/// The first pair of layers, which is the largest, and its codes.
fn pretraining(task: &Task<'_>, sizes: &Sizes) -> Option<u64> {
    let (ModelConfig::Autoencoder(config), Some(pretrain)) = (task.model, &task.train.pretrain) else { return None };
    let kept = match pretrain {
        PretrainConfig::Stacked(stacked) => stacked.optimizer.state_per_parameter(),
        PretrainConfig::Rbm(_) => 0,
    };
    let width = config.layers.widths()[0] as u64;
    let pair = (sizes.inputs + sizes.outputs) * width;
    let rows = task.inputs.ratings.rows() as u64;
    Some(FLOAT * pair * (2 + kept) + CODE * rows * width)
}
