//! The last layer at every column, for objectives that compare all outputs. What is left of the dense engine then is its products,
//! without its tensors of all outputs: a block of rows at a time is carried to the outputs, judged, and back; only the
//! gradient of the sums is kept, and the weights' gradient is made from it for a block of columns at a time, by those who
//! [update](super::super::update::matrix) these.
//!
//! Blocks depend on the batch and not on the threads that share them out, so that no bit does.

use std::ops::Range;

use hourglass_models::{Boundary, Model, Output};
use tch::{Kind, Tensor};

use super::descent::matrix;
use super::gram::{Gram, compares_by_gram};
use super::objective::Judged;
use crate::Task;
use crate::engine::dense::{Asked, Entries, fit_to, gather};
use crate::engine::shown::Shown;
use crate::engine::sparse::Compute;
use crate::engine::sparse::kernel::memory::numbers;
use crate::engine::sparse::kernel::team::OneTensorThread;
use crate::inputs::{HeldOut, Target};
use crate::noise::Phase;
use crate::objective::Fit;

/// Blocks of a batch that is large enough: so many threads have something to do.
const BLOCKS: usize = 8;

/// Rows of a block: enough that a product is worth fetching the weights for, and few enough that outputs stay in a cache.
const ROWS: [usize; 2] = [16, 128];

/// Whether the objective compares every output, or has several for each rated column.
pub fn compares_everywhere(task: &Task<'_>) -> bool {
    task.objective.needs_all_outputs() || task.objective.predicts_classes()
}

/// What becomes a gradient of each row of a layer's weights.
#[derive(Debug)]
pub(crate) enum Everywhere {
    /// `cellsᵀ · vectors`.
    Cells {
        /// Of the last layer: the gradient of its sums, of the objective's sum over the batch `[batch, outputs]`. Of the first one:
        /// what the network is shown `[batch, inputs]`.
        cells: Tensor,
        /// The last hidden layer, over what that sum is divided by `[batch, last]`; the gradient of the first one's sums
        /// `[batch, first]`.
        vectors: Tensor,
    },
    /// Squared errors, for which no output is needed.
    Gram(Gram),
}

impl Everywhere {
    /// Another handle of the same tensors.
    pub(crate) fn share(&self) -> Self {
        self.narrow(0, usize::MAX)
    }

    /// Of so many rows of weights from this one on, as far as there are cells of them.
    pub(crate) fn narrow(&self, first: usize, count: usize) -> Self {
        match self {
            Self::Cells { cells, vectors } => {
                let end = cells.size()[1] as usize;
                let first = first.min(end);
                let cells = cells.narrow(1, first as i64, count.min(end - first) as i64);
                Self::Cells { cells, vectors: vectors.shallow_clone() }
            }
            Self::Gram(gram) => Self::Gram(gram.narrow(first, count)),
        }
    }

    /// The gradient of rows, whose weights these are `[rows, last]`.
    pub(crate) fn gradient(&self, weights: &[f32]) -> Tensor {
        let _tensors = OneTensorThread::new();
        match self {
            Self::Cells { cells, vectors } => cells.tr().matmul(vectors),
            Self::Gram(gram) => gram.gradient(weights),
        }
    }
}

/// Some rows of a batch, with tensors that no other thread has a handle of.
struct Block<'a> {
    rows: &'a [u32],
    last: Tensor,
    decoder: Boundary,
    fit: &'a mut Option<Fit>,
    /// Where the gradients belong.
    of_sums: Tensor,
    of_last: Tensor,
}

impl Block<'_> {
    /// Forward, and back.
    fn judge(mut self, task: &Task<'_>, output: Output, phase: Phase) {
        let _tensors = OneTensorThread::new();
        let entries = Entries::on(task.device, &task.inputs.ratings, self.rows, task.classes());
        let shown = (task.target == Target::Noisy).then(|| Shown::new(task, task.inputs, self.rows, phase));
        let sums = self.decoder.decode(&self.last).set_requires_grad(true);
        let fit = fit_to(task, &output.apply(&sums), &entries, None, shown.as_ref());
        let of_sums = Tensor::run_backward(&[&fit.sum], &[&sums], false, false).remove(0);
        self.of_last.copy_(&of_sums.matmul(&self.decoder.weight));
        self.of_sums.copy_(&of_sums);
        *self.fit = Some(Fit { sum: fit.sum.detach(), count: fit.count });
    }
}

/// Rows of a block of such a batch.
pub(crate) fn rows_of_block(batch: usize) -> usize {
    batch.div_ceil(BLOCKS).clamp(ROWS[0], ROWS[1])
}

fn blocks(batch: usize) -> impl Iterator<Item = Range<usize>> {
    let size = rows_of_block(batch);
    (0..batch).step_by(size).map(move |start| start..batch.min(start + size))
}

fn narrowed(tensor: &Tensor, rows: &Range<usize>) -> Tensor {
    tensor.narrow(0, rows.start as i64, rows.len() as i64)
}

/// The fit of all blocks.
fn joint(fits: impl Iterator<Item = Fit>) -> Fit {
    let (sums, counts): (Vec<Tensor>, Vec<f64>) = fits.map(|fit| (fit.sum, fit.count)).unzip();
    Fit { sum: Tensor::stack(&sums, 0).sum(Kind::Float), count: counts.iter().sum() }
}

impl Compute {
    /// What the objective says of all outputs of a batch, whose last hidden layer this is `[batch, last]`.
    pub(crate) fn judge_everywhere(
        &self,
        task: &Task<'_>,
        model: &dyn Model,
        last: &[f32],
        rows: &[u32],
        phase: Phase,
    ) -> Judged {
        let last = matrix(last, rows.len());
        let decoder = model.decoder().expect("a network with plain boundaries has a last layer");
        let of_sums = Tensor::empty([rows.len() as i64, decoder.bias.size()[0]], (Kind::Float, task.device));
        let of_last = last.empty_like();
        let mut fits: Vec<Option<Fit>> = blocks(rows.len()).map(|_| None).collect();
        let block = |(places, fit): (Range<usize>, _)| Block {
            last: narrowed(&last, &places),
            of_sums: narrowed(&of_sums, &places),
            of_last: narrowed(&of_last, &places),
            rows: &rows[places],
            decoder: decoder.detached(),
            fit,
        };
        let jobs = blocks(rows.len()).zip(&mut fits).map(block).collect();
        let output = model.output_activation();
        self.team.each(jobs, |block: Block<'_>| block.judge(task, output, phase));
        let Fit { sum, count } = joint(fits.into_iter().map(|fit| fit.expect("each block is judged")));
        let at_least_one = count.max(1.0);
        let of_offsets = of_sums.sum_dim_intlist(0, false, Kind::Float) / at_least_one;
        Judged {
            sum: sum.double_value(&[]),
            count,
            of_last: numbers(&(of_last / at_least_one)).to_vec(),
            of_offsets: numbers(&of_offsets).to_vec(),
            at_entries: None,
            everywhere: Some(Everywhere::Cells { cells: of_sums, vectors: last / at_least_one }),
        }
    }

    /// All outputs `[batch, outputs]` from the last hidden layer `[batch, last]`.
    fn outputs(&self, model: &dyn Model, last: &Tensor) -> Tensor {
        let decoder = model.decoder().expect("a network with plain boundaries has a last layer");
        let (batch, output) = (last.size()[0], model.output_activation());
        let outputs = Tensor::empty([batch, decoder.bias.size()[0]], (Kind::Float, last.device()));
        let block = |rows| (narrowed(last, &rows), narrowed(&outputs, &rows), decoder.detached());
        let jobs = blocks(batch as usize).map(block).collect();
        self.team.each(jobs, |(last, mut outputs, decoder): (Tensor, Tensor, Boundary)| {
            let _tensors = OneTensorThread::new();
            tch::no_grad(|| outputs.copy_(&output.apply(&decoder.decode(&last))));
        });
        outputs
    }

    /// What of a pass is read from it: all outputs, or the last hidden layer where no output is needed.
    pub(crate) fn readable(&self, task: &Task<'_>, model: &dyn Model, last: Tensor) -> Tensor {
        match compares_by_gram(task, last.size()[0] as usize) {
            true => last,
            false => self.outputs(model, &last),
        }
    }

    /// Of all outputs those for these rows' stored ratings, and how far all are from what is asked for.
    pub(crate) fn read_everywhere(
        &self,
        task: &Task<'_>,
        outputs: &Tensor,
        asked: HeldOut<'_>,
        rows: &[u32],
    ) -> (Tensor, Fit) {
        let mut read: Vec<Option<(Tensor, Fit)>> = blocks(rows.len()).map(|_| None).collect();
        let jobs = blocks(rows.len()).zip(&mut read);
        let jobs = jobs.map(|(places, read)| (narrowed(outputs, &places), &rows[places], read)).collect();
        self.team.each(jobs, |(outputs, rows, read): (Tensor, &[u32], &mut Option<(Tensor, Fit)>)| {
            let _tensors = OneTensorThread::new();
            tch::no_grad(|| {
                let Asked { entries, left_out } = Asked::of(task, asked, rows);
                let fit = fit_to(task, &outputs, &entries, left_out.as_ref(), None);
                *read = Some((gather(&outputs, &entries), fit));
            });
        });
        let (predicted, fits): (Vec<Tensor>, Vec<Fit>) =
            read.into_iter().map(|read| read.expect("each block is read")).unzip();
        (Tensor::cat(&predicted, 0), joint(fits.into_iter()))
    }
}
