//! The loss of a batch and its gradients but for those of the boundary layers' weights: those of the body, by hand where it is a
//! [stack](super::super::network::stack) of layers, else by autograd.

use hourglass_models::{Boundary, Forward, Generator, Mode, Model};
use tch::{Kind, Tensor};

use super::all_columns::Everywhere;
use super::objective::Judged;
use crate::Task;
use crate::engine::shown;
use crate::engine::sparse::batch::Batch;
use crate::engine::sparse::batch::entries::Rows;
use crate::engine::sparse::kernel::memory::numbers;
use crate::engine::sparse::network::activate::unless_vanished;
use crate::engine::sparse::network::decode::LastLayer;
use crate::engine::sparse::network::stack::{Layer, Stack};
use crate::engine::sparse::{Compute, Network};
use crate::loss::{Loss, loss};
use crate::objective::Fit;
use crate::step::{Measured, Moment};
use crate::stream::Purpose;

/// What a batch says.
pub(crate) struct Descent {
    /// The parts of the loss, without what the boundary layers' weights add to the penalty on squared weights.
    pub(crate) parts: Vec<Measured>,
    /// Of each parameter; nothing for the boundary layers' weights, and for what took no part.
    pub(crate) gradients: Vec<Option<Vec<f32>>>,
    /// The last hidden layer `[batch, last]`.
    pub(crate) last: Vec<f32>,
    /// The gradient of the first layer's sums `[batch, first]`.
    pub(crate) of_first: Vec<f32>,
    /// Of the last layer's weights, what comes from sums at observed entries: their gradient `[entries]`.
    pub(crate) at_entries: Option<Vec<f32>>,
    /// And what comes from all sums.
    pub(crate) everywhere: Option<Everywhere>,
}

impl Descent {
    /// Whether the gradients that become those of the boundary layers are numbers.
    pub(crate) fn is_finite(&self) -> bool {
        let of_sums = match &self.everywhere {
            Some(Everywhere::Cells { cells, .. }) => numbers(cells),
            // It is a product of sums that are finite, if the loss is.
            Some(Everywhere::Gram(_)) | None => &[],
        };
        [&self.of_first, self.at_entries.as_deref().unwrap_or_default(), of_sums].into_iter().all(are_finite)
    }
}

/// A batch on its way through the body.
enum Body<'n> {
    ByHand(&'n Stack, Vec<Layer>),
    ByAutograd(Box<Forward>),
}

impl Compute {
    pub(crate) fn descend(
        &self,
        task: &Task<'_>,
        model: &dyn Model,
        network: &Network,
        moment: Moment<'_>,
        rows: &[u32],
        batch: &Batch<'_>,
    ) -> Descent {
        let [encoder, _] = crate::engine::sparse::boundaries(model);
        let first = self.encode(&encoder, &batch.input);
        let mut generator = task.streams().generator(Purpose::Dropout, moment.epoch, moment.batch);
        let (body, last) = match &network.stack {
            Some(stack) => {
                let layers = self.raise(stack, first, rows.len(), moment.epochs(), &mut generator);
                let last = layers.last().expect("a network has a hidden layer").values.clone();
                (Body::ByHand(stack, layers), last)
            }
            None => {
                let forward = forward(task, model, moment, rows, &first, &mut generator);
                let last = numbers(&without_vanished(&forward.pass.last.detach())).to_vec();
                (Body::ByAutograd(Box::new(forward)), last)
            }
        };
        let mut judged = self.judge(task, model, &last, rows, batch, moment.pass.phase());
        let mut gradients: Vec<Option<Vec<f32>>> = network.parameters.iter().map(|_| None).collect();
        let (parts, of_first) = match body {
            Body::ByHand(stack, layers) => {
                let of_last = std::mem::take(&mut judged.of_last);
                let of_first = self.lower(stack, &layers, rows.len(), of_last, &mut gradients);
                let terms = layers.iter().filter_map(Layer::divergence);
                (self.parts(task, network, &judged, terms, rows.len(), &mut gradients), of_first)
            }
            Body::ByAutograd(forward) => {
                descend_by_autograd(task, model, network, moment, &forward, &judged, &mut gradients)
            }
        };
        let [of_encoder, of_decoder] = network.places.biases;
        gradients[of_encoder] = Some(self.sums_over_rows(&of_first, encoder.bias.numel()));
        let Judged { of_offsets, at_entries, everywhere, .. } = judged;
        gradients[of_decoder] = Some(of_offsets);
        Descent { parts, gradients, last, of_first, at_entries, everywhere }
    }

    /// The last layer's sums at these entries `[entries]`.
    pub(crate) fn sums(&self, decoder: &Boundary, last: &Tensor, entries: &Rows) -> Tensor {
        let sums = self.decode(LastLayer::of(decoder), numbers(last), entries);
        Tensor::from_slice(&sums)
    }
}

/// Up to the last hidden layer; the first layer's sums `[batch, first]` are where autograd begins.
pub(crate) fn forward(
    task: &Task<'_>,
    model: &dyn Model,
    moment: Moment<'_>,
    rows: &[u32],
    first: &[f32],
    generator: &mut Generator,
) -> Forward {
    let first = matrix(first, rows.len()).set_requires_grad(true);
    let mut mode = Mode::Train { generator, epochs: moment.epochs() };
    let pass = model.body(&first, &shown::batch(task.inputs, rows, task.device), &mut mode);
    Forward { first, pass, outputs: Tensor::new() }
}

/// The parts of the loss, and the gradient of the first layer's sums `[batch, first]`; those of the body's parameters are put
/// where they belong.
fn descend_by_autograd(
    task: &Task<'_>,
    model: &dyn Model,
    network: &Network,
    moment: Moment<'_>,
    forward: &Forward,
    judged: &Judged,
    gradients: &mut [Option<Vec<f32>>],
) -> (Vec<Measured>, Vec<f32>) {
    let places = &network.places;
    let others = model.parameters().into_iter().enumerate().filter(|(place, _)| !places.weights.contains(place));
    let others: Vec<_> = others.map(|(_, parameter)| parameter).collect();
    let fit = Fit { sum: Tensor::from(judged.sum as f32), count: judged.count };
    let Loss { total, parts } = loss(task, model, &others, forward, fit, None, moment.epochs());
    let of_last = matrix(&judged.of_last, forward.pass.last.size()[0] as usize);
    let through_last = (&forward.pass.last * of_last).sum(Kind::Float);
    let body = |place: &usize| !places.weights.contains(place) && !places.biases.contains(place);
    let inside: Vec<usize> = (0..network.parameters.len()).filter(body).collect();
    let of_body = inside.iter().map(|&place| &network.parameters[place].tensor);
    let inputs: Vec<&Tensor> = [&forward.first].into_iter().chain(of_body).collect();
    let mut found = Tensor::run_backward(&[&total + through_last], &inputs, false, false).into_iter();
    let of_first = without_vanished(&found.next().expect("one gradient for each input"));
    for (place, gradient) in inside.into_iter().zip(found).filter(|(_, gradient)| gradient.defined()) {
        gradients[place] = Some(numbers(&gradient.contiguous()).to_vec());
    }
    let measured = parts.iter().map(|part| Measured { value: part.value.double_value(&[]), weight: part.weight });
    (measured.collect(), numbers(&of_first).to_vec())
}

/// Whether all are numbers.
fn are_finite(numbers: &[f32]) -> bool {
    // The largest exponent tells of infinities and of what is no number; the largest of all is found side by side.
    const NOT_FINITE: u32 = 0x7f80_0000;
    numbers.iter().fold(0, |largest, number| largest.max(number.to_bits() & !(1 << 31))) < NOT_FINITE
}

/// A tensor of so many rows.
pub(crate) fn matrix(numbers: &[f32], rows: usize) -> Tensor {
    Tensor::from_slice(numbers).view([rows as i64, -1])
}

/// The same numbers, 0 where they have [vanished](super::super::network::activate::VANISHED).
pub(crate) fn without_vanished(tensor: &Tensor) -> Tensor {
    let tensor = tensor.contiguous();
    let kept: Vec<f32> = numbers(&tensor).iter().map(|&number| unless_vanished(number)).collect();
    Tensor::from_slice(&kept).view_as(&tensor)
}
