//! All outputs of rows that the network has learned from or not: the first layer from the row's ratings alone, the body, and the
//! last layer for every column. Each row is computed by itself, so that its scores are the same bits whichever rows are computed
//! with it.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Range;

use hourglass_models::{Boundary, Mode, Model, Output, Pass};
use tch::Tensor;

use super::evaluate::Settled;
use super::panels::{PANEL, Panels};
use crate::Task;
use crate::engine::shown;
use crate::engine::sparse::batch::input::{Fill, Input};
use crate::engine::sparse::kernel::memory::numbers;
use crate::engine::sparse::kernel::team::OneTensorThread;
use crate::engine::sparse::kernel::vector::Vector;
use crate::engine::sparse::loss::descent::without_vanished;
use crate::engine::sparse::{Compute, boundaries};
use crate::inputs::Inputs;
use crate::noise::Phase;
use crate::score::{Scorer, Scores};

/// Rows whose last hidden layer is in memory at the same time.
const ROWS: usize = 1024;

/// A network with plain boundaries, ready to be shown rows.
pub(crate) struct FoldIn<'a> {
    task: Task<'a>,
    model: &'a dyn Model,
    encoder: Boundary,
    /// The body, where it is a stack.
    settled: Option<Settled>,
    panels: Panels,
    compute: Compute,
    /// Of the columns' part of the fill that was shown last: it costs a pass over the weights.
    of_fill: RefCell<Option<OfFill>>,
}

/// What a fill adds to the first layer's sums.
struct OfFill {
    column: Option<Vec<f32>>,
    /// `Σ_c W_c` and `Σ_c column[c] W_c`, each `[first]`.
    sums: [Vec<f32>; 2],
}

impl<'a> FoldIn<'a> {
    pub(crate) fn new(task: &Task<'a>, model: &'a dyn Model) -> Self {
        let ([encoder, decoder], compute) = (boundaries(model), Compute::new());
        let panels = Panels::of(numbers(&decoder.weight), numbers(&decoder.bias), &compute.team);
        Self { task: *task, model, encoder, settled: Settled::of(model), panels, compute, of_fill: RefCell::new(None) }
    }

    /// A row's sums of the first layer.
    fn first(&self, shown: &Inputs, row: u32) -> Vec<f32> {
        let input = Input::of(shown, &[row], &self.task.noise(), Phase::Evaluate);
        let bias = numbers(&self.encoder.bias);
        let mut sums = bias.to_vec();
        if let Some(fill) = &input.fill {
            self.add_fill(&mut sums, fill);
        }
        let every: Vec<u32>;
        let (columns, values) = match &input.cells {
            Some(cells) => {
                every = (0..cells.numel() as u32).collect();
                (&every, numbers(cells))
            }
            None => (&input.entries.columns, &input.entries.values[..]),
        };
        self.compute.vector.add_rows(&mut sums, numbers(&self.encoder.weight), bias.len(), columns, values);
        sums
    }

    /// A row through the body.
    fn pass(&self, shown: &Inputs, row: u32) -> Pass {
        let first = Tensor::from_slice(&self.first(shown, row)).view([1, -1]);
        self.model.body(&first, &shown::batch(shown, &[row], self.task.device), &mut Mode::Evaluate)
    }

    /// The last hidden layer of some rows `[rows, last]`.
    fn last(&self, shown: &Inputs, rows: &[u32]) -> Vec<f32> {
        match &self.settled {
            Some(settled) => {
                let first = rows.iter().flat_map(|&row| self.first(shown, row)).collect();
                self.compute.settle(settled, first, rows.len())
            }
            None => {
                rows.iter().flat_map(|&row| numbers(&without_vanished(&self.pass(shown, row).last)).to_vec()).collect()
            }
        }
    }

    fn add_fill(&self, sums: &mut [f32], fill: &Fill<'_>) {
        let mut kept = self.of_fill.borrow_mut();
        let known = kept.take().filter(|known| known.column.as_deref() == fill.column);
        let of_fill = kept.insert(known.unwrap_or_else(|| OfFill {
            column: fill.column.map(<[f32]>::to_vec),
            sums: self.compute.fill_sums(numbers(&self.encoder.weight), sums.len(), fill),
        }));
        let [of_row, of_column] = &of_fill.sums;
        for ((sum, of_row), of_column) in sums.iter_mut().zip(of_row).zip(of_column) {
            *sum += fill.row[0] * of_row + fill.factor[0] * of_column;
        }
    }
}

impl Scorer for FoldIn<'_> {
    fn rows(&self) -> usize {
        ROWS
    }

    fn prepare<'s>(&'s self, shown: &'s Inputs, rows: &'s [u32]) -> Box<dyn Scores + 's> {
        let _tensors = OneTensorThread::new();
        let last = tch::no_grad(|| self.last(shown, rows));
        let output = self.model.output_activation();
        let means_itself = output.is_identity() && self.task.objective.outputs_are_predictions();
        Box::new(Prepared {
            width: last.len() / rows.len().max(1),
            last,
            panels: &self.panels,
            vector: self.compute.vector,
            task: self.task,
            output: (!means_itself).then_some(output),
        })
    }

    fn codes(&self, shown: &Inputs, rows: &[u32]) -> Option<Vec<f32>> {
        let _tensors = OneTensorThread::new();
        let code = |&row: &u32| numbers(&self.pass(shown, row).code.contiguous()).to_vec();
        Some(tch::no_grad(|| rows.iter().flat_map(code).collect()))
    }
}

/// Rows as far as the last hidden layer.
struct Prepared<'a> {
    /// `[rows × width]`.
    last: Vec<f32>,
    width: usize,
    panels: &'a Panels,
    vector: Vector,
    task: Task<'a>,
    /// What becomes of the last layer's sums, unless they are the scores.
    output: Option<Output>,
}

impl Scores for Prepared<'_> {
    fn tile(&self, rows: Range<usize>, columns: Range<usize>, scores: &mut Vec<f32>) {
        let levels = self.task.objective.outputs_per_column(self.task.levels);
        let outputs = columns.start * levels..columns.end * levels;
        let last = &self.last[rows.start * self.width..rows.end * self.width];
        scores.resize(rows.len() * outputs.len(), 0.0);
        self.panels.multiply(self.vector, last, outputs.clone(), scores);
        if let Some(output) = self.output {
            let _tensors = OneTensorThread::new();
            let of_rows = scores.chunks(outputs.len().max(1));
            *scores = tch::no_grad(|| of_rows.flat_map(|sums| self.predicted(output, sums, levels)).collect());
        }
    }

    fn of_columns(&self, columns: &[u32]) -> Vec<f32> {
        let levels = self.task.objective.outputs_per_column(self.task.levels);
        let sums = self.sums_of(columns, levels);
        let Some(output) = self.output else { return sums };
        let _tensors = OneTensorThread::new();
        let of_rows = sums.chunks((columns.len() * levels).max(1));
        tch::no_grad(|| of_rows.flat_map(|sums| self.predicted(output, sums, levels)).collect())
    }
}

impl Prepared<'_> {
    /// The last layer's sums of all rows for some columns, of which each is `levels` numbers `[rows × columns × levels]`. Only the
    /// panels that hold such a column are multiplied.
    fn sums_of(&self, columns: &[u32], levels: usize) -> Vec<f32> {
        let (rows, all) = (self.last.len() / self.width.max(1), self.task.inputs.ratings.columns());
        let mut picked = vec![0.0; rows * columns.len() * levels];
        let blocks: BTreeSet<usize> = columns.iter().map(|&column| column as usize / PANEL).collect();
        let mut sums = Vec::new();
        for block in blocks {
            let of_block = block * PANEL..all.min((block + 1) * PANEL);
            let width = of_block.len() * levels;
            sums.resize(rows * width, 0.0);
            self.panels.multiply(self.vector, &self.last, of_block.start * levels..of_block.end * levels, &mut sums);
            for (place, column) in (0..).zip(columns).filter(|(_, column)| of_block.contains(&(**column as usize))) {
                let from = (*column as usize - of_block.start) * levels;
                for (row, sums) in sums.chunks(width).enumerate() {
                    let to = (row * columns.len() + place) * levels;
                    picked[to..to + levels].copy_from_slice(&sums[from..from + levels]);
                }
            }
        }
        picked
    }

    /// What a row's sums mean: a tensor of its own, because where a number lies in a tensor can change its last bit.
    fn predicted(&self, output: Output, sums: &[f32], levels: usize) -> Vec<f32> {
        let sums = Tensor::from_slice(sums);
        let sums = if levels == 1 { sums } else { sums.view([-1, levels as i64]) };
        let predicted = self.task.objective.prediction(&output.apply(&sums), self.task.levels);
        numbers(&predicted.contiguous()).to_vec()
    }
}
