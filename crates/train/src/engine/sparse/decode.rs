//! The last layer where it is needed: outputs at the entries that are asked for, and what their gradient says to the layer
//! before.

use super::Compute;
use super::batch::Rows;
use super::encode::neighbours;

impl Compute {
    /// `h · W_c + b_c` at each entry, with the last hidden layer `[batch, last]`, weights `[columns, last]` and offsets
    /// `[columns]`: `[entries]`.
    pub(super) fn decode(&self, weight: &[f32], bias: &[f32], last: &[f32], entries: &Rows) -> Vec<f32> {
        let width = last.len() / entries.len();
        let mut sums = vec![0.0; entries.columns.len()];
        let (mut jobs, mut rest) = (Vec::new(), &mut sums[..]);
        let size = self.rows_in_a_job(entries.len());
        for first in (0..entries.len()).step_by(size) {
            let rows = first..(first + size).min(entries.len());
            let start = entries.row(first).start;
            let (sums, after) = rest.split_at_mut(entries.row(rows.end - 1).end - start);
            jobs.push((rows, start, sums));
            rest = after;
        }
        self.team.each(jobs, |(rows, start, sums)| {
            entries.visit(rows, neighbours(width), |row, places| {
                let (columns, sums) =
                    (&entries.columns[places.clone()], &mut sums[places.start - start..places.end - start]);
                self.vector.dot_rows(sums, &last[row * width..][..width], weight, columns);
                sums.iter_mut().zip(columns).for_each(|(sum, &column)| *sum += bias[column as usize]);
            });
        });
        sums
    }

    /// The gradient of the last hidden layer from that of the sums at the entries: `Σ_c g_rc W_c`, `[batch, last]`.
    pub(super) fn pull_back(&self, weight: &[f32], width: usize, entries: &Rows, gradient: &[f32]) -> Vec<f32> {
        self.weighted_sums(weight, width, entries, gradient, |_, _| {})
    }
}
