//! The loss of a batch and its gradients, as far as tensors compute them: the body, the objective, and the penalties.

use hourglass_models::{Boundary, Forward, Mode, Model, Parameter};
use tch::{Kind, Tensor};

use super::batch::Batch;
use super::entries::{Columns, Rows};
use super::everywhere::Everywhere;
use super::judge::Judged;
use super::memory::numbers;
use super::{Compute, Places};
use crate::Task;
use crate::engine::shown;
use crate::loss::{Loss, loss};
use crate::step::Moment;
use crate::stream::Purpose;

/// What a batch says.
pub(super) struct Descent {
    /// Without what the boundary layers' weights add to the penalty on squared weights.
    pub(super) loss: Loss,
    /// Of each parameter; undefined for the boundary layers' weights.
    pub(super) gradients: Vec<Tensor>,
    /// The last hidden layer `[batch, last]`.
    pub(super) last: Tensor,
    /// The gradient of the first layer's sums `[batch, first]`.
    pub(super) of_first: Tensor,
    /// Of the last layer's weights, what comes from sums at observed entries: their gradient `[entries]`.
    pub(super) at_entries: Option<Tensor>,
    /// And what comes from all sums.
    pub(super) everywhere: Option<Everywhere>,
}

impl Descent {
    /// The gradients that become those of the boundary layers.
    pub(super) fn of_boundaries(&self) -> Vec<&Tensor> {
        let of_sums = match &self.everywhere {
            Some(Everywhere::Sums { of_sums, .. }) => Some(of_sums),
            // It is a product of sums that are finite, if the loss is.
            Some(Everywhere::Gram(_)) | None => None,
        };
        [&self.of_first].into_iter().chain(&self.at_entries).chain(of_sums).collect()
    }
}

impl Compute {
    pub(super) fn descend(
        &self,
        task: &Task<'_>,
        model: &dyn Model,
        places: &Places,
        moment: Moment<'_>,
        rows: &[u32],
        batch: &Batch<'_>,
    ) -> Descent {
        let parameters = model.parameters();
        let forward = self.forward(task, model, moment, rows, batch);
        let last = without_vanished(&forward.pass.last.detach());
        let Judged { fit, of_last, of_offsets, at_entries, everywhere } =
            self.judge(task, model, &last, rows, batch, moment.pass.phase());
        let others: Vec<Parameter> = model
            .parameters()
            .into_iter()
            .enumerate()
            .filter(|(p, _)| !places.weights.contains(p))
            .map(|(_, p)| p)
            .collect();
        let loss = loss(task, model, &others, &forward, fit, None, moment.epochs());

        let through_last = (&forward.pass.last * of_last).sum(Kind::Float);
        let body = |place: &usize| !places.weights.contains(place) && !places.biases.contains(place);
        let inside: Vec<usize> = (0..parameters.len()).filter(body).collect();
        let inputs: Vec<&Tensor> =
            [&forward.first].into_iter().chain(inside.iter().map(|&place| &parameters[place].tensor)).collect();
        let mut found = Tensor::run_backward(&[&loss.total + through_last], &inputs, false, false).into_iter();
        let of_first = without_vanished(&found.next().expect("one gradient for each input"));
        let mut gradients: Vec<Tensor> = parameters.iter().map(|_| Tensor::new()).collect();
        inside.into_iter().zip(found).for_each(|(place, gradient)| gradients[place] = gradient);
        let [of_encoder, of_decoder] = places.biases;
        gradients[of_encoder] = of_first.sum_dim_intlist(0, false, Kind::Float);
        gradients[of_decoder] = of_offsets;
        Descent { loss, gradients, last, of_first, at_entries, everywhere }
    }

    /// Up to the last hidden layer; the first layer's sums are where autograd begins.
    pub(super) fn forward(
        &self,
        task: &Task<'_>,
        model: &dyn Model,
        moment: Moment<'_>,
        rows: &[u32],
        batch: &Batch<'_>,
    ) -> Forward {
        let [encoder, _] = super::boundaries(model);
        let first = self.encode(numbers(&encoder.weight), numbers(&encoder.bias), &batch.input);
        let first = matrix(&first, rows.len()).set_requires_grad(true);
        let mut generator = task.streams().generator(Purpose::Dropout, moment.epoch, moment.batch);
        let mut mode = Mode::Train { generator: &mut generator, epochs: moment.epochs() };
        let pass = model.body(&first, &shown::batch(task.inputs, rows, task.device), &mut mode);
        Forward { first, pass, outputs: Tensor::new() }
    }

    /// The last layer's sums at these entries `[entries]`.
    pub(super) fn sums(&self, decoder: &Boundary, last: &Tensor, entries: &Rows) -> Tensor {
        let sums = self.decode(numbers(&decoder.weight), numbers(&decoder.bias), numbers(last), entries);
        Tensor::from_slice(&sums)
    }
}

/// A tensor of so many rows.
pub(super) fn matrix(numbers: &[f32], rows: usize) -> Tensor {
    Tensor::from_slice(numbers).view([rows as i64, -1])
}

/// What saturated units give, and what comes back through them, is far below any rounding error; its products and squares would
/// be denormal numbers, with which processors compute a hundred times slower.
const VANISHED: f32 = 1e-15;

/// The same numbers, 0 where they have vanished.
pub(super) fn without_vanished(tensor: &Tensor) -> Tensor {
    let tensor = tensor.contiguous();
    let kept = numbers(&tensor).iter().map(|&number| if number.abs() < VANISHED { 0.0 } else { number });
    Tensor::from_slice(&kept.collect::<Vec<f32>>()).view_as(&tensor)
}

/// `[columns]`.
pub(super) fn column_sums(columns: &Columns, values: &[f32]) -> Tensor {
    let sorted = columns.sorted(values);
    let sums: Vec<f32> = (0..columns.len()).map(|column| sorted[columns.column(column)].iter().sum()).collect();
    Tensor::from_slice(&sums)
}
