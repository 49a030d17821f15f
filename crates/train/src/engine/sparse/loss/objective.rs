//! What the objective says of a batch: how far its outputs are from the ratings, and what that says to the last layer.

use hourglass_models::Model;
use tch::Tensor;

use super::all_columns::{Everywhere, compares_everywhere};
use super::gram::compares_by_gram;
use crate::engine::sparse::Compute;
use crate::engine::sparse::batch::Batch;
use crate::engine::sparse::batch::entries::Rows;
use crate::engine::sparse::kernel::memory::numbers;
use crate::engine::sparse::network::decode::LastLayer;
use crate::noise::Phase;
use crate::objective::{Fit, Outputs};
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
        let of_last = self.pull_back(layer, &batch.targets, &of_sums);
        Judged::at_entries(sum, count, of_last, of_sums, &batch.targets, layer.bias.len())
    }
}

impl Judged {
    /// Of what is known at entries `[entries]`.
    pub(super) fn at_entries(
        sum: f64,
        count: f64,
        of_last: Vec<f32>,
        of_sums: Vec<f32>,
        targets: &Rows,
        columns: usize,
    ) -> Self {
        let of_offsets = targets.sums_of_columns(&of_sums, columns);
        Self { sum, count, of_last, of_offsets, at_entries: Some(of_sums), everywhere: None }
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
