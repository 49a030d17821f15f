//! A batch at both ends of the network.

pub(super) mod entries;
pub(super) mod input;

use tch::Tensor;

use crate::Task;
use crate::engine::sparse::batch::entries::{Columns, Rows};
use crate::engine::sparse::batch::input::Input;
use crate::inputs::Target;
use crate::noise::Phase;
use crate::objective::Observed;

/// What the network is shown, and what its outputs are compared with.
#[derive(Debug)]
pub(crate) struct Batch<'a> {
    pub(crate) input: Input<'a>,
    /// Of the input, side information included.
    pub(crate) shown: Columns,
    pub(crate) targets: Rows,
    /// Of the targets; nothing, where they are those of the input.
    asked: Option<Columns>,
    /// Whether outputs are compared with what the network is shown.
    is_compared_with_input: bool,
    /// Whether the objective asks what noise has corrupted.
    weighs_corruption: bool,
}

impl<'a> Batch<'a> {
    pub(crate) fn of(task: &Task<'a>, rows: &[u32], phase: Phase) -> Self {
        let ratings = &task.inputs.ratings;
        let noise = task.noise();
        let input = Input::of(task.inputs, rows, &noise, phase);
        let shown = Columns::of(&input.entries, task.inputs.width());
        let targets = Rows::of(ratings, rows);
        let shows_others = task.inputs.side.is_some() || noise.reaches_unobserved(phase);
        let asked = shows_others.then(|| Columns::of(&targets, ratings.columns()));
        Self {
            input,
            shown,
            targets,
            asked,
            is_compared_with_input: task.target == Target::Noisy,
            weighs_corruption: task.objective.weighs_corruption(),
        }
    }

    /// What the outputs at the targets are compared with `[entries]`.
    pub(crate) fn wanted(&self) -> &[f32] {
        if self.is_compared_with_input { &self.input.ratings } else { &self.targets.values }
    }

    /// Whether noise has corrupted the targets' inputs, where there was noise and the objective asks for it `[entries]`.
    pub(crate) fn corrupted(&self) -> Option<&[bool]> {
        self.input.corrupted.as_deref().filter(|_| self.weighs_corruption)
    }

    /// What an objective looks at, with these predictions.
    pub(crate) fn observed(&self, predicted: &Tensor, columns: usize) -> Observed {
        let mark = |corrupted: &[bool]| corrupted.iter().map(|&corrupted| f32::from(corrupted)).collect::<Vec<_>>();
        Observed {
            predicted: predicted.shallow_clone(),
            target: Tensor::from_slice(self.wanted()),
            corrupted: self.corrupted().map(|corrupted| Tensor::from_slice(&mark(corrupted))),
            ..observed(&self.targets, columns)
        }
    }

    pub(crate) fn asked(&self) -> &Columns {
        self.asked.as_ref().unwrap_or(&self.shown)
    }
}

/// Targets without predictions, which are undefined.
pub(crate) fn observed(targets: &Rows, columns: usize) -> Observed {
    let of_row = |row: usize| std::iter::repeat_n(1.0 / targets.row(row).len() as f32, targets.row(row).len());
    let share: Vec<f32> = (0..targets.len()).flat_map(of_row).collect();
    Observed {
        predicted: Tensor::new(),
        target: Tensor::from_slice(&targets.values),
        share: Tensor::from_slice(&share),
        rows: targets.filled(),
        classes: None,
        columns,
        corrupted: None,
    }
}
