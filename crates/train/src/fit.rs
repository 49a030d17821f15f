//! The training loop.

use std::path::Path;

use crate::check::check;
use crate::config::columns;
use crate::engine::{Reader, Running};
use crate::epoch::epoch;
use crate::evaluate::{Besides, Predicted, measure, predict_by};
use crate::event::{EpochReport, Event, Flow, Observer};
use crate::lists::Lists;
use crate::loss::part_names;
use crate::metric::Metric;
use crate::reconstruction::reconstructed;
use crate::state::{Fitted, State};
use crate::{Error, Learner, Task, checkpoint, pretrain};

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

/// Trains, from the beginning or from a checkpoint.
///
/// # Errors
/// When the parts of the task do not go together, the loss or its gradient is not finite, the checkpoint does not fit, or the observer fails.
pub fn fit(task: &Task<'_>, resume: Option<&Path>, observe: Observer<'_>) -> Result<Outcome, Error> {
    check(task)?;
    let mut state = match resume {
        Some(path) => checkpoint::load(path, task)?,
        None => State::start(task),
    };
    if resume.is_none() && pretrain::pretrain(task, &state.model, observe)? == Flow::Stop {
        return Ok(Outcome::Interrupted { epoch: 0 });
    }
    let mut engine = state.model.network().is_some().then(|| Running::start(task, &state));
    let reader = Reader::new(task);
    while !state.is_done(task) {
        let number = state.epoch + 1;
        let losses = learn(task, engine.as_mut(), &mut state, number, observe)?;
        state.epoch = number;
        let values = match task.is_measured(number) {
            true => measured(task, &reader, &state, losses),
            false => without_metrics(task, losses),
        };
        let report = EpochReport { epoch: number, values };
        judge(task, &mut state, &report);
        if observe(Event::Epoch { report: &report, state: &state })? == Flow::Stop && !state.is_done(task) {
            return Ok(Outcome::Interrupted { epoch: number });
        }
    }
    state.finish(task).map(Outcome::Finished)
}

/// An epoch of either kind of model: its loss, and the parts of it.
fn learn<'a>(
    task: &Task<'a>,
    engine: Option<&mut Running<'a>>,
    state: &mut State,
    number: usize,
    observe: Observer<'_>,
) -> Result<Vec<Option<f64>>, Error> {
    if let Learner::Baseline(estimator) = &mut state.model {
        let loss = estimator.learn(task, number)?;
        observe(Event::Batch { epoch: number, batch: 1, batches: 1 })?;
        return Ok(vec![loss]);
    }
    let losses = epoch(task, engine.expect("a network has an engine"), state, number, observe)?;
    state.network().end_epoch();
    state.flush_vanished();
    Ok(losses.into_iter().map(Some).collect())
}

/// What follows from the monitored column: for what is kept, for the learning rate, and for going on.
fn judge(task: &Task<'_>, state: &mut State, report: &EpochReport) {
    let train = task.train;
    let place = train.monitor.place(&columns(&part_names(task), task.evaluation));
    let score = report.values[place.expect("a monitored column is reported, or the task was refused")];
    let higher_is_better = train.monitor.higher_is_better(task.evaluation);
    let verdict = state.watch.update(report.epoch, score, higher_is_better, train.early_stopping.as_ref());
    state.select(task, verdict.improved);
    if let Some(plateau) = &train.schedule.plateau {
        state.plateau.update(plateau, score, higher_is_better);
    }
    state.stopped = verdict.stop;
}

/// The losses, and no value for what was not measured, in the order of [`columns`].
fn without_metrics(task: &Task<'_>, mut losses: Vec<Option<f64>>) -> Vec<Option<f64>> {
    losses.resize(columns(&part_names(task), task.evaluation).len(), None);
    losses
}

/// Whether a metric asks what is predicted for the ratings that are learned.
fn reads_learned(task: &Task<'_>) -> bool {
    task.predicts_ratings() && task.evaluation.metrics.list().iter().any(|metric| matches!(metric, Metric::Rating(_)))
}

/// The epoch's numbers in the order of [`columns`].
fn measured(task: &Task<'_>, reader: &Reader, state: &State, losses: Vec<Option<f64>>) -> Vec<Option<f64>> {
    let parts = [task.learned(), task.validation];
    let predictions = match reads_learned(task) {
        true => predict_by(reader, task, &state.model, &parts),
        false => [Predicted::nothing(&parts[0])]
            .into_iter()
            .chain(predict_by(reader, task, &state.model, &parts[1..]))
            .collect(),
    };
    // Nothing is left to recommend of what was shown.
    let lists = [None, Lists::of(task, &state.model, task.validation, &[])];
    let rows = parts.map(|part| reconstructed(task, &state.model, part));
    let of_part = |part: usize| {
        let besides = Besides { lists: lists[part].as_ref(), rows: rows[part].as_ref() };
        measure(task, task.evaluation.metrics.list(), parts[part], &predictions[part].values, besides)
    };
    let metrics = [0, 1].map(of_part);
    let penalties = state.model.network().map_or(0.0, |network| task.penalty.of_weights(&network.parameters()));
    let validation_loss = predictions[1].loss.map(|loss| loss + penalties);
    let pairs = metrics[0].iter().zip(&metrics[1]).flat_map(|(train, validation)| [*train, *validation]);
    losses.into_iter().chain([validation_loss]).chain(pairs).collect()
}
