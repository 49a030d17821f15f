//! The training loop.

use std::collections::BTreeMap;
use std::path::Path;

use hourglass_data::Csr;
use hourglass_models::{Model, Parameter};
use tch::Tensor;

use crate::config::{Selection, TrainConfig};
use crate::early_stopping::{Verdict, Watch};
use crate::engine::dense::{Entries, observed};
use crate::epoch::{epoch, trainable_rows};
use crate::evaluate::{measure, predict};
use crate::event::{EpochReport, Event, Flow};
use crate::metric::Metric;
use crate::optimizer::Optimizer;
use crate::stream::Purpose;
use crate::{Error, Task, checkpoint};

/// Is told what happens, and says whether to go on.
pub type Observer<'a> = &'a mut dyn FnMut(Event<'_>) -> Result<Flow, Error>;

/// Everything that changes while training; with the task, all that is needed to go on.
pub struct State {
    /// Epochs done.
    pub epoch: usize,
    /// The weights as they are.
    pub model: Box<dyn Model>,
    /// The optimizer's memory.
    pub optimizer: Optimizer,
    /// The best epoch so far.
    pub watch: Watch,
    /// The weights of the best epoch, where that is what will be kept.
    pub best: Option<Vec<(String, Tensor)>>,
    /// Whether early stopping has spoken.
    pub stopped: bool,
}

/// How a training ended.
pub enum Outcome {
    /// All epochs done, or stopped early.
    Finished(Fitted),
    /// The observer said stop.
    Interrupted {
        /// Epochs done.
        epoch: usize,
    },
}

/// A trained network.
pub struct Fitted {
    /// With the selected epoch's weights.
    pub model: Box<dyn Model>,
    /// Epochs trained.
    pub epochs: usize,
    /// The epoch whose weights these are.
    pub selected_epoch: usize,
}

/// Trains, from the beginning or from a checkpoint.
///
/// # Errors
/// When there is nothing to train on, the loss is not finite, the checkpoint does not fit, or the observer fails.
pub fn fit(task: &Task<'_>, resume: Option<&Path>, observe: Observer<'_>) -> Result<Outcome, Error> {
    check(task)?;
    let mut state = match resume {
        Some(path) => checkpoint::load(path, task)?,
        None => State::start(task),
    };
    while state.epoch < task.train.epochs.get() && !state.stopped {
        let number = state.epoch + 1;
        let losses = epoch(task, &mut state, number, observe)?;
        let (values, score) = report(task, &state, losses);
        state.epoch = number;
        match state.watch.update(
            number,
            score,
            task.train.monitor.higher_is_better(),
            task.train.early_stopping.as_ref(),
        ) {
            Verdict::Improved => state.keep_best(task.train),
            Verdict::Continue => {}
            Verdict::Stop => state.stopped = true,
        }
        if observe(Event::Epoch { report: &EpochReport { epoch: number, values }, state: &state })? == Flow::Stop
            && !state.is_done(task.train)
        {
            return Ok(Outcome::Interrupted { epoch: number });
        }
    }
    Ok(Outcome::Finished(state.finish(task.train)))
}

fn check(task: &Task<'_>) -> Result<(), Error> {
    if trainable_rows(&task.inputs.ratings).is_empty() {
        return Err(Error::NothingToTrain);
    }
    let selects = task.train.selection == Selection::Best || task.train.early_stopping.is_some();
    if selects && task.validation.is_empty() {
        return Err(Error::NothingToSelectBy);
    }
    Ok(())
}

/// The epoch's numbers in the order of [`columns`](crate::config::columns), and the score to select by.
fn report(task: &Task<'_>, state: &State, losses: Vec<f64>) -> (Vec<Option<f64>>, Option<f64>) {
    let parts = [&task.inputs.ratings, task.validation];
    let predictions = predict(task, state.model.as_ref(), &parts);
    let metrics: Vec<Vec<Option<f64>>> =
        parts.iter().zip(&predictions).map(|(part, predicted)| measure(task, part, predicted)).collect();
    let validation_loss = loss_of(task, &state.model.parameters(), task.validation, &predictions[1]);
    let pairs = metrics[0].iter().zip(&metrics[1]).flat_map(|(train, validation)| [*train, *validation]);
    let values = losses.into_iter().map(Some).chain([validation_loss]).chain(pairs).collect();
    (values, monitored(task, &metrics[1], &predictions[1]))
}

/// The monitored metric of the validation ratings, whether or not it is among those reported.
fn monitored(task: &Task<'_>, validation: &[Option<f64>], predicted: &[f32]) -> Option<f64> {
    let place = task.evaluation.metrics.iter().position(|metric| *metric == task.train.monitor);
    place.map_or_else(|| measure_one(task, task.train.monitor, predicted), |place| validation[place])
}

fn measure_one(task: &Task<'_>, metric: Metric, predicted: &[f32]) -> Option<f64> {
    let evaluation = crate::EvaluationConfig { metrics: vec![metric], clip: task.evaluation.clip };
    measure(&Task { evaluation: &evaluation, ..*task }, task.validation, predicted)[0]
}

/// The training loss, but of held-out ratings.
fn loss_of(task: &Task<'_>, parameters: &[Parameter], part: &Csr, predicted: &[f32]) -> Option<f64> {
    if part.is_empty() {
        return None;
    }
    let rows: Vec<u32> = (0..part.rows() as u32).collect();
    let observed = observed(Tensor::from_slice(predicted), &Entries::of(part, &rows));
    let penalties = tch::no_grad(|| task.objective.penalties(parameters));
    let fit_term = task.objective.fit_term(&observed).double_value(&[]);
    Some(fit_term + penalties.iter().map(|penalty| penalty.double_value(&[])).sum::<f64>())
}

impl State {
    /// Fresh weights.
    pub fn start(task: &Task<'_>) -> Self {
        let mut generator = task.streams().generator(Purpose::Initialisation, 0, 0);
        let model = task.model.build(task.dims(), &mut generator, task.device);
        let optimizer = task.train.optimizer.start(&model.parameters());
        Self { epoch: 0, model, optimizer, watch: Watch::default(), best: None, stopped: false }
    }

    fn keep_best(&mut self, train: &TrainConfig) {
        if train.selection == Selection::Best {
            self.best = Some(weights(self.model.as_ref()).into_iter().map(|(name, t)| (name, t.copy())).collect());
        }
    }

    /// Whether no epoch is left to train.
    pub fn is_done(&self, train: &TrainConfig) -> bool {
        self.stopped || self.epoch == train.epochs.get()
    }

    fn finish(self, train: &TrainConfig) -> Fitted {
        let best = match train.selection {
            Selection::Best => self.watch.best.map(|(epoch, _)| epoch).zip(self.best),
            Selection::Last => None,
        };
        let selected_epoch = match best {
            Some((epoch, weights)) => {
                set_weights(self.model.as_ref(), &weights.into_iter().collect());
                epoch
            }
            None => self.epoch,
        };
        Fitted { model: self.model, epochs: self.epoch, selected_epoch }
    }
}

/// A model's weights by name, detached and shared with it.
pub fn weights(model: &dyn Model) -> Vec<(String, Tensor)> {
    model.parameters().into_iter().map(|parameter| (parameter.name, parameter.tensor.detach())).collect()
}

fn set_weights(model: &dyn Model, weights: &BTreeMap<String, Tensor>) {
    for (name, mut tensor) in self::weights(model) {
        tensor.copy_(&weights[&name]);
    }
}
