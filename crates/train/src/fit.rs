//! The training loop.

use std::path::Path;

use crate::config::Selection;
use crate::early_stopping::Verdict;
use crate::epoch::{epoch, trainable_rows};
use crate::evaluate::{measure, predict};
use crate::event::{EpochReport, Event, Flow, Observer};
use crate::state::{Fitted, State};
use crate::{Error, Task, checkpoint, pretrain};

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
/// When there is nothing to train on, the loss is not finite, the checkpoint does not fit, or the observer fails.
pub fn fit(task: &Task<'_>, resume: Option<&Path>, observe: Observer<'_>) -> Result<Outcome, Error> {
    check_task(task)?;
    let mut state = match resume {
        Some(path) => checkpoint::load(path, task)?,
        None => State::start(task),
    };
    if resume.is_none() && pretrain::pretrain(task, state.model.as_ref(), observe)? == Flow::Stop {
        return Ok(Outcome::Interrupted { epoch: 0 });
    }
    while state.epoch < task.train.epochs.get() && !state.stopped {
        let number = state.epoch + 1;
        let losses = epoch(task, &mut state, number, observe)?;
        state.model.end_epoch();
        state.flush_vanished();
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
    state.finish(task.train).map(Outcome::Finished)
}

fn check_task(task: &Task<'_>) -> Result<(), Error> {
    if trainable_rows(&task.inputs.ratings).is_empty() {
        return Err(Error::NothingToTrain);
    }
    let selects = task.train.selection == Selection::Best || task.train.early_stopping.is_some();
    if selects && task.validation.ratings.is_empty() {
        return Err(Error::NothingToSelectBy);
    }
    Ok(())
}

/// The epoch's numbers in the order of [`columns`](crate::config::columns), and the score to select by.
fn report(task: &Task<'_>, state: &State, losses: Vec<f64>) -> (Vec<Option<f64>>, Option<f64>) {
    let parts = [task.learned(), task.validation];
    let predictions = predict(task, state.model.as_ref(), &parts);
    let metrics: Vec<Vec<Option<f64>>> = parts
        .iter()
        .zip(&predictions)
        .map(|(part, predicted)| measure(task, task.evaluation.metrics.list(), part.ratings, &predicted.values))
        .collect();
    let penalties = task.penalty.of_weights(&state.model.parameters());
    let validation_loss = predictions[1].loss.map(|loss| loss + penalties);
    let pairs = metrics[0].iter().zip(&metrics[1]).flat_map(|(train, validation)| [*train, *validation]);
    let values = losses.into_iter().map(Some).chain([validation_loss]).chain(pairs).collect();
    let monitored = measure(task, &[task.train.monitor], task.validation.ratings, &predictions[1].values)[0];
    (values, monitored)
}
