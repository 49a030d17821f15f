//! What the network is shown of each row: ratings, the fill of the others, and side information.

use hourglass_data::{Axis, Csr, FittedFill, FittedGroups, Scale, Texts};
use serde::{Deserialize, Serialize};

/// `input.scale`: how long the rows are that the network is shown; what is asked of it stays as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RowScale {
    /// As long as their ratings make them.
    #[default]
    None,
    /// Divided by the Euclidean norm of their observed ratings, before noise (Mult-VAE and Mult-DAE, Liang et al. 2018). A row
    /// whose norm is 0 stays as it is.
    UnitNorm,
}

/// `input.target`: what the outputs are compared with in training. Measured are clean ratings, whatever this says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// The ratings: denoising (Vincent et al. 2008).
    #[default]
    Clean,
    /// What the network is shown of them, noise and all: nothing is denoised. For comparison with trainings that do so.
    Noisy,
}

/// Ratings as rows of network input.
#[derive(Debug)]
pub struct Inputs {
    /// Those that are shown `[rows, columns]`.
    pub ratings: Csr,
    /// What stands for an unobserved rating.
    pub fill: Fill,
    /// Side information of each row `[rows, width]`, appended to the ratings.
    pub side: Option<Csr>,
    /// How the rows are scaled.
    pub scale: RowScale,
    /// The group of each row, where rows are grouped.
    pub groups: Option<RowGroups>,
    /// The text of each row, where rows have texts.
    pub texts: Option<Texts>,
    /// Which of the rows that were learned from each is, −1 for none of them; nothing, where row r is row r `[rows]`.
    pub numbers: Option<Vec<i64>>,
}

/// Which rows belong together.
#[derive(Debug, Clone)]
pub struct RowGroups {
    /// From 0 `[rows]`.
    pub of_row: Vec<u32>,
    /// How many groups there are.
    pub count: usize,
}

/// A fill without its matrix: the value of cell (r, c) is `row[r] + column[c]`.
#[derive(Debug, Clone)]
pub struct Fill {
    /// `[rows]`.
    pub row: Vec<f32>,
    /// `[columns]`; absent means zero everywhere.
    pub column: Option<Vec<f32>>,
}

impl Fill {
    /// Whether nothing stands for what is not observed.
    pub(crate) fn is_zero(&self) -> bool {
        self.row.iter().chain(self.column.iter().flatten()).all(|&value| value == 0.0)
    }
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
        let side = (side.columns() > 0).then(|| side.clone());
        Self { ratings, fill, side, scale: RowScale::None, groups: None, texts: None, numbers: None }
    }

    /// The same rows with other ratings; what stands for the unobserved ones stays.
    pub(crate) fn with_ratings(&self, ratings: Csr) -> Self {
        let Self { fill, side, scale, groups, texts, numbers, .. } = self;
        let (fill, side, groups) = (fill.clone(), side.clone(), groups.clone());
        Self { ratings, fill, side, scale: *scale, groups, texts: texts.clone(), numbers: numbers.clone() }
    }

    /// The same rows, scaled.
    pub fn scaled(self, scale: RowScale) -> Self {
        Self { scale, ..self }
    }

    /// The same rows, grouped by what the network is shown of them.
    pub fn grouped(self, groups: &FittedGroups) -> Self {
        let groups = RowGroups { of_row: groups.of_rows(&self.ratings), count: groups.count() };
        Self { groups: Some(groups), ..self }
    }

    /// The same rows with their texts.
    pub fn with_texts(self, texts: Option<Texts>) -> Self {
        Self { texts, ..self }
    }

    /// The same as other rows than those that were learned from, or as some of them; −1 stands for none `[rows]`.
    pub fn numbered(self, numbers: Vec<i64>) -> Self {
        Self { numbers: Some(numbers), ..self }
    }

    /// What this row is multiplied by, once ratings and fill are in it.
    pub(crate) fn factor(&self, row: usize) -> f32 {
        match self.scale {
            RowScale::None => 1.0,
            RowScale::UnitNorm => unit_factor(self.ratings.row(row).values),
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
        let factor = self.factor(row);
        if factor != 1.0 {
            cells.iter_mut().for_each(|cell| *cell *= factor);
        }
    }
}

/// 1 / the Euclidean norm, or 1 where that is 0.
fn unit_factor(values: &[f32]) -> f32 {
    let norm = values.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>().sqrt();
    if norm > 0.0 { (1.0 / norm) as f32 } else { 1.0 }
}

/// A rating on one scale as the same share of another.
pub fn rescale(rating: f32, from: Scale, to: Scale) -> f32 {
    let [minimum, maximum, low, high] = [from.minimum, from.maximum, to.minimum, to.maximum].map(f64::from);
    (low + (f64::from(rating) - minimum) / (maximum - minimum) * (high - low)) as f32
}

/// Ratings that a network is asked for, and what it is shown when it is asked: never they themselves.
#[derive(Debug, Clone, Copy)]
pub struct HeldOut<'a> {
    /// The training ratings, or fold-in ratings of users whom the network has not learned from.
    pub inputs: &'a Inputs,
    /// `[rows, columns]`.
    pub ratings: &'a Csr,
    /// What each member of a blend predicts for them `[members][ratings]`; nothing, where the model is none.
    pub by_members: &'a [Vec<f32>],
}

/// Held-out ratings as rows of network output.
pub fn held_out(part: &Csr, rows: Axis) -> Csr {
    match rows {
        Axis::Users => part.clone(),
        Axis::Items => part.transpose(),
    }
}
