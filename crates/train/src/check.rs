//! What does not go together is refused before anything is trained.

use crate::inputs::{RowScale, Target};
use crate::{Error, Task, class_check, pretrain, refeed};

/// Checks that the parts of a training fit each other and the ratings.
///
/// # Errors
/// Names the key, why it does not fit, and what would.
pub fn check(task: &Task<'_>) -> Result<(), Error> {
    let checks = [
        task.model.check(task.dims()),
        inputs(task),
        class_check::check(task),
        task.objective.check(task),
        task.penalty.check(task),
        pretrain::check(task),
        refeed::check(task),
    ];
    checks.into_iter().collect::<Result<(), String>>().map_err(Error::DoesNotFit)
}

fn inputs(task: &Task<'_>) -> Result<(), String> {
    let refuse = |reason: &str| Err(reason.to_owned());
    match task.target {
        Target::Noisy if task.noise.is_empty() => {
            refuse("input.target = \"noisy\", but there is no noise; add input.noise, or set target = \"clean\"")
        }
        Target::Noisy if task.inputs.scale == RowScale::UnitNorm => refuse(
            "input.target = \"noisy\" makes targets of what is shown, which input.scale = \"unit-norm\" has made shorter than the \
             ratings that are measured; set target = \"clean\", or scale = \"none\"",
        ),
        Target::Noisy | Target::Clean => Ok(()),
    }
}
