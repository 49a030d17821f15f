//! The last layer where it is needed: outputs at the entries that are asked for, and what their gradient says to the layer
//! before.

use std::ops::Range;

use super::encode::neighbours;
use crate::engine::sparse::Compute;
use crate::engine::sparse::batch::entries::Rows;

/// Jobs for each thread: whoever began late does fewer.
const JOBS: usize = 4;

/// Fewest numbers of weights in one job: it must be longer than handing it out.
const NUMBERS: usize = 1 << 14;

/// Neighbouring entries of a row.
struct Piece<'a> {
    row: usize,
    places: Range<usize>,
    /// At these places.
    sums: &'a mut [f32],
}

impl Compute {
    /// `h · W_c + b_c` at each entry, with the last hidden layer `[batch, last]`, weights `[columns, last]` and offsets
    /// `[columns]`: `[entries]`.
    pub(crate) fn decode(&self, weight: &[f32], bias: &[f32], last: &[f32], entries: &Rows) -> Vec<f32> {
        let width = last.len() / entries.len();
        let mut sums = vec![0.0; entries.columns.len()];
        let jobs = self.pieces(&mut sums, width, entries);
        self.team.each(jobs, |pieces| {
            for Piece { row, places, sums } in pieces {
                let columns = &entries.columns[places];
                self.vector.dot_rows(sums, &last[row * width..][..width], weight, columns);
                sums.iter_mut().zip(columns).for_each(|(sum, &column)| *sum += bias[column as usize]);
            }
        });
        sums
    }

    /// All entries in jobs of about the same size, in the order of [`Rows::visit`]: where rows share columns, a job is of
    /// neighbouring ones, and no other job fetches their weights.
    fn pieces<'a>(&self, sums: &'a mut [f32], width: usize, entries: &Rows) -> Vec<Vec<Piece<'a>>> {
        let size = sums.len().div_ceil(JOBS * self.team.len()).max(NUMBERS / width);
        let mut rest: Vec<&mut [f32]> = Vec::with_capacity(entries.len());
        let mut after = sums;
        rest.extend(
            (0..entries.len()).map(|row| after.split_off_mut(..entries.row(row).len()).expect("a sum an entry")),
        );
        let (mut jobs, mut room) = (Vec::new(), 0);
        entries.visit(0..entries.len(), neighbours(width), |row, places| {
            if room == 0 {
                jobs.push(Vec::new());
                room = size;
            }
            room = room.saturating_sub(places.len());
            let sums = rest[row].split_off_mut(..places.len()).expect("each entry is visited once");
            jobs.last_mut().expect("pushed above").push(Piece { row, places, sums });
        });
        jobs
    }

    /// The gradient of the last hidden layer from that of the sums at the entries: `Σ_c g_rc W_c`, `[batch, last]`.
    pub(crate) fn pull_back(&self, weight: &[f32], width: usize, entries: &Rows, gradient: &[f32]) -> Vec<f32> {
        self.weighted_sums(weight, width, entries, gradient, |_, _, _| {})
    }
}
