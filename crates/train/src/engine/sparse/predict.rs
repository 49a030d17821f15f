//! Predictions at the entries that are asked for.

use hourglass_data::Csr;
use hourglass_models::{Mode, Model};
use tch::Tensor;

use super::batch::{Input, observed};
use super::descent::{matrix, without_vanished};
use super::entries::Rows;
use super::memory::numbers;
use super::team::OneTensorThread;
use super::{Compute, boundaries};
use crate::Task;
use crate::engine::shown;
use crate::inputs::Inputs;
use crate::noise::Phase;
use crate::objective::{Fit, Outputs};

impl Compute {
    /// The last hidden layer of some rows of what the network is shown `[batch, last]`.
    pub(crate) fn last(&self, task: &Task<'_>, model: &dyn Model, shown: &Inputs, rows: &[u32]) -> Tensor {
        let _tensors = OneTensorThread::new();
        let [encoder, _] = boundaries(model);
        let input = Input::of(shown, rows, &task.noise(), Phase::Evaluate);
        let first = matrix(&self.encode(numbers(&encoder.weight), numbers(&encoder.bias), &input), rows.len());
        without_vanished(&model.body(&first, &shown::batch(shown, rows, task.device), &mut Mode::Evaluate).last)
    }

    /// The outputs for these rows' stored ratings `[entries]`, and how far they are from them.
    pub(crate) fn predict(
        &self,
        task: &Task<'_>,
        model: &dyn Model,
        last: &Tensor,
        ratings: &Csr,
        rows: &[u32],
    ) -> (Tensor, Fit) {
        let _tensors = OneTensorThread::new();
        let [_, decoder] = boundaries(model);
        let targets = Rows::of(ratings, rows);
        let predicted = model.output_activation().apply(&self.sums(&decoder, last, &targets));
        let observed = observed(&targets, ratings.columns()).with(&predicted);
        (predicted, task.objective.fit(&Outputs { all: None, observed }))
    }
}
