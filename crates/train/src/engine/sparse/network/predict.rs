//! Predictions at the entries that are asked for.

use hourglass_models::{Mode, Model};
use tch::Tensor;

use super::evaluate::Settled;
use crate::Task;
use crate::engine::shown;
use crate::engine::sparse::batch::entries::Rows;
use crate::engine::sparse::batch::input::Input;
use crate::engine::sparse::batch::observed;
use crate::engine::sparse::kernel::team::OneTensorThread;
use crate::engine::sparse::loss::all_columns::compares_everywhere;
use crate::engine::sparse::loss::descent::{matrix, without_vanished};
use crate::engine::sparse::loss::gram::compares_by_gram;
use crate::engine::sparse::{Compute, boundaries};
use crate::inputs::{HeldOut, Inputs};
use crate::noise::Phase;
use crate::objective::{Fit, Outputs};

impl Compute {
    /// The last hidden layer of some rows of what the network is shown `[batch, last]`; where all outputs are needed, these
    /// `[batch, outputs]`.
    pub(crate) fn pass(&self, task: &Task<'_>, model: &dyn Model, shown: &Inputs, rows: &[u32]) -> Tensor {
        let _tensors = OneTensorThread::new();
        let [encoder, _] = boundaries(model);
        let input = Input::of(shown, rows, &task.noise(), Phase::Evaluate);
        let first = self.encode(&encoder, &input);
        let last = match Settled::of(model) {
            Some(settled) => matrix(&self.settle(&settled, first, rows.len()), rows.len()),
            None => {
                let batch = shown::batch(shown, rows, task.device);
                without_vanished(&model.body(&matrix(&first, rows.len()), &batch, &mut Mode::Evaluate).last)
            }
        };
        if compares_everywhere(task) { self.readable(task, model, last) } else { last }
    }

    /// The outputs for these rows' stored ratings `[entries]`, and how far they are from them.
    pub(crate) fn predict(
        &self,
        task: &Task<'_>,
        model: &dyn Model,
        pass: &Tensor,
        asked: HeldOut<'_>,
        rows: &[u32],
    ) -> (Tensor, Fit) {
        let _tensors = OneTensorThread::new();
        if compares_everywhere(task) {
            return match compares_by_gram(task, rows.len()) {
                true => self.read_by_gram(model, pass, asked, rows),
                false => self.read_everywhere(task, pass, asked, rows),
            };
        }
        let [_, decoder] = boundaries(model);
        let targets = Rows::of(asked.ratings, rows);
        let predicted = model.output_activation().apply(&self.sums(&decoder, pass, &targets));
        let observed = observed(&targets, asked.ratings.columns()).with(&predicted);
        (predicted, task.objective.fit(&Outputs { all: None, observed }))
    }
}
