//! A number as one column.

use super::{Columns, Values};
use crate::Error;

pub(super) fn encode(values: &Values<'_>) -> Result<Columns, Error> {
    Ok(standardise(values, &values.numbers()?, values.name.to_owned()))
}

/// One column of `(row, number)`, less the mean and in units of the standard deviation, both of those with training ratings;
/// zeros where these all have the same number. So a missing number, which is 0 too, counts as the mean.
pub(super) fn standardise(values: &Values<'_>, numbers: &[(u32, f64)], name: String) -> Columns {
    let learned: Vec<f64> =
        numbers.iter().filter(|(row, _)| values.is_rated(*row)).map(|&(_, number)| number).collect();
    // Summed from the first one, so that equal numbers have no deviation that is due to rounding.
    let origin = learned.first().copied().unwrap_or(0.0);
    let count = learned.len().max(1) as f64;
    let mean = origin + learned.iter().map(|number| number - origin).sum::<f64>() / count;
    let variance = learned.iter().map(|number| (number - mean).powi(2)).sum::<f64>() / count;
    let scale = if variance > 0.0 { variance.sqrt().recip() } else { 0.0 };
    let entry = |&(row, number): &(u32, f64)| (row, 0, ((number - mean) * scale) as f32);
    Columns { names: vec![name], entries: numbers.iter().map(entry).collect() }
}
