//! One step: forward, loss, gradient, update.

use hourglass_models::{Mode, Model, Parameter};
use tch::{Kind, Tensor};

use crate::engine::dense::{self, Entries};
use crate::noise::Phase;
use crate::objective::Loss;
use crate::state::State;
use crate::stream::Purpose;
use crate::{Error, Task};

/// Learns from one batch of rows, and returns the loss and its parts (see
/// [`part_names`](crate::ObjectiveConfig::part_names)).
pub(crate) fn step(
    task: &Task<'_>,
    state: &mut State,
    epoch: usize,
    batch: usize,
    rows: &[u32],
) -> Result<Vec<f64>, Error> {
    let parameters = state.model.parameters();
    let loss = loss(task, state.model.as_ref(), &parameters, epoch, batch, rows);
    let values: Vec<f64> = [&loss.total].into_iter().chain(&loss.parts).map(|part| part.double_value(&[])).collect();
    if !values[0].is_finite() {
        let rows = rows.iter().take(5).map(u32::to_string).collect::<Vec<_>>().join(", ");
        return Err(Error::NonFiniteLoss { loss: values[0], epoch, batch, rows });
    }
    // The gradient of this batch alone: nothing is accumulated that could be forgotten to be cleared.
    let tensors: Vec<&Tensor> = parameters.iter().map(|parameter| &parameter.tensor).collect();
    let mut gradients = Tensor::run_backward(&[&loss.total], &tensors, false, false);
    if let Some(longest) = task.train.clip_gradient {
        clip(&mut gradients, longest.get());
    }
    state.optimizer.step(&parameters, &gradients);
    Ok(values)
}

/// Scales gradients so that their joint Euclidean norm is at most `longest`.
fn clip(gradients: &mut [Tensor], longest: f64) {
    let squares: Tensor = gradients.iter().map(|gradient| gradient.square().sum(Kind::Float)).sum();
    // On the device: a look at the norm would wait for it.
    let factor = (squares.sqrt().clamp_min(longest)).reciprocal() * longest;
    gradients.iter_mut().for_each(|gradient| drop(gradient.g_mul_(&factor)));
}

fn loss(
    task: &Task<'_>,
    model: &dyn Model,
    parameters: &[Parameter],
    epoch: usize,
    batch: usize,
    rows: &[u32],
) -> Loss {
    let mut masks = task.streams().generator(Purpose::Dropout, epoch, batch);
    let x = dense::densify(task.inputs, rows, &task.noise(), Phase::Train(epoch), task.device);
    let outputs = dense::forward(model, &x, Mode::Train(&mut masks));
    let entries = Entries::of(&task.inputs.ratings, rows);
    let predicted = dense::gather(&outputs, &entries);
    task.objective.loss(&dense::observed(predicted, &entries), parameters)
}
