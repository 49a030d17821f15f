//! The last layer where it is needed: outputs at the entries that are asked for, and what their gradient says to the layer
//! before.

use std::sync::atomic::{AtomicU32, Ordering};

use super::encode::neighbours;
use crate::engine::sparse::Compute;
use crate::engine::sparse::batch::entries::Rows;

/// Jobs for each thread: whoever began late does fewer.
const JOBS: usize = 4;

/// Fewest numbers of weights in one job: it must be longer than handing it out.
const NUMBERS: usize = 1 << 14;

impl Compute {
    /// `h · W_c + b_c` at each entry, with the last hidden layer `[batch, last]`, weights `[columns, last]` and offsets
    /// `[columns]`: `[entries]`.
    pub(crate) fn decode(&self, weight: &[f32], bias: &[f32], last: &[f32], entries: &Rows) -> Vec<f32> {
        let width = last.len() / entries.len();
        // Each is written by one job; jobs are of neighbouring columns, whose entries lie apart.
        let sums: Vec<AtomicU32> = entries.columns.iter().map(|_| AtomicU32::new(0)).collect();
        let jobs = entries.areas(neighbours(width), JOBS * self.team.len(), NUMBERS / width);
        self.team.each(jobs, |(rows, columns)| {
            let mut products = Vec::new();
            for row in rows {
                let places = entries.places(row, &columns);
                let columns = &entries.columns[places.clone()];
                products.resize(columns.len(), 0.0);
                self.vector.dot_rows(&mut products, &last[row * width..][..width], weight, columns);
                for ((sum, product), &column) in sums[places].iter().zip(&products).zip(columns) {
                    sum.store((product + bias[column as usize]).to_bits(), Ordering::Relaxed);
                }
            }
        });
        sums.into_iter().map(|sum| f32::from_bits(sum.into_inner())).collect()
    }

    /// The gradient of the last hidden layer from that of the sums at the entries: `Σ_c g_rc W_c`, `[batch, last]`.
    pub(crate) fn pull_back(&self, weight: &[f32], width: usize, entries: &Rows, gradient: &[f32]) -> Vec<f32> {
        self.weighted_sums(weight, width, entries, gradient, |_, _, _| {})
    }
}
