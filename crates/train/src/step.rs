//! One step: forward, loss, gradient, update.

use hourglass_models::{Forward, Generator, Mode, Model, Parameter, Part};
use tch::{Kind, Tensor};

use crate::alternate::RowPass;
use crate::engine::dense;
use crate::engine::shown::Shown;
use crate::loss::{Loss, loss};
use crate::noise::Phase;
use crate::refeed::refeed;
use crate::state::State;
use crate::stream::Purpose;
use crate::{Error, ObjectiveConfig, Task};

/// Where in a training a step is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// From 1.
    pub(crate) epoch: usize,
    /// From 1.
    pub(crate) batch: usize,
    /// In this epoch.
    pub(crate) batches: usize,
    /// In which the batch is.
    pub(crate) pass: RowPass,
}

impl Moment {
    /// The time since training began, in epochs.
    pub(crate) fn epochs(self) -> f64 {
        (self.epoch - 1) as f64 + (self.batch - 1) as f64 / self.batches as f64
    }

    fn mode(self, generator: &mut Generator) -> Mode<'_> {
        let epochs = self.epochs();
        match self.pass.learns {
            Some(Part::Decoder) => Mode::TrainDecoder { generator, epochs },
            Some(Part::Encoder) | None => Mode::Train { generator, epochs },
        }
    }

    /// When the decoder learns alone, it does so from inputs without noise.
    fn phase(self) -> Phase {
        match self.pass.learns {
            Some(Part::Decoder) => Phase::Evaluate,
            Some(Part::Encoder) | None => Phase::Train(self.pass.number),
        }
    }
}

/// The value of a loss' part in one batch, and what it counts for in the epoch's mean.
pub(crate) struct Measured {
    pub(crate) value: f64,
    pub(crate) weight: f64,
}

/// Learns from one batch of rows, and returns the parts of its loss (see [`part_names`](crate::loss::part_names)).
pub(crate) fn step(task: &Task<'_>, state: &mut State, moment: Moment, rows: &[u32]) -> Result<Vec<Measured>, Error> {
    let parameters = state.model.parameters();
    let (loss, forward) = loss_of(task, state.model.as_ref(), &parameters, moment, rows);
    learn(task, state, &parameters, &loss, moment, rows)?;
    refeed(task, state, moment, rows, &forward.outputs)?;
    Ok(loss.parts.iter().map(|part| Measured { value: part.value.double_value(&[]), weight: part.weight }).collect())
}

/// Changes the weights so that this loss of a batch becomes smaller.
pub(crate) fn learn(
    task: &Task<'_>,
    state: &mut State,
    parameters: &[Parameter],
    loss: &Loss,
    moment: Moment,
    rows: &[u32],
) -> Result<(), Error> {
    let total = loss.total.double_value(&[]);
    if !total.is_finite() {
        let rows = rows.iter().take(5).map(u32::to_string).collect::<Vec<_>>().join(", ");
        return Err(Error::NonFiniteLoss { loss: total, epoch: moment.epoch, batch: moment.batch, rows });
    }
    // The gradient of this batch alone: nothing is accumulated that could be forgotten to be cleared.
    let learns = |parameter: &Parameter| moment.pass.learns.is_none_or(|part| parameter.part == part);
    let parameters: Vec<Parameter> = parameters.into_iter().filter(learns).collect();
    let tensors: Vec<&Tensor> = parameters.iter().map(|parameter| &parameter.tensor).collect();
    let mut gradients = Tensor::run_backward(&[&loss.total], &tensors, false, false);
    if let Some(longest) = task.train.clip_gradient {
        clip(&mut gradients, longest.get());
    }
    state.optimizer_of(moment.pass.learns).step(&parameters, &gradients);
    Ok(())
}

/// Scales gradients so that their joint Euclidean norm is at most `longest`.
fn clip(gradients: &mut [Tensor], longest: f64) {
    let squares: Tensor = gradients.iter().map(|gradient| gradient.square().sum(Kind::Float)).sum();
    // On the device: a look at the norm would wait for it.
    let factor = (squares.sqrt().clamp_min(longest)).reciprocal() * longest;
    gradients.iter_mut().for_each(|gradient| drop(gradient.g_mul_(&factor)));
}

fn loss_of(
    task: &Task<'_>,
    model: &dyn Model,
    parameters: &[Parameter],
    moment: Moment,
    rows: &[u32],
) -> (Loss, Forward) {
    let mut generator = task.streams().generator(Purpose::Dropout, moment.epoch, moment.batch);
    let mut mode = moment.mode(&mut generator);
    let shown = Shown::new(task, task.inputs, rows, moment.phase());
    let forward = dense::pass(model, &shown, &mut mode);
    let fit = match task.objective {
        ObjectiveConfig::ContrastiveDivergence(config) => config.fit(task, model, &forward, rows, &mut generator),
        _ => dense::fit(task, &forward.outputs, task.learned(), rows, Some(&shown)),
    };
    (loss(task, model, parameters, &forward, fit, rows.len(), moment.epochs()), forward)
}
