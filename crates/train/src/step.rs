//! One step: forward, loss, gradient, update.

use hourglass_models::{Forward, Generator, Mode, Model, Parameter, Part};
use tch::{Kind, Tensor};

use crate::alternate::RowPass;
use crate::engine::shown::Shown;
use crate::engine::{Running, dense};
use crate::gradient::clipped;
use crate::loss::{Loss, loss};
use crate::noise::Phase;
use crate::optimizer::Evaluated;
use crate::pairs::Partner;
use crate::penalty::similarity::Pairs;
use crate::refeed::refeed;
use crate::schedule::Time;
use crate::state::State;
use crate::stream::Purpose;
use crate::{Error, ObjectiveConfig, Task};

/// Where in a training a step is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment<'a> {
    /// From 1.
    pub(crate) epoch: usize,
    /// From 1.
    pub(crate) batch: usize,
    /// In this epoch.
    pub(crate) batches: usize,
    /// In which the batch is.
    pub(crate) pass: RowPass,
    /// With whom each of its rows is compared, where they are.
    pub(crate) partners: Option<&'a [Partner]>,
}

impl Moment<'_> {
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
pub(crate) fn step<'a>(
    task: &Task<'a>,
    engine: &mut Running<'a>,
    state: &mut State,
    moment: Moment<'_>,
    rows: &[u32],
) -> Result<Vec<Measured>, Error> {
    if let Running::Sparse(sparse) = engine {
        return sparse.step(task, state, moment, rows);
    }
    let learned =
        learn(task, state, moment, rows, &|model, parameters| loss_of(task, model, parameters, moment, rows))?;
    refeed(task, state, moment, rows, &learned.outputs)?;
    Ok(learned.parts)
}

/// What a step has learned from.
pub(crate) struct Learned {
    /// Of the loss.
    pub(crate) parts: Vec<Measured>,
    /// Before the weights changed `[batch, outputs]`.
    pub(crate) outputs: Tensor,
}

/// The loss of a batch, always the same for the same weights: what is drawn at random depends on the moment.
pub(crate) type LossOf<'a> = &'a dyn Fn(&dyn Model, &[Parameter]) -> (Loss, Forward);

/// Changes the weights so that this loss of a batch becomes smaller.
pub(crate) fn learn(
    task: &Task<'_>,
    state: &mut State,
    moment: Moment<'_>,
    rows: &[u32],
    loss_of: LossOf<'_>,
) -> Result<Learned, Error> {
    let train = task.train;
    let learns = |parameter: &Parameter| moment.pass.learns.is_none_or(|part| parameter.part == part);
    let parameters: Vec<Parameter> = state.model.parameters().into_iter().filter(learns).collect();
    let evaluate = || evaluate(state.model.as_ref(), &parameters, moment, rows, loss_of);
    let (Evaluated { loss, gradients }, learned) = evaluate()?;
    let Some(gradients) = train.gradient.collect(gradients, &mut state.gradients, moment) else { return Ok(learned) };
    let gradients = match train.clip_gradient {
        Some(longest) => clipped(&gradients, longest.get()),
        None => gradients,
    };
    let time = Time { epochs: moment.epochs(), total: train.epochs };
    let lr_factor = train.schedule.factor(time, &state.plateau);
    let mut again = || evaluate().map(|(evaluated, _)| evaluated);
    let optimizer = match (moment.pass.learns, &mut state.decoder_optimizer) {
        (Some(Part::Decoder), Some(of_decoder)) => of_decoder,
        _ => &mut state.optimizer,
    };
    optimizer.step(lr_factor, &parameters, Evaluated { loss, gradients }, &mut again)?;
    Ok(learned)
}

/// The loss of a batch with its gradient by these parameters.
fn evaluate(
    model: &dyn Model,
    parameters: &[Parameter],
    moment: Moment<'_>,
    rows: &[u32],
    loss_of: LossOf<'_>,
) -> Result<(Evaluated, Learned), Error> {
    let (Loss { total, parts }, forward) = loss_of(model, &model.parameters());
    let tensors: Vec<&Tensor> = parameters.iter().map(|parameter| &parameter.tensor).collect();
    // Asked for by value: what adds gradients up says so, and nothing can be forgotten to be cleared.
    let mut gradients = Tensor::run_backward(&[&total], &tensors, false, false);
    // What took no part in this batch, as the network of a group without a row in it, has no gradient.
    for (gradient, tensor) in gradients.iter_mut().zip(&tensors).filter(|(gradient, _)| !gradient.defined()) {
        *gradient = tensor.zeros_like();
    }
    let values = parts.iter().map(|part| &part.value).chain([&total]).map(Tensor::detach);
    let extremes = gradients.iter().flat_map(|gradient| <[Tensor; 2]>::from(gradient.aminmax(None, false)));
    let numbers = fetched(values.chain(extremes));
    let (values, extremes) = numbers.split_at(parts.len() + 1);
    let loss = values[parts.len()];
    refuse_non_finite(loss, extremes, moment, rows)?;
    let parts = parts.iter().zip(values).map(|(part, &value)| Measured { value, weight: part.weight }).collect();
    Ok((Evaluated { loss, gradients }, Learned { parts, outputs: forward.outputs.detach() }))
}

/// Scalars as numbers, all at once: each look at a GPU waits for it.
fn fetched(scalars: impl Iterator<Item = Tensor>) -> Vec<f64> {
    let scalars: Vec<Tensor> = scalars.map(|scalar| scalar.to_kind(Kind::Double)).collect();
    Vec::try_from(Tensor::stack(&scalars, 0)).expect("numbers of one kind in one row")
}

/// Stops before the optimizer spreads into the weights what is not a number; `extremes` are those of the gradients.
pub(crate) fn refuse_non_finite(loss: f64, extremes: &[f64], moment: Moment<'_>, rows: &[u32]) -> Result<(), Error> {
    let Moment { epoch, batch, .. } = moment;
    let first_rows = || rows.iter().take(5).map(u32::to_string).collect::<Vec<_>>().join(", ");
    if !loss.is_finite() {
        return Err(Error::NonFiniteLoss { loss, epoch, batch, rows: first_rows() });
    }
    if !extremes.iter().all(|extreme| extreme.is_finite()) {
        return Err(Error::NonFiniteGradient { loss, epoch, batch, rows: first_rows() });
    }
    Ok(())
}

fn loss_of(
    task: &Task<'_>,
    model: &dyn Model,
    parameters: &[Parameter],
    moment: Moment<'_>,
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
    let pairs = moment.partners.map(|partners| encode(task, model, partners));
    (loss(task, model, parameters, &forward, fit, pairs.as_ref(), moment.epochs()), forward)
}

/// The codes of partners, as evaluation makes them, but with a gradient.
pub(crate) fn encode(task: &Task<'_>, model: &dyn Model, partners: &[Partner]) -> Pairs {
    let rows: Vec<u32> = partners.iter().map(|partner| partner.row).collect();
    let similarity: Vec<f32> = partners.iter().map(|partner| partner.similarity).collect();
    let forward = dense::forward(task, model, task.inputs, &rows, Phase::Evaluate, &mut Mode::Evaluate);
    Pairs { codes: forward.pass.code, similarity: Tensor::from_slice(&similarity).to_device(task.device) }
}
