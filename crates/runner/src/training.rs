//! The training of a trial, and its test: what may fail without ending the sweep.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use anyhow::{Result, anyhow, bail};
use hourglass_data::{Axis, Catalogue, Csr};
use hourglass_report::{Finished, Lease, Metrics, Outcome, TrialFolder};
use hourglass_train::cold::cold;
use hourglass_train::evaluate::{Besides, Rated, measure, predict};
use hourglass_train::lists::Lists;
use hourglass_train::reconstruction::reconstructed;
use hourglass_train::state::Fitted;
use hourglass_train::{Error, Metric, Task, checkpoint, fit};

use crate::observe::Recorder;
use crate::prepare::Prepared;
use crate::spec::ReportConfig;
use crate::test_tables;

/// What a training borrows.
#[derive(Clone, Copy)]
pub struct Training<'a> {
    /// What to train.
    pub task: &'a Task<'a>,
    /// With the test ratings.
    pub prepared: &'a Prepared,
    /// Where it is recorded.
    pub folder: &'a TrialFolder,
    /// The right to do so.
    pub lease: &'a Lease,
    /// With their attributes.
    pub users: &'a Catalogue,
    /// Which [tables](test_tables) the test leaves.
    pub report: &'a ReportConfig,
}

/// Trains and tests. libtorch panics on some errors (a shape, a full GPU), which then is this trial's failure too.
///
/// # Errors
/// What would hit every trial alike: files that cannot be written or read.
pub fn train(training: Training<'_>, resume: Option<&Path>, recorder: &mut Recorder<'_>) -> Result<Outcome> {
    let tried = catch_unwind(AssertUnwindSafe(|| fit_and_test(training, resume, recorder)));
    tried
        .unwrap_or_else(|panic| Ok(Outcome::Failed { reason: panic_text(panic.as_ref()), epoch: Some(recorder.epoch) }))
}

fn fit_and_test(training: Training<'_>, resume: Option<&Path>, recorder: &mut Recorder<'_>) -> Result<Outcome> {
    match fit::fit(training.task, resume, &mut |event| recorder.observe(event)) {
        Ok(fit::Outcome::Finished(fitted)) => finish(training, &fitted).map(Outcome::Finished),
        Ok(fit::Outcome::Interrupted { epoch }) => Ok(Outcome::Interrupted { epoch }),
        Err(error @ (Error::Write { .. } | Error::Observer(_) | Error::Checkpoint { .. })) => Err(anyhow!(error)),
        Err(error) => Ok(Outcome::Failed { reason: error.to_string(), epoch: Some(recorder.epoch) }),
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("stopped without a reason").lines().next().unwrap_or_default().to_owned()
}

/// Keeps the weights, and opens the test ratings: once, after every choice is made.
fn finish(training: Training<'_>, fitted: &Fitted) -> Result<Finished> {
    let Training { task, prepared, folder, lease, .. } = training;
    if lease.is_lost() {
        bail!("another process has taken over {}", folder.folder().display());
    }
    checkpoint::write(&folder.weights(), &fitted.model.weights())?;
    let parts = [task.learned(), task.validation, prepared.test()];
    let predictions = predict(task, &fitted.model, &parts);
    let metrics = task.evaluation.metrics.list();
    let lists = |part: usize, known: &[&Csr]| Lists::of(task, &fitted.model, parts[part], known);
    // What is known when the test ratings are asked for is no recommendation, the validation ratings neither.
    let lists = [None, lists(1, &[]), lists(2, &[task.validation.ratings])];
    let rows = parts.map(|part| reconstructed(task, &fitted.model, part));
    let measured = |part: usize| -> Metrics {
        let besides = Besides { lists: lists[part].as_ref(), rows: rows[part].as_ref() };
        let values = measure(task, metrics, parts[part], &predictions[part].values, besides);
        metrics.iter().map(Metric::to_string).zip(values).collect::<BTreeMap<_, _>>()
    };
    let cold = cold(task, parts[2]);
    let rated = Rated::of(task, parts[2], &predictions[2].values, &cold);
    if training.report.test_tables {
        test_tables::write(folder, task, &parts, &rated, training.users)?;
    }
    if training.report.user_errors {
        test_tables::write_user_errors(folder, task, &rated, lists[2].as_ref())?;
    }
    let test = parts[2].ratings;
    Ok(Finished {
        epochs: fitted.epochs,
        selected_epoch: fitted.selected_epoch,
        selected_by: task.selection().reason(task.train.monitor.name(), fitted.epochs),
        train: measured(0),
        validation: measured(1),
        test: measured(2),
        test_ratings: test.len() as u64,
        test_users: users(test, task.rows) as u64,
        cold_test_ratings: Some(cold.iter().filter(|cold| **cold).count() as u64),
    })
}

/// How many users have a rating in `[rows, columns]` ratings.
fn users(ratings: &Csr, rows: Axis) -> usize {
    match rows {
        Axis::Users => (0..ratings.rows()).filter(|&user| !ratings.row(user).is_empty()).count(),
        Axis::Items => ratings.entries().map(|(_, user, _)| user).collect::<BTreeSet<_>>().len(),
    }
}
