//! The first layer's sums, from the observed entries alone. With the fill `row[r] + column[c]`,
//!
//! ```text
//! (x W)ᵣ = Σ_{c observed} (x_rc − fill_rc) W_c + row[r] Σ_c W_c + Σ_c column[c] W_c
//! ```
//!
//! so that a fill costs one pass over the weights a batch, whatever it is.

use super::Compute;
use super::batch::{Fill, Input, Rows};

/// Fewest rows of a batch in one job: enough that a job is longer than handing it out.
const ROWS: usize = 16;

/// Numbers of weights that stay in a processor's own cache while rows of a batch use them.
const CACHED: usize = 1 << 17;

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
        let rows = self.rows_in_a_job(entries.len());
        let mut sums = vec![0.0; entries.len() * width];
        let jobs = sums.chunks_mut(rows * width).enumerate().collect();
        self.team.each(jobs, |(job, sums): (usize, &mut [f32])| {
            let first = job * rows;
            (first..).zip(sums.chunks_mut(width)).for_each(|(row, sums)| start(row, sums));
            entries.visit(first..first + sums.len() / width, neighbours(width), |row, places| {
                let sums = &mut sums[(row - first) * width..][..width];
                self.vector.add_rows(sums, weight, &entries.columns[places.clone()], &values[places]);
            });
        });
        sums
    }

    /// All threads at once, each with as many rows as there are for it: they share what is in its cache.
    pub(super) fn rows_in_a_job(&self, rows: usize) -> usize {
        rows.div_ceil(self.team.len()).max(ROWS)
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

/// How many neighbouring rows of weights stay in the cache.
pub(super) fn neighbours(width: usize) -> usize {
    CACHED.div_ceil(width)
}
