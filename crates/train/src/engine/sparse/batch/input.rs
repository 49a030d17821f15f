//! What a batch of rows shows the network: the entries that exceed the fill. Noise at observed ratings leaves them as many as they
//! are; where noise reaches all cells, every cell that is not zero is an entry, unless it puts a number of its own into each.

use tch::Tensor;

use super::entries::Rows;
use crate::engine::sparse::loss::descent::matrix;
use crate::inputs::Inputs;
use crate::noise::{Noise, Phase};

/// What a batch of rows shows the network.
#[derive(Debug)]
pub(crate) struct Input<'a> {
    /// What a cell exceeds its fill by, where it does: ratings, and whatever noise has reached; then side information, whose
    /// columns follow those of the ratings.
    pub(crate) entries: Rows,
    /// All cells, side information included, where noise has put a number of its own into each; then there are no entries
    /// `[batch, inputs]`.
    pub(crate) cells: Option<Tensor>,
    /// The fill, where it is not zero everywhere; nothing, where noise has reached it.
    pub(crate) fill: Option<Fill<'a>>,
    /// The ratings as they are shown, scaled and corrupted `[ratings]`.
    pub(crate) ratings: Vec<f32>,
    /// Whether noise has corrupted them; nothing, where there was none `[ratings]`.
    pub(crate) corrupted: Option<Vec<bool>>,
}

/// The fill of a batch: `row[r] + factor[r] column[c]` at the columns of ratings.
#[derive(Debug)]
pub(crate) struct Fill<'a> {
    /// `[batch]`.
    pub(crate) row: Vec<f32>,
    /// By which rows are scaled `[batch]`.
    pub(crate) factor: Vec<f32>,
    /// Zero everywhere, where there is none `[columns]`.
    pub(crate) column: Option<&'a [f32]>,
    /// Of ratings.
    pub(crate) columns: usize,
}

impl<'a> Input<'a> {
    /// These rows, corrupted.
    pub(crate) fn of(inputs: &'a Inputs, rows: &[u32], noise: &Noise<'_>, phase: Phase) -> Self {
        if noise.reaches_unobserved(phase) {
            Self::of_cells(inputs, rows, noise, phase)
        } else {
            Self::of_ratings(inputs, rows, noise, phase)
        }
    }

    /// Where noise reaches ratings alone.
    fn of_ratings(inputs: &'a Inputs, rows: &[u32], noise: &Noise<'_>, phase: Phase) -> Self {
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
                    entries.values.extend(shown.iter().zip(stored.columns).map(|(v, &c)| v - fill.at(place, c)));
                }
                None => entries.values.extend_from_slice(shown),
            }
            end_row(&mut entries, inputs, row);
        }
        Self { entries, cells: None, fill, ratings, corrupted }
    }

    /// Where it reaches every cell.
    fn of_cells(inputs: &'a Inputs, rows: &[u32], noise: &Noise<'_>, phase: Phase) -> Self {
        let columns = inputs.ratings.columns();
        let (mut cells, mut is_corrupted) = (vec![0.0; columns], vec![false; columns]);
        let mut entries = Rows::with_capacity(rows.len(), 0);
        let mut all = noise.fills(inputs, phase).then(|| Vec::with_capacity(rows.len() * inputs.width()));
        let (mut ratings, mut corrupted) = (Vec::new(), Vec::new());
        for row in rows.iter().map(|&row| row as usize) {
            is_corrupted.fill(false);
            inputs.write_row(row, &mut cells);
            noise.corrupt_row(inputs, row, phase, &mut cells, &mut is_corrupted);
            let rated = || inputs.ratings.row(row).columns.iter().map(|&column| column as usize);
            ratings.extend(rated().map(|column| cells[column]));
            corrupted.extend(rated().map(|column| is_corrupted[column]));
            if let Some(all) = &mut all {
                extend_with_row(all, &cells, inputs, row);
                entries.end_row();
                continue;
            }
            for (column, &cell) in (0..).zip(&cells).filter(|(_, cell)| **cell != 0.0) {
                entries.columns.push(column);
                entries.values.push(cell);
            }
            end_row(&mut entries, inputs, row);
        }
        let cells = all.map(|all| matrix(&all, rows.len()));
        Self { entries, cells, fill: None, ratings, corrupted: Some(corrupted) }
    }
}

/// Adds a row of cells, and behind them its side information.
fn extend_with_row(all: &mut Vec<f32>, cells: &[f32], inputs: &Inputs, row: usize) {
    all.extend_from_slice(cells);
    if let Some(side) = &inputs.side {
        let start = all.len();
        all.resize(start + side.columns(), 0.0);
        let of_row = side.row(row);
        of_row.columns.iter().zip(of_row.values).for_each(|(&column, &value)| all[start + column as usize] = value);
    }
}

/// Adds the row's side information, with which it ends.
fn end_row(entries: &mut Rows, inputs: &Inputs, row: usize) {
    if let Some(side) = &inputs.side {
        let (side, before) = (side.row(row), inputs.ratings.columns() as u32);
        entries.columns.extend(side.columns.iter().map(|column| column + before));
        entries.values.extend_from_slice(side.values);
    }
    entries.end_row();
}

impl Input<'_> {
    /// These ratings, as they are shown, less their fill.
    pub(crate) fn exceeding(&self, ratings: &Rows) -> Rows {
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
    pub(crate) fn at(&self, row: usize, column: u32) -> f32 {
        self.row[row] + self.column.map_or(0.0, |fill| self.factor[row] * fill[column as usize])
    }
}
