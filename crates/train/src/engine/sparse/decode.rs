//! The last layer where it is needed: outputs at the entries that are asked for, and what their gradient says to the layer
//! before.

use super::Compute;
use super::batch::Rows;
use super::encode::ROWS;

impl Compute {
    /// `h · W_c + b_c` at each entry, with the last hidden layer `[batch, last]`, weights `[columns, last]` and offsets
    /// `[columns]`: `[entries]`.
    pub(super) fn decode(&self, weight: &[f32], bias: &[f32], last: &[f32], entries: &Rows) -> Vec<f32> {
        let width = last.len() / entries.len();
        let mut sums = vec![0.0; entries.columns.len()];
        let (mut jobs, mut rest) = (Vec::new(), &mut sums[..]);
        for first in (0..entries.len()).step_by(ROWS) {
            let rows = first..(first + ROWS).min(entries.len());
            let count = rows.clone().map(|row| entries.row(row).len()).sum();
            let (sums, after) = rest.split_at_mut(count);
            jobs.push((rows, sums));
            rest = after;
        }
        self.team.each(jobs, |(rows, mut sums)| {
            for row in rows {
                let columns = &entries.columns[entries.row(row)];
                let (of_row, after) = sums.split_at_mut(columns.len());
                self.vector.dot_rows(of_row, &last[row * width..][..width], weight, columns);
                of_row.iter_mut().zip(columns).for_each(|(sum, &column)| *sum += bias[column as usize]);
                sums = after;
            }
        });
        sums
    }

    /// The gradient of the last hidden layer from that of the sums at the entries: `Σ_c g_rc W_c`, `[batch, last]`.
    pub(super) fn pull_back(&self, weight: &[f32], width: usize, entries: &Rows, gradient: &[f32]) -> Vec<f32> {
        self.weighted_sums(weight, width, entries, gradient, |_, _| {})
    }
}
