//! What a batch is made from: its numbers on the device, before they are put together.

use hourglass_data::{Csr, Texts};
use hourglass_models::{Batch, upload};
use tch::{Device, Tensor};

use super::entries::Entries;
use crate::inputs::RowScale;
use crate::{Inputs, Task};

/// The numbers of some rows of what the network is shown.
#[derive(Debug)]
pub struct Feed {
    /// Row numbers, as 64-bit integers `[batch]`.
    pub(super) rows: Tensor,
    /// The ratings that are shown.
    pub(crate) ratings: Entries,
    /// The row's part of the fill `[batch]`.
    pub(super) row_fill: Tensor,
    /// The column's part, where there is one `[columns]`.
    pub(super) column_fill: Option<Tensor>,
    /// By what each row is multiplied, where rows are scaled `[batch]`.
    pub(super) factors: Option<Tensor>,
    /// Side information, where there is some.
    pub(super) side: Option<Entries>,
    /// The group of each row, as 64-bit integers, where rows are grouped `[batch]`.
    pub(super) groups: Option<Tensor>,
    /// The tokens of each row's text, where rows have texts `[batch, length]`.
    pub(super) text: Option<Tensor>,
    /// What noise makes of the ratings, where it has been drawn for a whole pass.
    pub(super) noisy: Option<Noisy>,
}

/// Ratings that noise has reached.
#[derive(Debug)]
pub(super) struct Noisy {
    /// Scaled and corrupted `[entries]`.
    pub(super) values: Tensor,
    /// 1 where an entry is corrupted, else 0 `[entries]`.
    pub(super) corrupted: Tensor,
}

impl Feed {
    /// Of these rows, from the host.
    pub fn of(task: &Task<'_>, inputs: &Inputs, rows: &[u32]) -> Self {
        let device = task.device;
        let of_rows = |of_row: &dyn Fn(usize) -> f32| {
            upload(&rows.iter().map(|&row| of_row(row as usize)).collect::<Vec<f32>>(), device)
        };
        let Batch { rows: numbers, groups, text, .. } = without_side(inputs, rows, device);
        Self {
            rows: numbers,
            ratings: Entries::on(device, &inputs.ratings, rows, task.classes()),
            row_fill: of_rows(&|row| inputs.fill.row[row]),
            column_fill: inputs.fill.column.as_ref().map(|column| upload(column, device)),
            factors: match inputs.scale {
                RowScale::None => None,
                RowScale::UnitNorm => Some(of_rows(&|row| inputs.factor(row))),
            },
            side: inputs.side.as_ref().map(|side| Entries::on(device, side, rows, None)),
            groups,
            text,
            noisy: None,
        }
    }

    /// What a network may know of these rows besides their ratings.
    pub(crate) fn batch(&self) -> Batch {
        Batch {
            rows: self.rows.shallow_clone(),
            side: self.side.as_ref().map(|side| side.among_zeros(&side.values)),
            groups: self.groups.as_ref().map(Tensor::shallow_clone),
            text: self.text.as_ref().map(Tensor::shallow_clone),
        }
    }

    /// Ratings over fill, scaled `[batch, columns]`.
    pub(super) fn clean(&self) -> Tensor {
        self.scaled(self.ratings.written(self.filled(), &self.ratings.values))
    }

    /// Corrupted ratings over the fill, which is scaled as they are `[batch, columns]`.
    pub(super) fn noisy(&self, noisy: &Noisy) -> Tensor {
        self.ratings.written(self.scaled(self.filled()), &noisy.values)
    }

    fn filled(&self) -> Tensor {
        let size = [self.ratings.rows(), self.ratings.columns as i64];
        let of_rows = self.row_fill.view([-1, 1]).expand(size, false);
        self.column_fill.as_ref().map_or_else(|| of_rows.contiguous(), |of_columns| &of_rows + of_columns)
    }

    fn scaled(&self, cells: Tensor) -> Tensor {
        self.factors.as_ref().map_or_else(|| cells.shallow_clone(), |factors| &cells * factors.view([-1, 1]))
    }
}

/// What a network may know of these rows besides their ratings.
pub(crate) fn batch(inputs: &Inputs, rows: &[u32], device: Device) -> Batch {
    let of = |side: &Csr| Entries::on(device, side, rows, None);
    let side = inputs.side.as_ref().map(of).map(|side| side.among_zeros(&side.values));
    Batch { side, ..without_side(inputs, rows, device) }
}

fn without_side(inputs: &Inputs, rows: &[u32], device: Device) -> Batch {
    let numbers =
        |of_row: &dyn Fn(u32) -> i64| upload(&rows.iter().map(|&row| of_row(row)).collect::<Vec<i64>>(), device);
    let groups = inputs.groups.as_ref().map(|groups| numbers(&|row| i64::from(groups.of_row[row as usize])));
    let text = inputs.texts.as_ref().map(|texts| tokens(texts, rows, device));
    let rows = numbers(&|row| inputs.numbers.as_ref().map_or(i64::from(row), |numbers| numbers[row as usize]));
    Batch { rows, side: None, groups, text }
}

/// The numbers of the tokens of these rows' texts `[batch, length]`.
pub(super) fn tokens(texts: &Texts, rows: &[u32], device: Device) -> Tensor {
    let numbers = rows.iter().flat_map(|&row| texts.row(row as usize)).map(|&number| i64::from(number));
    upload(&numbers.collect::<Vec<i64>>(), device).view([rows.len() as i64, texts.length as i64])
}
