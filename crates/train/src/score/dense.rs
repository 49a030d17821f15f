//! The definition of a network on rows that are written out in full, in blocks of always the same size, the last one filled up:
//! so a product has the same shape, and adds in the same order, however many rows are asked for.

use hourglass_models::{Forward, Mode, Model};
use tch::{Device, Tensor};

use super::{Computed, Scorer, Scores};
use crate::Task;
use crate::engine::dense;
use crate::engine::sparse::OneTensorThread;
use crate::inputs::Inputs;
use crate::noise::Phase;

/// Outputs that are in memory at the same time.
const CELLS: usize = 1 << 23;

/// Rows of a block on processors. A tensor of them ends where the registers of vector instructions do, so that a row at its
/// end is computed by the same instructions as any other.
const BLOCK: usize = 32;

/// Rows of a block elsewhere, at most.
const LARGE_BLOCK: usize = 512;

/// Numbers for each output: the sum, the output, its copy, and an input.
pub(super) const NUMBERS: usize = 4;

/// A network that is shown rows in full.
pub(super) struct Dense<'a> {
    task: Task<'a>,
    model: &'a dyn Model,
}

impl<'a> Dense<'a> {
    pub(super) fn new(task: &Task<'a>, model: &'a dyn Model) -> Self {
        Self { task: *task, model }
    }
}

/// Rows of a block.
pub(super) fn block(task: &Task<'_>) -> usize {
    match task.device {
        // How many rows of a block belong to a group is the size of that group's product.
        _ if task.model.reads_groups() => 1,
        Device::Cpu => BLOCK,
        _ => (CELLS / task.inputs.ratings.columns().max(1)).clamp(1, LARGE_BLOCK),
    }
}

/// Rows of as many blocks as are in memory at the same time.
pub(super) fn rows_together(task: &Task<'_>) -> usize {
    let block = block(task);
    (CELLS / task.inputs.ratings.columns().max(1) / block).max(1) * block
}

impl Dense<'_> {
    /// What a look at a block gives, `[rows × width]`, of all these rows.
    fn in_blocks(&self, shown: &Inputs, rows: &[u32], read: impl Fn(&Forward) -> Vec<f32>) -> Vec<f32> {
        // Threads would share a tensor out at places that depend on how many they are.
        let _tensors = (self.task.device == Device::Cpu).then(OneTensorThread::new);
        let size = block(&self.task);
        let mut numbers = Vec::new();
        for rows in rows.chunks(size) {
            let last = rows[rows.len() - 1];
            let filled: Vec<u32> = rows.iter().copied().chain(std::iter::repeat(last)).take(size).collect();
            let of_block = tch::no_grad(|| {
                read(&dense::forward(&self.task, self.model, shown, &filled, Phase::Evaluate, &mut Mode::Evaluate))
            });
            numbers.extend_from_slice(&of_block[..of_block.len() / size * rows.len()]);
        }
        numbers
    }

    /// All outputs, where there is one for each value of a rating what they mean as a rating.
    fn predicted(&self, outputs: &Tensor, columns: usize) -> Vec<f32> {
        let cells = match outputs.size()[1] / columns as i64 {
            0 | 1 => outputs.reshape(-1),
            levels => outputs.reshape([-1, levels]),
        };
        read(&self.task.objective.prediction(&cells, self.task.levels))
    }
}

fn read(tensor: &Tensor) -> Vec<f32> {
    Vec::try_from(tensor.reshape(-1)).expect("numbers in one row")
}

impl Scorer for Dense<'_> {
    fn rows(&self) -> usize {
        rows_together(&self.task)
    }

    fn prepare<'s>(&'s self, shown: &'s Inputs, rows: &'s [u32]) -> Box<dyn Scores + 's> {
        let columns = shown.ratings.columns();
        let scores = self.in_blocks(shown, rows, |forward| self.predicted(&forward.outputs, columns));
        Box::new(Computed { scores, columns })
    }

    fn codes(&self, shown: &Inputs, rows: &[u32]) -> Option<Vec<f32>> {
        Some(self.in_blocks(shown, rows, |forward| read(&forward.pass.code)))
    }
}
