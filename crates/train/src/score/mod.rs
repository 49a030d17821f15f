//! Scores of all columns for rows that a network is shown, learned from or not: what recommendations and lists are made of.
//!
//! A row's scores are the same bits whichever rows are scored with it, so that a single fold-in answers what an evaluation of
//! all users measures.

mod baseline;
mod dense;
mod ranking;

use std::ops::Range;

use hourglass_models::Boundaries;
use tch::Device;

pub use self::ranking::{best_columns, best_rows};
use crate::engine::sparse::FoldIn;
use crate::inputs::Inputs;
use crate::{Learner, Precision, Task};

/// Columns that are scored together: their scores for some rows stay in a processor's cache.
pub const TILE: usize = 2048;

/// Gives scores.
pub trait Scorer {
    /// How many rows to prepare together, at most: what is kept of them is in memory at the same time.
    fn rows(&self) -> usize;

    /// Gets some rows of what is shown ready.
    fn prepare<'s>(&'s self, shown: &'s Inputs, rows: &'s [u32]) -> Box<dyn Scores + 's>;

    /// The codes of some rows `[rows × code]`; nothing, where there are none.
    fn codes(&self, _shown: &Inputs, _rows: &[u32]) -> Option<Vec<f32>> {
        None
    }
}

/// Rows that are ready to be scored, by several threads at the same time.
pub trait Scores: Sync {
    /// The scores of some of the rows, counted from the first that was prepared, for the columns of a [tile](tiles):
    /// `[rows × columns]`, in the numbers of the objective (see [`Task::rating`]).
    fn tile(&self, rows: Range<usize>, columns: Range<usize>, scores: &mut Vec<f32>);

    /// The scores of all rows for a few columns, in any order: `[rows × columns]`. Their last bits may depend on the columns that are
    /// asked for, but not on the rows.
    fn of_columns(&self, columns: &[u32]) -> Vec<f32>;
}

/// All scores of some rows `[rows × columns]`.
struct Computed {
    scores: Vec<f32>,
    columns: usize,
}

impl Scores for Computed {
    fn tile(&self, rows: Range<usize>, columns: Range<usize>, scores: &mut Vec<f32>) {
        scores.clear();
        let of_rows = self.scores[rows.start * self.columns..rows.end * self.columns].chunks(self.columns);
        of_rows.for_each(|row| scores.extend_from_slice(&row[columns.clone()]));
    }

    fn of_columns(&self, columns: &[u32]) -> Vec<f32> {
        let of_row = |row: &'_ [f32]| columns.iter().map(|&column| row[column as usize]).collect::<Vec<_>>();
        self.scores.chunks(self.columns.max(1)).flat_map(of_row).collect()
    }
}

/// All columns in tiles. Where they begin is fixed, because a score's last bit may depend on its place in the tile.
pub fn tiles(columns: usize) -> impl Iterator<Item = Range<usize>> {
    (0..columns).step_by(TILE).map(move |start| start..columns.min(start + TILE))
}

/// The scorer of a model: of a network from the ratings of a row alone where it is made for that, else by its definition.
pub fn scorer<'a>(task: &Task<'a>, model: &'a Learner) -> Box<dyn Scorer + 'a> {
    match model {
        Learner::Baseline(estimator) => Box::new(baseline::Fitted::new(task, estimator.as_ref())),
        Learner::Network(network) if scores_from_entries(task) => Box::new(FoldIn::new(task, network.as_ref())),
        Learner::Network(network) => Box::new(dense::Dense::new(task, network.as_ref())),
    }
}

fn scores_from_entries(task: &Task<'_>) -> bool {
    let is_exact = task.train.precision == Precision::Float32;
    task.device == Device::Cpu && task.model.boundaries() == Boundaries::Plain && is_exact
}

/// All scores of some rows `[rows × columns]`.
pub fn all(scorer: &dyn Scorer, shown: &Inputs, rows: &[u32]) -> Vec<f32> {
    let columns = shown.ratings.columns();
    let mut all = vec![0.0; rows.len() * columns];
    let (mut tile, mut first) = (Vec::new(), 0);
    for rows in rows.chunks(scorer.rows()) {
        let scores = scorer.prepare(shown, rows);
        for place in tiles(columns) {
            scores.tile(0..rows.len(), place.clone(), &mut tile);
            for (row, scores) in (first..).zip(tile.chunks(place.len())) {
                all[row * columns..][place.clone()].copy_from_slice(scores);
            }
        }
        first += rows.len();
    }
    all
}

/// Numbers that are in memory while lists are made, for outputs of so many rows and columns.
pub(crate) fn numbers_in_memory(task: &Task<'_>, rows: usize, outputs: usize) -> u64 {
    let numbers = match scores_from_entries(task) {
        _ if task.baseline().is_some() => baseline::numbers_in_memory(outputs),
        true => {
            let width = task.model.hidden_widths().last().map_or(0, |&width| width as usize);
            let threads = usize::try_from(tch::get_num_threads()).unwrap_or(1);
            let levels = task.objective.outputs_per_column(task.levels);
            (1 + width) * outputs + threads * ranking::ROWS * TILE * levels * 2
        }
        false => dense::NUMBERS * outputs * dense::rows_together(task).min(rows.max(dense::block(task))),
    };
    numbers as u64
}
