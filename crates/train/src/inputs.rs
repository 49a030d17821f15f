//! What the network is shown of each row: its training ratings, the fill of the others, and side information.

use hourglass_data::{Axis, Csr, FittedFill, SideInfo};

/// The training ratings as rows of network input.
#[derive(Debug)]
pub struct Inputs {
    /// Training ratings `[rows, columns]`.
    pub ratings: Csr,
    /// What stands for an unobserved rating.
    pub fill: Fill,
    /// Side information of each row `[rows, width]`, appended to the ratings.
    pub side: Option<Csr>,
}

/// A fill without its matrix: the value of cell (r, c) is `row[r] + column[c]`.
#[derive(Debug)]
pub struct Fill {
    /// `[rows]`.
    pub row: Vec<f32>,
    /// `[columns]`; absent means zero everywhere.
    pub column: Option<Vec<f32>>,
}

impl Inputs {
    /// Lays training ratings, fill and side information out so that rows are users, or items.
    pub fn new(train: &Csr, fill: FittedFill, side: &SideInfo, rows: Axis) -> Self {
        let zeros = |length: usize| vec![0.0; length];
        match rows {
            Axis::Users => Self {
                ratings: train.clone(),
                fill: Fill { row: fill.user, column: fill.item },
                side: (side.users.columns() > 0).then(|| side.users.clone()),
            },
            Axis::Items => Self {
                ratings: train.transpose(),
                fill: Fill { row: fill.item.unwrap_or_else(|| zeros(train.columns())), column: Some(fill.user) },
                side: None,
            },
        }
    }

    /// How many columns the network reads: the rated ones, then the side information.
    pub fn width(&self) -> usize {
        self.ratings.columns() + self.side.as_ref().map_or(0, Csr::columns)
    }

    /// Writes row `row` as the network would see it without noise or side information.
    pub fn write_row(&self, row: usize, cells: &mut [f32]) {
        match &self.fill.column {
            Some(column) => cells.iter_mut().zip(column).for_each(|(cell, c)| *cell = self.fill.row[row] + c),
            None => cells.fill(self.fill.row[row]),
        }
        let observed = self.ratings.row(row);
        for (&column, &value) in observed.columns.iter().zip(observed.values) {
            cells[column as usize] = value;
        }
    }
}

/// Ratings that are held out of the inputs, as rows of network output.
pub fn held_out(part: &Csr, rows: Axis) -> Csr {
    match rows {
        Axis::Users => part.clone(),
        Axis::Items => part.transpose(),
    }
}
