//! What the objective says of a batch: how far its outputs are from the ratings, and what that says to the last layer.

use hourglass_models::{Boundary, Model};
use tch::Tensor;

use super::all_columns::{Everywhere, compares_everywhere};
use super::gram::compares_by_gram;
use crate::engine::sparse::Compute;
use crate::engine::sparse::batch::Batch;
use crate::engine::sparse::kernel::memory::numbers;
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
        let Boundary { weight, bias } = model.decoder().expect("a network with plain boundaries has a last layer");
        let (weight, bias) = (numbers(&weight), numbers(&bias));
        let sums = self.decode(weight, bias, last, &batch.targets);
        let (sum, count, of_sums) = match task.objective {
            ObjectiveConfig::MaskedMse(config) => self.squares_of(config, model, sums, batch, bias.len()),
            _ => fit_by_autograd(task, model, &sums, batch),
        };
        Judged {
            sum,
            count,
            of_last: self.pull_back(weight, last.len() / batch.targets.len(), &batch.targets, &of_sums),
            of_offsets: batch.targets.sums_of_columns(&of_sums, bias.len()),
            at_entries: Some(of_sums),
            everywhere: None,
        }
    }

    /// The sum of squared errors of the outputs with these sums, its count, and the gradient of the sums `[entries]`.
    fn squares_of(
        &self,
        config: &masked_mse::Config,
        model: &dyn Model,
        sums: Vec<f32>,
        batch: &Batch<'_>,
        columns: usize,
    ) -> (f64, f64, Vec<f32>) {
        let (activation, stretch) = model.output_activation().formula();
        let [scale, shift] = stretch.map(|number| number as f32);
        let (mut outputs, mut slopes) = (sums, vec![0.0; batch.targets.columns.len()]);
        self.activate(activation, &mut outputs, &mut slopes);
        let (targets, wanted, corrupted) = (&batch.targets, batch.wanted(), batch.corrupted());
        let count = config.count(targets.filled(), wanted.len());
        let (mut sum, of_mean) = (0.0, 2.0 / count.max(1.0));
        for row in 0..targets.len() {
            let places = targets.row(row);
            let weights = [false, true].map(|is_corrupted| config.weight(places.len(), columns, is_corrupted));
            for place in places {
                let weight = weights[usize::from(corrupted.is_some_and(|corrupted| corrupted[place]))];
                let error = outputs[place] * scale + shift - wanted[place];
                sum += weight * f64::from(error * error);
                outputs[place] = (weight * of_mean) as f32 * error * slopes[place] * scale;
            }
        }
        (sum, count, outputs)
    }
}

/// The same for any objective that looks at observed entries alone.
fn fit_by_autograd(task: &Task<'_>, model: &dyn Model, sums: &[f32], batch: &Batch<'_>) -> (f64, f64, Vec<f32>) {
    let sums = Tensor::from_slice(sums).set_requires_grad(true);
    let columns = task.inputs.ratings.columns();
    let observed = batch.observed(&model.output_activation().apply(&sums), columns);
    let Fit { sum, count } = task.objective.fit(&Outputs { all: None, observed });
    let of_sums = Tensor::run_backward(&[&sum / count.max(1.0)], &[&sums], false, false).remove(0);
    (sum.double_value(&[]), count, numbers(&of_sums).to_vec())
}
