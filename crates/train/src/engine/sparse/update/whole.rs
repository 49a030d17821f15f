//! The sparse engine where a step needs whole gradients: an optimizer looks at all of them before the first weight changes, or the
//! boundary layers' weights are themselves computed from others.
//!
//! Everything up to the gradients of the boundary layers' weights is as in the other steps; then these are written out, `G`, and
//! `Σ W ∘ G` carries them to the parameters that `W` is made of. What follows is the step of the dense engine.

use hourglass_models::{self as models, Boundary, Forward, Mode, Model, Output, Parameter, Pass};
use tch::{Kind, Tensor};

use super::gradient::{Gradients, products};
use crate::engine::sparse::batch::Batch;
use crate::engine::sparse::kernel::memory::{numbers, numbers_mut};
use crate::engine::sparse::kernel::team::OneTensorThread;
use crate::engine::sparse::loss::all_columns::Everywhere;
use crate::engine::sparse::loss::descent::{Descent, forward, matrix, without_vanished};
use crate::engine::sparse::loss::objective::Judged;
use crate::engine::sparse::{Compute, boundaries};
use crate::loss::{Loss, loss};
use crate::objective::Fit;
use crate::reading::Told;
use crate::state::State;
use crate::step::{Moment, learn};
use crate::stream::Purpose;
use crate::{Error, Task};

/// Rows of weights in one job.
const ROWS: usize = 128;

/// The engine while it trains.
pub(crate) struct Written {
    compute: Compute,
}

impl Written {
    pub(crate) fn new() -> Self {
        Self { compute: Compute::new() }
    }

    /// Learns from one batch of rows, and tells of its loss.
    pub(crate) fn step(
        &self,
        task: &Task<'_>,
        state: &mut State,
        moment: Moment<'_>,
        rows: &[u32],
    ) -> Result<Told, Error> {
        let _tensors = OneTensorThread::new();
        let batch = Batch::of(task, rows, moment.pass.phase());
        let loss_of = |model: &dyn Model, parameters: &[Parameter]| {
            let (loss, forward, gradients) = self.descend(task, model, parameters, moment, rows, &batch);
            // Not all of them have been computed; only re-feeding, which this engine leaves to the other, asks for them.
            let outputs = Tensor::from_slice::<f32>(&[]);
            (Loss { total: with_gradients(&loss.total, &gradients), ..loss }, Forward { outputs, ..forward })
        };
        Ok(learn(task, state, moment, rows, &loss_of)?.told)
    }

    /// The loss of a batch, and tensors with their gradients: parameters, and the boundary layers' weights and offsets.
    fn descend(
        &self,
        task: &Task<'_>,
        model: &dyn Model,
        parameters: &[Parameter],
        moment: Moment<'_>,
        rows: &[u32],
        batch: &Batch<'_>,
    ) -> (Loss, Forward, Vec<(Tensor, Tensor)>) {
        let layers = boundaries(model);
        let lent = Lent { model, layers: layers.each_ref().map(Boundary::detached) };
        let [encoder, _] = &lent.layers;
        let first = self.compute.encode(encoder, &batch.input);
        let mut generator = task.streams().generator(Purpose::Dropout, moment.epoch, moment.batch);
        let forward = forward(task, model, moment, rows, &first, &mut generator);
        let last = numbers(&without_vanished(&forward.pass.last.detach())).to_vec();
        let judged = self.compute.judge(task, &lent, &last, rows, batch, moment.pass.phase());
        let fit = Fit { sum: Tensor::from(judged.sum as f32), count: judged.count };
        let loss = loss(task, model, parameters, &forward, fit, None, moment.epochs());
        let of_last = matrix(&judged.of_last, rows.len());
        let through_last = (&forward.pass.last * of_last).sum(Kind::Float);
        let own = parameters.iter().map(|parameter| &parameter.tensor);
        let inputs: Vec<&Tensor> = [&forward.first].into_iter().chain(own.clone()).collect();
        let mut found = Tensor::run_backward(&[&loss.total + through_last], &inputs, false, false).into_iter();
        let of_first = without_vanished(&found.next().expect("one gradient for each input"));
        let own = own.map(Tensor::shallow_clone).zip(found).filter(|(_, gradient)| gradient.defined());
        let mut gradients: Vec<(Tensor, Tensor)> = own.collect();
        let of_sums = of_first.sum_dim_intlist(0, false, Kind::Float);
        let of_first = numbers(&of_first).to_vec();
        let Judged { of_offsets, at_entries, everywhere, .. } = judged;
        let descent = Descent { parts: Vec::new(), gradients: Vec::new(), last, of_first, at_entries, everywhere };
        let of_layers = self.compute.gradients_of_both(batch, &descent);
        let of_offsets = [of_sums, Tensor::from_slice(&of_offsets)];
        for ((layer, of_layers), of_offsets) in layers.into_iter().zip(&of_layers).zip(of_offsets) {
            let of_weights = self.compute.write(&layer.weight.detach(), of_layers);
            gradients.extend([(layer.weight, of_weights), (layer.bias, of_offsets)]);
        }
        (loss, forward, gradients)
    }
}

/// The same number, with these gradients by these tensors: that of `t g` by `t` is `g`.
fn with_gradients(total: &Tensor, gradients: &[(Tensor, Tensor)]) -> Tensor {
    let product = |(tensor, gradient): &(Tensor, Tensor)| tensor.reshape(-1).dot(&gradient.reshape(-1));
    let linear: Tensor = gradients.iter().map(product).sum();
    total.detach() + (&linear - linear.detach())
}

impl Compute {
    /// The gradient of a boundary layer's weights `[columns, width]`.
    fn write(&self, weights: &Tensor, of_layers: &Gradients<'_>) -> Tensor {
        let (mut gradient, width) = (weights.zeros_like(), weights.size()[1] as usize);
        let blocks = numbers(weights).chunks(ROWS * width).zip(numbers_mut(&mut gradient).chunks_mut(ROWS * width));
        let of = |first, count| of_layers.narrow_everywhere(first, count);
        let jobs = (0..).step_by(ROWS).zip(blocks);
        let jobs =
            jobs.map(|(first, (weights, gradient))| (first, of(first, weights.len() / width), weights, gradient));
        let at_entries = &of_layers.at_entries[..];
        self.team.each(
            jobs.collect(),
            |(first, everywhere, weights, gradient): (usize, Vec<Everywhere>, &[f32], &mut [f32])| {
                let products = products(&everywhere, weights);
                for (place, row) in gradient.chunks_mut(width).enumerate() {
                    self.add_gradients(at_entries, first + place, &products, place, row);
                }
            },
        );
        gradient
    }
}

/// A network whose boundary layers are at hand: they are computed once a step.
struct Lent<'m> {
    model: &'m dyn Model,
    layers: [Boundary; 2],
}

impl Model for Lent<'_> {
    fn parameters(&self) -> Vec<Parameter> {
        self.model.parameters()
    }

    fn encoder(&self) -> Option<Boundary> {
        Some(self.layers[0].share())
    }

    fn decoder(&self) -> Option<Boundary> {
        Some(self.layers[1].share())
    }

    fn body(&self, first: &Tensor, batch: &models::Batch, mode: &mut Mode<'_>) -> Pass {
        self.model.body(first, batch, mode)
    }

    fn output_activation(&self) -> Output {
        self.model.output_activation()
    }

    fn code_is_elementwise(&self) -> bool {
        self.model.code_is_elementwise()
    }
}
