//! What the objective says of a batch: how far its outputs are from the ratings, and what that says to the last layer.

use hourglass_models::Model;
use tch::Tensor;

use super::Compute;
use super::batch::Batch;
use super::descent::{column_sums, matrix};
use super::everywhere::{Everywhere, compares_everywhere};
use super::gram::compares_by_gram;
use super::memory::numbers;
use crate::Task;
use crate::noise::Phase;
use crate::objective::{Fit, Outputs};

/// What the objective says; gradients are of the mean.
pub(super) struct Judged {
    /// Without a gradient.
    pub(super) fit: Fit,
    /// The gradient of the last hidden layer `[batch, last]`.
    pub(super) of_last: Tensor,
    /// That of the last layer's offsets `[outputs]`.
    pub(super) of_offsets: Tensor,
    /// Of the last layer's weights, what comes from sums at observed entries: their gradient `[entries]`.
    pub(super) at_entries: Option<Tensor>,
    /// And what comes from all sums.
    pub(super) everywhere: Option<Everywhere>,
}

impl Compute {
    /// Of these rows, whose last hidden layer this is `[batch, last]`.
    pub(super) fn judge(
        &self,
        task: &Task<'_>,
        model: &dyn Model,
        last: &Tensor,
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
    fn judge_at_entries(&self, task: &Task<'_>, model: &dyn Model, last: &Tensor, batch: &Batch<'_>) -> Judged {
        let decoder = model.decoder().expect("a network with plain boundaries has a last layer");
        let sums = self.sums(&decoder, last, &batch.targets).set_requires_grad(true);
        let observed = batch.observed.with(&model.output_activation().apply(&sums));
        let Fit { sum, count } = task.objective.fit(&Outputs { all: None, observed });
        let of_sums = Tensor::run_backward(&[&sum / count.max(1.0)], &[&sums], false, false).remove(0);
        let size = last.size();
        let back = self.pull_back(numbers(&decoder.weight), size[1] as usize, &batch.targets, numbers(&of_sums));
        Judged {
            fit: Fit { sum: sum.detach(), count },
            of_last: matrix(&back, size[0] as usize),
            of_offsets: column_sums(batch.asked(), numbers(&of_sums)),
            at_entries: Some(of_sums),
            everywhere: None,
        }
    }
}
