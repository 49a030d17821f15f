//! Squared errors at observed entries: from the last hidden layer to their outputs and back in one pass, so that a row of weights is
//! fetched once for both.

use std::ops::Range;

use hourglass_models::Model;

use super::objective::Judged;
use crate::engine::sparse::Compute;
use crate::engine::sparse::batch::Batch;
use crate::engine::sparse::batch::entries::Rows;
use crate::engine::sparse::network::decode::LastLayer;
use crate::engine::sparse::network::encode::neighbours;
use crate::objective::masked_mse;

/// How errors are told from outputs, and what their squares count for.
struct Squares<'a> {
    config: &'a masked_mse::Config,
    /// By which outputs are multiplied, and what is added then.
    scale: [f32; 2],
    /// `[entries]`.
    wanted: &'a [f32],
    /// `[entries]`.
    corrupted: Option<&'a [bool]>,
    /// Of the outputs.
    columns: usize,
    /// 2 over what the sum is divided by.
    of_mean: f64,
}

/// Some rows of a batch, and what is found of them.
struct Job<'a> {
    rows: Range<usize>,
    /// Of each row, the sum of its squared errors with their weights `[rows]`.
    sums: &'a mut [f64],
    /// The gradient of the last hidden layer `[rows, last]`.
    of_last: &'a mut [f32],
    /// That of the sums at their entries.
    of_sums: &'a mut [f32],
}

impl Compute {
    /// What squared errors say of the outputs at the observed entries.
    pub(super) fn judge_squares(
        &self,
        config: &masked_mse::Config,
        model: &dyn Model,
        layer: LastLayer<'_>,
        last: &[f32],
        batch: &Batch<'_>,
    ) -> Judged {
        let (targets, width, columns) = (&batch.targets, layer.width, layer.bias.len());
        let (activation, stretch) = model.output_activation().formula();
        let count = config.count(targets.filled(), targets.columns.len());
        let squares = Squares {
            config,
            scale: stretch.map(|number| number as f32),
            wanted: batch.wanted(),
            corrupted: batch.corrupted(),
            columns,
            of_mean: 2.0 / count.max(1.0),
        };
        let mut sums = vec![0.0; targets.len()];
        let (mut of_last, mut of_sums) = (vec![0.0; last.len()], vec![0.0; targets.columns.len()]);
        let all = Job { rows: 0..targets.len(), sums: &mut sums, of_last: &mut of_last, of_sums: &mut of_sums };
        self.team.each(all.shared_out(self.row_jobs(layer, targets), targets, width), |job: Job<'_>| {
            let Job { rows, sums, of_last, of_sums } = job;
            let (first_row, first) = (rows.start, targets.of_rows(&rows).start);
            let mut slopes = Vec::new();
            targets.visit(rows, neighbours(width), |row, places| {
                let at = &targets.columns[places.clone()];
                let of_sums = &mut of_sums[places.start - first..places.end - first];
                self.sums_at(layer, &last[row * width..][..width], at, of_sums);
                slopes.resize(of_sums.len(), 0.0);
                self.vector.activate(activation, of_sums, &mut slopes);
                sums[row - first_row] += squares.of_outputs(targets.row(row).len(), places, of_sums, &slopes);
                let of_last = &mut of_last[(row - first_row) * width..][..width];
                self.vector.add_rows(of_last, layer.weight, width, at, of_sums);
            });
        });
        Judged::at_entries(sums.iter().sum(), count, of_last, of_sums, targets, columns)
    }
}

impl Squares<'_> {
    /// The sum at these places of a row with so many entries, whose outputs become the gradient of the layer's sums.
    fn of_outputs(&self, entries: usize, places: Range<usize>, outputs: &mut [f32], slopes: &[f32]) -> f64 {
        let weights = [false, true].map(|is_corrupted| self.config.weight(entries, self.columns, is_corrupted));
        let ([scale, shift], mut sum) = (self.scale, 0.0);
        for ((place, output), slope) in places.zip(outputs).zip(slopes) {
            let weight = weights[usize::from(self.corrupted.is_some_and(|corrupted| corrupted[place]))];
            let error = *output * scale + shift - self.wanted[place];
            sum += weight * f64::from(error * error);
            *output = (weight * self.of_mean) as f32 * error * slope * scale;
        }
        sum
    }
}

impl Job<'_> {
    /// The same for each of these ranges, which together are all rows.
    fn shared_out(mut self, ranges: Vec<Range<usize>>, targets: &Rows, width: usize) -> Vec<Self> {
        let job = |rows: Range<usize>| Self {
            sums: self.sums.split_off_mut(..rows.len()).expect("each row is in one range"),
            of_last: self.of_last.split_off_mut(..rows.len() * width).expect("each row is in one range"),
            of_sums: self.of_sums.split_off_mut(..targets.of_rows(&rows).len()).expect("each row is in one range"),
            rows,
        };
        ranges.into_iter().map(job).collect()
    }
}
