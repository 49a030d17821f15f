//! One step: forward, loss, gradient, update.

use hourglass_models::{Forward, Generator, Mode, Model, Parameter, Part, upload};
use tch::{Device, Tensor};

use crate::alternate::RowPass;
use crate::engine::feed::Feed;
use crate::engine::shown::Shown;
use crate::engine::{Running, dense};
use crate::gradient::clipped;
use crate::loss::{Loss, loss};
use crate::noise::Phase;
use crate::optimizer::Evaluated;
use crate::pairs::Partner;
use crate::penalty::similarity::Pairs;
use crate::reading::{Culprit, Reading, Readings, Told};
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
    /// The place of its first row in the order of the pass.
    pub(crate) first: usize,
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
}

/// The value of a loss' part in one batch, and what it counts for in the epoch's mean.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    pub(crate) value: f64,
    pub(crate) weight: f64,
}

/// Learns from one batch of rows, and tells the parts of its loss (see [`part_names`](crate::loss::part_names)).
pub(crate) fn step<'a>(
    task: &Task<'a>,
    engine: &mut Running<'a>,
    state: &mut State,
    moment: Moment<'_>,
    rows: &[u32],
    readings: &mut Readings,
) -> Result<(), Error> {
    let source = match engine {
        Running::Dense(source) => source,
        Running::Sparse(sparse) => {
            readings.add(&sparse.step(task, state, moment, rows)?);
            return Ok(());
        }
        Running::Written(written) => {
            readings.take(written.step(task, state, moment, rows)?);
            return Ok(());
        }
    };
    let feed = source.feed(task, rows, moment.first);
    let loss_of = |model: &dyn Model, parameters: &[Parameter]| loss_of(task, model, parameters, moment, rows, &feed);
    let learned = learn(task, state, moment, rows, &loss_of)?;
    readings.take(learned.told);
    refeed(task, state, moment, rows, &feed, &learned.outputs, readings)
}

/// What a step has learned from.
pub(crate) struct Learned {
    /// Of the loss.
    pub(crate) told: Told,
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
    let parameters: Vec<Parameter> = state.network().parameters().into_iter().filter(learns).collect();
    let waits = task.device != Device::Cpu && !train.optimizer.looks_at_losses();
    let network = state.model.network().expect("only networks are trained in batches");
    let evaluate = || evaluate(network, &parameters, moment, rows, loss_of, waits);
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

/// The loss of a batch with its gradient by these parameters; where reading it waits, it is no number yet.
fn evaluate(
    model: &dyn Model,
    parameters: &[Parameter],
    moment: Moment<'_>,
    rows: &[u32],
    loss_of: LossOf<'_>,
    waits: bool,
) -> Result<(Evaluated, Learned), Error> {
    let (Loss { total, parts }, forward) = loss_of(model, &model.parameters());
    let tensors: Vec<&Tensor> = parameters.iter().map(|parameter| &parameter.tensor).collect();
    // Asked for by value: what adds gradients up says so, and nothing can be forgotten to be cleared.
    let mut gradients = Tensor::run_backward(&[&total], &tensors, false, false);
    // What took no part in this batch, as the network of a group without a row in it, has no gradient.
    for (gradient, tensor) in gradients.iter_mut().zip(&tensors).filter(|(gradient, _)| !gradient.defined()) {
        *gradient = tensor.zeros_like();
    }
    let reading = Reading::of(&parts, &total, &gradients, moment, rows);
    let (loss, told) = match waits {
        true => (f64::NAN, Told::Waits(reading)),
        false => {
            let (loss, parts) = reading.read()?;
            (loss, Told::Read(parts))
        }
    };
    Ok((Evaluated { loss, gradients }, Learned { told, outputs: forward.outputs.detach() }))
}

/// Stops before the optimizer spreads into the weights what is not a number; `extremes` are those of the gradients.
pub(crate) fn refuse_non_finite(loss: f64, extremes: &[f64], moment: Moment<'_>, rows: &[u32]) -> Result<(), Error> {
    Culprit::of(moment, rows).refuse_non_finite(loss, extremes)
}

fn loss_of(
    task: &Task<'_>,
    model: &dyn Model,
    parameters: &[Parameter],
    moment: Moment<'_>,
    rows: &[u32],
    feed: &Feed,
) -> (Loss, Forward) {
    let mut generator = task.streams().generator(Purpose::Dropout, moment.epoch, moment.batch);
    let mut mode = moment.mode(&mut generator);
    let shown = Shown::fed(task, task.inputs, feed, rows, moment.pass.phase());
    let forward = dense::pass(task, model, &shown, &mut mode);
    let fit = match task.objective {
        ObjectiveConfig::ContrastiveDivergence(config) => config.fit(task, model, &forward, feed, &mut generator),
        _ => dense::fit_to(task, &forward.outputs, &feed.ratings, None, Some(&shown)),
    };
    let pairs = moment.partners.map(|partners| encode(task, model, partners));
    (loss(task, model, parameters, &forward, fit, pairs.as_ref(), moment.epochs()), forward)
}

/// The codes of partners, as evaluation makes them, but with a gradient.
pub(crate) fn encode(task: &Task<'_>, model: &dyn Model, partners: &[Partner]) -> Pairs {
    let rows: Vec<u32> = partners.iter().map(|partner| partner.row).collect();
    let similarity: Vec<f32> = partners.iter().map(|partner| partner.similarity).collect();
    let forward = dense::forward(task, model, task.inputs, &rows, Phase::Evaluate, &mut Mode::Evaluate);
    Pairs { codes: forward.pass.code, similarity: upload(&similarity, task.device) }
}
