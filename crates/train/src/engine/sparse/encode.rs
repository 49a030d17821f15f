//! The first layer's sums, from the observed entries alone. With the fill `row[r] + column[c]`,
//!
//! ```text
//! (x W)ᵣ = Σ_{c observed} (x_rc − fill_rc) W_c + row[r] Σ_c W_c + Σ_c column[c] W_c
//! ```
//!
//! so that a fill costs one pass over the weights a batch, whatever it is.

use super::Compute;
use super::batch::{Fill, Input, Rows};

/// Rows of a batch in one job: enough that a job is longer than handing it out.
pub(super) const ROWS: usize = 16;

/// Rows of weights summed up in one job.
const COLUMNS: usize = 64;

impl Compute {
    /// `x W + b` of an input with weights `[inputs, first]` and offsets `[first]`, `[batch, first]`.
    pub(super) fn encode(&self, weight: &[f32], bias: &[f32], input: &Input<'_>) -> Vec<f32> {
        let Some(fill) = &input.fill else {
            return self.weighted_sums(weight, bias.len(), &input.entries, &input.entries.values, |_, sums| {
                sums.copy_from_slice(bias);
            });
        };
        let [of_row, of_column] = self.fill_sums(weight, bias.len(), fill);
        self.weighted_sums(weight, bias.len(), &input.entries, &input.entries.values, |row, sums| {
            let fill = fill.row[row];
            for (sum, ((&bias, &row), &column)) in sums.iter_mut().zip(bias.iter().zip(&of_row).zip(&of_column)) {
                *sum = bias + fill * row + column;
            }
        })
    }

    /// For each row of the batch, `start` and the sum of the weight rows of its entries, each times the entry's value:
    /// `[batch, width]`.
    pub(super) fn weighted_sums(
        &self,
        weight: &[f32],
        width: usize,
        entries: &Rows,
        values: &[f32],
        start: impl Fn(usize, &mut [f32]) + Send + Sync,
    ) -> Vec<f32> {
        let mut sums = vec![0.0; entries.len() * width];
        let jobs = sums.chunks_mut(ROWS * width).enumerate().collect();
        self.team.each(jobs, |(job, sums): (usize, &mut [f32])| {
            for (row, sums) in (job * ROWS..).zip(sums.chunks_mut(width)) {
                start(row, sums);
                let places = entries.row(row);
                self.vector.add_rows(sums, weight, &entries.columns[places.clone()], &values[places]);
            }
        });
        sums
    }

    /// `Σ_c W_c` and `Σ_c column[c] W_c` over the columns of ratings.
    fn fill_sums(&self, weight: &[f32], width: usize, fill: &Fill<'_>) -> [Vec<f32>; 2] {
        let blocks = fill.columns.div_ceil(COLUMNS);
        let mut partial = vec![0.0; blocks * 2 * width];
        let (ones, all) = (vec![1.0; COLUMNS], (0..fill.columns as u32).collect::<Vec<_>>());
        let jobs = partial.chunks_mut(2 * width).zip(all.chunks(COLUMNS)).collect();
        self.team.each(jobs, |(sums, columns): (&mut [f32], &[u32])| {
            let (of_row, of_column) = sums.split_at_mut(width);
            self.vector.add_rows(of_row, weight, columns, &ones[..columns.len()]);
            if let Some(fill) = fill.column {
                let first = columns[0] as usize;
                self.vector.add_rows(of_column, weight, columns, &fill[first..first + columns.len()]);
            }
        });
        let mut sums = [vec![0.0; width], vec![0.0; width]];
        for partial in partial.chunks(2 * width) {
            for (sum, partial) in sums.iter_mut().flatten().zip(partial) {
                *sum += partial;
            }
        }
        sums
    }
}
