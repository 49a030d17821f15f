//! A batch at both ends of the network.

use tch::Tensor;

use super::entries::{Columns, Rows};
use crate::Task;
use crate::inputs::{Inputs, Target};
use crate::noise::{Noise, Phase};
use crate::objective::Observed;

/// What the network is shown, and what its outputs are compared with.
#[derive(Debug)]
pub(super) struct Batch<'a> {
    pub(super) input: Input<'a>,
    /// Of the input, side information included.
    pub(super) shown: Columns,
    pub(super) targets: Rows,
    /// Of the targets; nothing, where they are those of the input.
    asked: Option<Columns>,
    /// Whether outputs are compared with what the network is shown.
    is_compared_with_input: bool,
    /// Whether the objective asks what noise has corrupted.
    weighs_corruption: bool,
}

impl<'a> Batch<'a> {
    pub(super) fn of(task: &Task<'a>, rows: &[u32], phase: Phase) -> Self {
        let ratings = &task.inputs.ratings;
        let input = Input::of(task.inputs, rows, &task.noise(), phase);
        let shown = Columns::of(&input.entries, task.inputs.width());
        let targets = Rows::of(ratings, rows);
        let asked = task.inputs.side.is_some().then(|| Columns::of(&targets, ratings.columns()));
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
    pub(super) fn wanted(&self) -> &[f32] {
        if self.is_compared_with_input { &self.input.ratings } else { &self.targets.values }
    }

    /// Whether noise has corrupted the targets' inputs, where there was noise and the objective asks for it `[entries]`.
    pub(super) fn corrupted(&self) -> Option<&[bool]> {
        self.input.corrupted.as_deref().filter(|_| self.weighs_corruption)
    }

    /// What an objective looks at, with these predictions.
    pub(super) fn observed(&self, predicted: &Tensor, columns: usize) -> Observed {
        let mark = |corrupted: &[bool]| corrupted.iter().map(|&corrupted| f32::from(corrupted)).collect::<Vec<_>>();
        Observed {
            predicted: predicted.shallow_clone(),
            target: Tensor::from_slice(self.wanted()),
            corrupted: self.corrupted().map(|corrupted| Tensor::from_slice(&mark(corrupted))),
            ..observed(&self.targets, columns)
        }
    }

    pub(super) fn asked(&self) -> &Columns {
        self.asked.as_ref().unwrap_or(&self.shown)
    }
}

/// Targets without predictions, which are undefined.
pub(super) fn observed(targets: &Rows, columns: usize) -> Observed {
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

/// What a batch of rows shows the network, without its fill written out.
#[derive(Debug)]
pub(super) struct Input<'a> {
    /// What a rating exceeds its fill by, then side information, whose columns follow those of the ratings.
    pub(super) entries: Rows,
    /// The fill, where it is not zero everywhere.
    pub(super) fill: Option<Fill<'a>>,
    /// The ratings as they are shown, scaled and corrupted `[ratings]`.
    ratings: Vec<f32>,
    /// Whether noise has corrupted them; nothing, where there was none `[ratings]`.
    corrupted: Option<Vec<bool>>,
}

/// The fill of a batch: `row[r] + factor[r] column[c]` at the columns of ratings.
#[derive(Debug)]
pub(super) struct Fill<'a> {
    /// `[batch]`.
    pub(super) row: Vec<f32>,
    /// By which rows are scaled `[batch]`.
    pub(super) factor: Vec<f32>,
    /// Zero everywhere, where there is none `[columns]`.
    pub(super) column: Option<&'a [f32]>,
    /// Of ratings.
    pub(super) columns: usize,
}

impl<'a> Input<'a> {
    /// These rows, corrupted.
    pub(super) fn of(inputs: &'a Inputs, rows: &[u32], noise: &Noise<'_>, phase: Phase) -> Self {
        let fill = Fill::of(inputs, rows);
        let count = rows.iter().map(|&row| inputs.ratings.row(row as usize).len()).sum();
        let mut entries = Rows::with_capacity(rows.len(), count);
        let mut ratings = Vec::with_capacity(count);
        let mut corrupted = noise.applies(phase).then(|| vec![false; count]);
        for (place, &row) in rows.iter().enumerate() {
            let (row, start) = (row as usize, ratings.len());
            let (stored, factor) = (inputs.ratings.row(row), inputs.factor(row));
            ratings.extend(stored.values.iter().map(|value| value * factor));
            let shown = &mut ratings[start..];
            if let Some(corrupted) = &mut corrupted {
                noise.corrupt_observed(row, phase, shown, |entry| corrupted[start + entry] = true);
            }
            entries.columns.extend_from_slice(stored.columns);
            match &fill {
                Some(fill) => {
                    entries.values.extend(shown.iter().zip(stored.columns).map(|(v, &c)| v - fill.at(place, c)))
                }
                None => entries.values.extend_from_slice(shown),
            }
            if let Some(side) = &inputs.side {
                let (side, before) = (side.row(row), inputs.ratings.columns() as u32);
                entries.columns.extend(side.columns.iter().map(|column| column + before));
                entries.values.extend_from_slice(side.values);
            }
            entries.end_row();
        }
        Self { entries, fill, ratings, corrupted }
    }
}

impl Input<'_> {
    /// These ratings, as they are shown, less their fill.
    pub(super) fn exceeding(&self, ratings: &Rows) -> Rows {
        let mut shown = Rows::with_capacity(ratings.len(), ratings.columns.len());
        for row in 0..ratings.len() {
            let columns = &ratings.columns[ratings.row(row)];
            shown.columns.extend_from_slice(columns);
            shown.values.extend_from_slice(&self.entries.values[self.entries.row(row)][..columns.len()]);
            shown.end_row();
        }
        shown
    }
}

impl<'a> Fill<'a> {
    fn of(inputs: &'a Inputs, rows: &[u32]) -> Option<Self> {
        let is_zero = |values: &[f32]| values.iter().all(|&value| value == 0.0);
        let factor: Vec<f32> = rows.iter().map(|&row| inputs.factor(row as usize)).collect();
        let row: Vec<f32> = rows.iter().zip(&factor).map(|(&row, by)| inputs.fill.row[row as usize] * by).collect();
        let column = inputs.fill.column.as_deref().filter(|column| !is_zero(column));
        let columns = inputs.ratings.columns();
        (column.is_some() || !is_zero(&row)).then_some(Self { row, factor, column, columns })
    }

    /// What stands for an unobserved rating in this column of a row of the batch.
    pub(super) fn at(&self, row: usize, column: u32) -> f32 {
        self.row[row] + self.column.map_or(0.0, |fill| self.factor[row] * fill[column as usize])
    }
}
