//! Baselines score each user by itself.

use super::{Computed, Scorer, Scores};
use crate::Task;
use crate::baseline::{Estimator, scores};
use crate::inputs::Inputs;

/// Scores that are in memory at the same time.
const CELLS: usize = 1 << 22;

/// A fitted baseline.
pub(super) struct Fitted<'a> {
    task: Task<'a>,
    estimator: &'a dyn Estimator,
}

impl<'a> Fitted<'a> {
    pub(super) fn new(task: &Task<'a>, estimator: &'a dyn Estimator) -> Self {
        Self { task: *task, estimator }
    }
}

/// Numbers in memory for outputs of so many columns.
pub(super) fn numbers_in_memory(columns: usize) -> usize {
    rows_together(columns) * columns
}

fn rows_together(columns: usize) -> usize {
    (CELLS / columns.max(1)).max(1)
}

impl Scorer for Fitted<'_> {
    fn rows(&self) -> usize {
        rows_together(self.task.inputs.ratings.columns())
    }

    fn prepare<'s>(&'s self, shown: &'s Inputs, rows: &'s [u32]) -> Box<dyn Scores + 's> {
        Box::new(Computed { scores: scores(&self.task, self.estimator, shown, rows), columns: shown.ratings.columns() })
    }
}
