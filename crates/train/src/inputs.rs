//! What the network is shown of each row: ratings, the fill of the others, and side information.

use hourglass_data::{Axis, Csr, FittedFill};

/// Ratings as rows of network input.
#[derive(Debug)]
pub struct Inputs {
    /// Those that are shown `[rows, columns]`.
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
    /// Lays `[users, items]` ratings that the network is shown, and their fill, out so that rows are users, or items. The side
    /// information `[rows, width]` is that of the rows already; its width may be 0.
    pub fn new(shown: &Csr, fill: FittedFill, side: &Csr, rows: Axis) -> Self {
        let (ratings, fill) = match rows {
            Axis::Users => (shown.clone(), Fill { row: fill.user, column: fill.item }),
            Axis::Items => {
                let row = fill.item.unwrap_or_else(|| vec![0.0; shown.columns()]);
                (shown.transpose(), Fill { row, column: Some(fill.user) })
            }
        };
        Self { ratings, fill, side: (side.columns() > 0).then(|| side.clone()) }
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

/// Ratings that a network is asked for, and what it is shown when it is asked: never they themselves.
#[derive(Debug, Clone, Copy)]
pub struct HeldOut<'a> {
    /// The training ratings, or fold-in ratings of users whom the network has not learned from.
    pub inputs: &'a Inputs,
    /// `[rows, columns]`.
    pub ratings: &'a Csr,
}

/// Held-out ratings as rows of network output.
pub fn held_out(part: &Csr, rows: Axis) -> Csr {
    match rows {
        Axis::Users => part.clone(),
        Axis::Items => part.transpose(),
    }
}
