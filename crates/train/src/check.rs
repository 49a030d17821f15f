//! What does not go together is refused before anything is trained.

use crate::{Error, Task, class_check, pretrain};

/// Checks that the parts of a training fit each other and the ratings.
///
/// # Errors
/// Names the key, why it does not fit, and what would.
pub fn check(task: &Task<'_>) -> Result<(), Error> {
    task.model.check(task.dims()).map_err(Error::DoesNotFit)?;
    class_check::check(task).map_err(Error::DoesNotFit)?;
    pretrain::check(task).map_err(Error::DoesNotFit)
}
