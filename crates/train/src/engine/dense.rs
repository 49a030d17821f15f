//! The dense engine: the plain definition in tensors with autograd, on any device. A batch of rows is written out in
//! full on the device, the whole matrix never.
//!
//! On a GPU, [`resident`](super::resident) keeps the ratings there, and what training has to tell is read once an epoch.

use std::ptr;

use hourglass_models::{self as models, Forward, Mode, Model, upload};
use tch::Tensor;

use super::feed::Feed;
use super::keep::Keep;
use super::shown::Shown;
use crate::Task;
use crate::inputs::{HeldOut, Inputs, Target};
use crate::noise::Phase;
use crate::objective::{Cells, Fit, Outputs};

pub use super::entries::{Entries, gather, observed};

/// The network on some rows of what it is shown.
pub fn forward(
    task: &Task<'_>,
    model: &dyn Model,
    shown: &Inputs,
    rows: &[u32],
    phase: Phase,
    mode: &mut Mode<'_>,
) -> Forward {
    pass(task, model, &Shown::new(task, shown, rows, phase), mode)
}

/// The network on what it is shown.
pub fn pass(task: &Task<'_>, model: &dyn Model, shown: &Shown, mode: &mut Mode<'_>) -> Forward {
    let input = shown.input();
    // Where there is no first layer, penalties on slopes ask for those at the input itself.
    let input = if mode.trains() && model.encoder().is_none() { input.set_requires_grad(true) } else { input };
    task.train.precision.compute(task.device, || models::forward(model, &input, &shown.batch, mode))
}

/// How far the outputs `[batch, outputs]` are from the ratings that these rows are asked for; in training, `shown` is what the
/// outputs were made of.
pub fn fit(task: &Task<'_>, outputs: &Tensor, asked: HeldOut<'_>, rows: &[u32], shown: Option<&Shown>) -> Fit {
    let Asked { entries, left_out } = Asked::of(task, asked, rows);
    fit_to(task, outputs, &entries, left_out.as_ref(), shown)
}

/// The same, where the ratings are on the device already; `left_out` are the places in the batch of what is not to be counted.
pub(crate) fn fit_to(
    task: &Task<'_>,
    outputs: &Tensor,
    entries: &Entries,
    left_out: Option<&Tensor>,
    shown: Option<&Shown>,
) -> Fit {
    let mut observed = observed(gather(outputs, entries), entries);
    observed.corrupted = shown.and_then(|shown| Some(shown.corrupted.as_ref()?.shallow_clone()));
    let noisy = shown.filter(|_| task.target == Target::Noisy).map(|shown| &shown.ratings);
    if let Some(noisy) = noisy {
        observed.target = gather(noisy, entries);
    }
    let cells = || {
        let target = noisy.map_or_else(|| entries.among_zeros(&entries.values), Tensor::shallow_clone);
        let left_out = left_out.map(Tensor::shallow_clone);
        Cells { predicted: outputs.shallow_clone(), target, left_out }
    };
    task.objective.fit(&Outputs { all: task.objective.needs_all_outputs().then(cells), observed })
}

/// Ratings that some rows are asked for.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) entries: Entries,
    /// The places in the batch of what is shown and not asked for, as 64-bit integers: neither a rating to be met nor an
    /// unobserved one. Absent where nothing is, or nobody asks.
    pub(crate) left_out: Option<Tensor>,
}

impl Asked {
    pub(crate) fn of(task: &Task<'_>, asked: HeldOut<'_>, rows: &[u32]) -> Self {
        let entries = Entries::on(task.device, asked.ratings, rows, task.classes());
        let is_shown = ptr::eq(&raw const asked.inputs.ratings, asked.ratings);
        let is_needed = task.objective.needs_all_outputs() && !is_shown;
        Self { entries, left_out: is_needed.then(|| upload(&left_out(asked, rows), task.device)) }
    }
}

fn left_out(asked: HeldOut<'_>, rows: &[u32]) -> Vec<i64> {
    let columns = asked.ratings.columns();
    let of_row = |(place, &row): (usize, &u32)| {
        let of_asked = asked.ratings.row(row as usize).columns;
        let of_shown = asked.inputs.ratings.row(row as usize).columns.iter();
        let rest = of_shown.filter(|column| of_asked.binary_search(column).is_err());
        rest.map(|&column| (place * columns + column as usize) as i64).collect::<Vec<i64>>()
    };
    rows.iter().enumerate().flat_map(of_row).collect()
}

/// What an evaluation asks of the same rows again and again: made anew on the host, where it is at hand, and kept on a GPU.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    feeds: Keep<Feed>,
    asked: Keep<Asked>,
}

impl Kept {
    /// The network on some rows of what it is shown for the ratings of this part.
    pub(crate) fn forward(
        &self,
        task: &Task<'_>,
        model: &dyn Model,
        part: usize,
        shown: &Inputs,
        rows: &[u32],
    ) -> Forward {
        let feed = self.feeds.get(task.device, (part, rows[0]), || Feed::of(task, shown, rows));
        pass(task, model, &Shown::fed(task, shown, &feed, rows, Phase::Evaluate), &mut Mode::Evaluate)
    }

    /// The outputs for these rows' stored ratings, row by row `[entries]`, and how far they are from them.
    pub(crate) fn read(
        &self,
        task: &Task<'_>,
        outputs: &Tensor,
        part: usize,
        asked: HeldOut<'_>,
        rows: &[u32],
    ) -> (Tensor, Fit) {
        let asked = self.asked.get(task.device, (part, rows[0]), || Asked::of(task, asked, rows));
        let fit = fit_to(task, outputs, &asked.entries, asked.left_out.as_ref(), None);
        (gather(outputs, &asked.entries), fit)
    }
}
