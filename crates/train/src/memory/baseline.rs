//! A baseline in memory: there are no batches.

use super::{FLOAT, Memory, Moment, What, moments};
use crate::baseline::Baseline;
use crate::{Selection, Task};

pub(super) fn memory(task: &Task<'_>, baseline: &dyn Baseline) -> Memory {
    let size = baseline.size(task.dims());
    let selected = u64::from(task.selection() != Selection::Last);
    let own =
        [Moment { what: What::Fitting, bytes: size.fitting }, Moment { what: What::Copy, bytes: FLOAT * size.kept }];
    let outputs = task.inputs.ratings.columns() as u64;
    let all = own.into_iter().chain(moments::of_evaluation(task, outputs));
    let moment = all.max_by_key(|moment| moment.bytes).expect("fitting is a moment");
    Memory { weights: FLOAT * size.kept * (1 + selected), moment }
}
