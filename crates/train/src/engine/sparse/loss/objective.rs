//! What the objective says of a batch: how far its outputs are from the ratings, and what that says to the last layer.

use std::ops::Range;

use hourglass_models::Model;
use tch::Tensor;

use super::all_columns::{Everywhere, compares_everywhere};
use super::gram::compares_by_gram;
use crate::engine::sparse::Compute;
use crate::engine::sparse::batch::Batch;
use crate::engine::sparse::batch::entries::Rows;
use crate::engine::sparse::kernel::memory::numbers;
use crate::engine::sparse::network::decode::LastLayer;
use crate::engine::sparse::network::encode::neighbours;
use crate::noise::Phase;
use crate::objective::{Fit, Outputs, masked_mse};
use crate::{ObjectiveConfig, Task};

/// What the objective says; gradients are of the mean, which is the sum over the count.
pub(crate) struct Judged {
    pub(crate) sum: f64,
    /// Rows, entries, or what else the objective averages over.
    pub(crate) count: f64,
    /// The gradient of the last hidden layer `[batch, last]`.
    pub(crate) of_last: Vec<f32>,
    /// That of the last layer's offsets `[outputs]`.
    pub(crate) of_offsets: Vec<f32>,
    /// Of the last layer's weights, what comes from sums at observed entries: their gradient `[entries]`.
    pub(crate) at_entries: Option<Vec<f32>>,
    /// And what comes from all sums.
    pub(crate) everywhere: Option<Everywhere>,
}

impl Compute {
    /// Of these rows, whose last hidden layer this is `[batch, last]`.
    pub(crate) fn judge(
        &self,
        task: &Task<'_>,
        model: &dyn Model,
        last: &[f32],
        rows: &[u32],
        batch: &Batch<'_>,
        phase: Phase,
    ) -> Judged {
        if !compares_everywhere(task) {
            self.judge_at_entries(task, model, last, batch)
        } else if compares_by_gram(task, rows.len()) {
            self.judge_by_gram(task, model, last, batch)
        } else {
            self.judge_everywhere(task, model, last, rows, phase)
        }
    }

    /// Of the outputs at the observed entries.
    fn judge_at_entries(&self, task: &Task<'_>, model: &dyn Model, last: &[f32], batch: &Batch<'_>) -> Judged {
        let decoder = model.decoder().expect("a network with plain boundaries has a last layer");
        let layer = LastLayer::of(&decoder);
        if let ObjectiveConfig::MaskedMse(config) = task.objective {
            return self.judge_squares(config, model, layer, last, batch);
        }
        let sums = self.decode(layer, last, &batch.targets);
        let (sum, count, of_sums) = fit_by_autograd(task, model, &sums, batch);
        let of_last = self.pull_back(layer.weight, layer.width, &batch.targets, &of_sums);
        Judged::at_entries(sum, count, of_last, of_sums, &batch.targets, layer.bias.len())
    }

    /// Squared errors: from the last hidden layer to the outputs, and back, while the weights of their columns are at hand.
    fn judge_squares(
        &self,
        config: &masked_mse::Config,
        model: &dyn Model,
        layer: LastLayer<'_>,
        last: &[f32],
        batch: &Batch<'_>,
    ) -> Judged {
        let (activation, stretch) = model.output_activation().formula();
        let [scale, shift] = stretch.map(|number| number as f32);
        let (targets, wanted, corrupted) = (&batch.targets, batch.wanted(), batch.corrupted());
        let (width, columns) = (layer.width, layer.bias.len());
        let count = config.count(targets.filled(), wanted.len());
        let of_mean = 2.0 / count.max(1.0);
        let mut squares = vec![0.0; targets.len()];
        let (mut of_last, mut of_sums) = (vec![0.0; last.len()], vec![0.0; wanted.len()]);
        let jobs =
            Judging::jobs(self.row_jobs(layer, targets), targets, width, &mut squares, &mut of_last, &mut of_sums);
        self.team.each(jobs, |Judging { rows, squares, of_last, of_sums }| {
            let (first_row, first) = (rows.start, targets.of_rows(&rows).start);
            let mut slopes = Vec::new();
            targets.visit(rows, neighbours(width), |row, places| {
                let of_row = (row - first_row) * width..(row - first_row + 1) * width;
                let numbers = &mut of_sums[places.start - first..places.end - first];
                let at = &targets.columns[places.clone()];
                self.sums_at(layer, &last[row * width..][..width], at, numbers);
                slopes.resize(numbers.len(), 0.0);
                self.vector.activate(activation, numbers, &mut slopes);
                let entries = targets.row(row).len();
                let weights = [false, true].map(|is_corrupted| config.weight(entries, columns, is_corrupted));
                for ((place, number), slope) in places.zip(&mut *numbers).zip(&slopes) {
                    let weight = weights[usize::from(corrupted.is_some_and(|corrupted| corrupted[place]))];
                    let error = *number * scale + shift - wanted[place];
                    squares[row - first_row] += weight * f64::from(error * error);
                    *number = (weight * of_mean) as f32 * error * slope * scale;
                }
                self.vector.add_rows(&mut of_last[of_row], layer.weight, width, at, numbers);
            });
        });
        Judged::at_entries(squares.iter().sum(), count, of_last, of_sums, targets, columns)
    }
}

impl Judged {
    /// Of what is known at entries `[entries]`.
    fn at_entries(sum: f64, count: f64, of_last: Vec<f32>, of_sums: Vec<f32>, targets: &Rows, columns: usize) -> Self {
        let of_offsets = targets.sums_of_columns(&of_sums, columns);
        Self { sum, count, of_last, of_offsets, at_entries: Some(of_sums), everywhere: None }
    }
}

/// Some rows of a batch, and what is found of them.
struct Judging<'a> {
    rows: Range<usize>,
    /// Of each row, the sum of its squared errors with their weights `[rows]`.
    squares: &'a mut [f64],
    /// The gradient of the last hidden layer `[rows, last]`.
    of_last: &'a mut [f32],
    /// That of the sums at their entries.
    of_sums: &'a mut [f32],
}

impl<'a> Judging<'a> {
    /// Jobs of these rows, which together are all.
    fn jobs(
        rows: Vec<Range<usize>>,
        targets: &Rows,
        width: usize,
        mut squares: &'a mut [f64],
        mut of_last: &'a mut [f32],
        mut of_sums: &'a mut [f32],
    ) -> Vec<Self> {
        let of = |rows: Range<usize>| {
            let expected = "each row is in one job";
            Self {
                squares: squares.split_off_mut(..rows.len()).expect(expected),
                of_last: of_last.split_off_mut(..rows.len() * width).expect(expected),
                of_sums: of_sums.split_off_mut(..targets.of_rows(&rows).len()).expect(expected),
                rows,
            }
        };
        rows.into_iter().map(of).collect()
    }
}

/// The sum of any objective that looks at observed entries alone, its count, and the gradient of the layer's sums `[entries]`.
fn fit_by_autograd(task: &Task<'_>, model: &dyn Model, sums: &[f32], batch: &Batch<'_>) -> (f64, f64, Vec<f32>) {
    let sums = Tensor::from_slice(sums).set_requires_grad(true);
    let columns = task.inputs.ratings.columns();
    let observed = batch.observed(&model.output_activation().apply(&sums), columns);
    let Fit { sum, count } = task.objective.fit(&Outputs { all: None, observed });
    let of_sums = Tensor::run_backward(&[&sum / count.max(1.0)], &[&sums], false, false).remove(0);
    (sum.double_value(&[]), count, numbers(&of_sums).to_vec())
}
