//! The last layer where it is needed: outputs at the entries that are asked for, and what their gradient says to the layer
//! before.

use std::ops::Range;

use hourglass_models::Boundary;

use super::encode::neighbours;
use crate::engine::sparse::Compute;
use crate::engine::sparse::batch::entries::Rows;
use crate::engine::sparse::kernel::memory::numbers;

/// Jobs for each thread, where each fetches weights of its own: whoever began late does fewer.
const JOBS: usize = 4;

/// Fewest numbers of weights in one job: it must be longer than handing it out.
const NUMBERS: usize = 1 << 14;

/// The numbers of a last layer: weights `[columns, width]` and offsets `[columns]`.
#[derive(Clone, Copy)]
pub(crate) struct LastLayer<'a> {
    pub(crate) weight: &'a [f32],
    pub(crate) bias: &'a [f32],
    pub(crate) width: usize,
}

impl<'a> LastLayer<'a> {
    pub(crate) fn of(Boundary { weight, bias }: &'a Boundary) -> Self {
        Self { weight: numbers(weight), bias: numbers(bias), width: weight.size()[1] as usize }
    }
}

impl Compute {
    /// `h · W_c + b_c` at each entry, with the last hidden layer `[batch, last]`: `[entries]`.
    pub(crate) fn decode(&self, layer: LastLayer<'_>, last: &[f32], entries: &Rows) -> Vec<f32> {
        let mut sums = vec![0.0; entries.columns.len()];
        let mut rest = &mut sums[..];
        let mut job = |rows: Range<usize>| {
            let count = entries.of_rows(&rows).len();
            (rows, rest.split_off_mut(..count).expect("each row is in one job"))
        };
        let jobs = self.row_jobs(layer, entries).into_iter().map(&mut job).collect();
        self.team.each(jobs, |(rows, sums): (Range<usize>, &mut [f32])| {
            let first = entries.of_rows(&rows).start;
            entries.visit(rows, neighbours(layer.width), |row, places| {
                let sums = &mut sums[places.start - first..places.end - first];
                self.sums_at(layer, &last[row * layer.width..][..layer.width], &entries.columns[places], sums);
            });
        });
        sums
    }

    /// Rows of a batch in jobs of about as many entries. Where rows share columns, a job for each thread: it fetches all weights.
    pub(crate) fn row_jobs(&self, layer: LastLayer<'_>, entries: &Rows) -> Vec<Range<usize>> {
        let of_thread = if entries.share_columns() { 1 } else { JOBS };
        entries.parts(of_thread * self.team.len(), NUMBERS / layer.width)
    }

    /// The sums of a row with this last hidden layer `[last]` at some columns.
    #[inline]
    pub(crate) fn sums_at(&self, layer: LastLayer<'_>, last: &[f32], columns: &[u32], sums: &mut [f32]) {
        self.vector.dot_rows(sums, last, layer.weight, columns);
        sums.iter_mut().zip(columns).for_each(|(sum, &column)| *sum += layer.bias[column as usize]);
    }

    /// The gradient of the last hidden layer from that of the sums at the entries: `Σ_c g_rc W_c`, `[batch, last]`.
    pub(crate) fn pull_back(&self, layer: LastLayer<'_>, entries: &Rows, gradient: &[f32]) -> Vec<f32> {
        self.weighted_sums(layer.weight, layer.width, entries, gradient, |_, _, _| {})
    }
}
