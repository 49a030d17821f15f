//! Running trials: skip what is done, go on with what was interrupted, record what fails, and go on.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use hourglass_data::{Axis, Csr};
use hourglass_report::{Finished, Layout, Metrics, Outcome, RunRecord, TrialFolder, format};
use hourglass_train::evaluate::{measure, predict};
use hourglass_train::fit;
use hourglass_train::lists::Lists;
use hourglass_train::state::{Fitted, weights};
use hourglass_train::{Error, Metric, Task, checkpoint};
use tch::Device;

use crate::cost::{Needed, Time, available, refuse_what_cannot_fit};
use crate::environment::environment;
use crate::observe::Recorder;
use crate::plan::{Plan, Trial};
use crate::prepare::{DataCache, Prepared};
use crate::progress::Progress;
use crate::tally::Tally;
use crate::test_tables;
use crate::trial_record::TrialRecord;

/// Where and how trials run; nothing here changes a number.
#[derive(Debug, Clone)]
pub struct Execution {
    /// `results`, where prepared data is kept too.
    pub results: PathBuf,
    /// `results/<experiment>`.
    pub folder: PathBuf,
    /// Where tensors live.
    pub device: Device,
    /// Time between checkpoints.
    pub checkpoint_every: Duration,
    /// The most processor threads that a trial may use.
    pub threads: u16,
}

/// Runs the chosen trials one after the other.
///
/// # Errors
/// When data cannot be read or results cannot be written: what would hit every trial alike. A trial that fails by itself is
/// counted, not returned.
pub fn run(plan: &Plan, chosen: &[usize], execution: &Execution) -> Result<Tally> {
    let layout = Layout::new(&execution.folder);
    let mut cache = DataCache::beside(&execution.results);
    let mut progress = Progress::new(chosen.len());
    let mut tally = Tally::default();
    for &position in chosen {
        let trial = &plan.trials[position];
        let ended = one(plan, position, &layout.trial(&trial.id), &mut cache, &progress, execution)
            .with_context(|| format!("trial {} ({})", trial.id, trial.label()))?;
        progress.finish_one();
        match ended {
            Ended::Skipped => tally.skipped += 1,
            Ended::Finished => tally.finished += 1,
            Ended::Failed => tally.failed += 1,
            Ended::Interrupted => {
                tally.interrupted += 1;
                break;
            }
        }
    }
    Ok(tally)
}

enum Ended {
    Skipped,
    Finished,
    Failed,
    Interrupted,
}

/// The record that a trial has from before, if it has one.
///
/// # Errors
/// When it cannot be read.
pub fn record_before(folder: &TrialFolder) -> Result<Option<RunRecord>> {
    Ok(folder.record().exists().then(|| RunRecord::load(&folder.record())).transpose()?)
}

fn one(
    plan: &Plan,
    position: usize,
    folder: &TrialFolder,
    cache: &mut DataCache,
    progress: &Progress,
    execution: &Execution,
) -> Result<Ended> {
    let trial = &plan.trials[position];
    let before = record_before(folder)?;
    let now = before.as_ref().map(|_| cache.record(&trial.config)).transpose()?;
    let (before, changed): (Option<RunRecord>, _) = match before.zip(now) {
        Some((before, now)) if before.data != now => (None, Some((before.data.fingerprint, now.fingerprint))),
        Some((before, _)) => (Some(before), None),
        None => (None, None),
    };
    if before.as_ref().is_some_and(RunRecord::is_finished) {
        progress.say(&format!("skipped {} {}: finished before", trial.id, trial.label()));
        return Ok(Ended::Skipped);
    }
    // Nothing is written for a trial whose data is wrong.
    let data = cache.load(&trial.config)?;
    let prepared = Prepared::new(&trial.config, data)?;
    let task = prepared.task(&trial.config, data, execution.device)?;
    let needed = Needed::of(&task, &prepared, data);
    if let Err(error) = refuse_what_cannot_fit(&task, &trial.config, needed, available()) {
        progress.say(&format!("refused {} {}: {error}", trial.id, trial.label()));
        return Ok(Ended::Failed);
    }
    folder.create()?;
    let _lock = lock(folder)?;
    if let Some((then, now)) = changed {
        let what = "the data or its split has changed since it ran";
        progress.say(&format!("again {} {}: {what} ({then} then, {now} now)", trial.id, trial.label()));
        fs::remove_file(folder.state()).or_else(ignore_missing).context("cannot remove the checkpoint")?;
    }
    // A trial that goes on keeps the number of threads it began with: the last digits of a product depend on it.
    let begun_with =
        before.as_ref().filter(|_| folder.state().exists()).map(|before| before.environment.threads as u16);
    let threads = begun_with.unwrap_or_else(|| Time::of(&task).worthwhile_threads(execution.threads));
    tch::set_num_threads(i32::from(threads));
    let environment = environment(execution.device);
    let mut record = TrialRecord::open(plan, position, folder, before.as_ref(), data, &task, environment)?;
    let ended = train(&task, &prepared, trial, folder, progress, execution, &mut record)?;
    record.close(&ended)?;
    match ended {
        Outcome::Finished(finished) => {
            fs::remove_file(folder.state()).or_else(ignore_missing).context("cannot remove the checkpoint")?;
            progress.say(&finished_line(trial, &finished, record.run.seconds));
            Ok(Ended::Finished)
        }
        Outcome::Failed { reason, .. } => {
            progress.say(&format!("failed {} {}: {reason}", trial.id, trial.label()));
            Ok(Ended::Failed)
        }
        Outcome::Interrupted { .. } | Outcome::Running => Ok(Ended::Interrupted),
    }
}

fn ignore_missing(error: std::io::Error) -> std::io::Result<()> {
    if error.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

fn finished_line(trial: &Trial, finished: &Finished, seconds: f64) -> String {
    let test = finished.test.iter().map(|(name, value)| format!("test {name} {}", format::metric(*value)));
    let test = test.collect::<Vec<_>>().join("  ");
    let (epoch, time) = (finished.selected_epoch, format::duration(seconds));
    format!("finished {} {}: {test}  (epoch {epoch}, {time})", trial.id, trial.label())
}

/// Two processes that train the same trial would overwrite each other.
fn lock(folder: &TrialFolder) -> Result<File> {
    let path = folder.folder().join(".lock");
    let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!("another process is running it (it holds {}); wait for it, or stop it", path.display())
        }
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("cannot lock {}", path.display())),
    }
}

/// Trains and tests. libtorch panics on some errors (a shape, a full GPU), which then is this trial's failure too.
fn train(
    task: &Task<'_>,
    prepared: &Prepared,
    trial: &Trial,
    folder: &TrialFolder,
    progress: &Progress,
    execution: &Execution,
    record: &mut TrialRecord<'_>,
) -> Result<Outcome> {
    let resume = folder.state().exists().then(|| folder.state());
    let done = resume.as_ref().map(|path| checkpoint::epochs_done(path)).transpose()?.unwrap_or(0);
    let display = progress.start(&trial.id, &trial.label(), task.train.epochs.get(), done);
    let mut recorder = Recorder::open(folder, task, done, display, execution.checkpoint_every)?;
    let outcome =
        catch_unwind(AssertUnwindSafe(|| fit::fit(task, resume.as_deref(), &mut |event| recorder.observe(event))));
    recorder.end();
    let epoch = Some(recorder.epoch);
    match outcome {
        Ok(Ok(fit::Outcome::Finished(fitted))) => finish(task, prepared, trial, folder, &fitted).map(Outcome::Finished),
        Ok(Ok(fit::Outcome::Interrupted { epoch })) => Ok(Outcome::Interrupted { epoch }),
        Ok(Err(error @ (Error::Write { .. } | Error::Observer(_) | Error::Checkpoint { .. }))) => {
            record.close(&Outcome::Interrupted { epoch: recorder.epoch }).unwrap_or_else(|error| {
                tracing::debug!("the record could not be written either: {error:#}");
            });
            Err(anyhow!(error))
        }
        Ok(Err(error)) => Ok(Outcome::Failed { reason: error.to_string(), epoch }),
        Err(panic) => Ok(Outcome::Failed { reason: panic_text(panic.as_ref()), epoch }),
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("stopped without a reason").lines().next().unwrap_or_default().to_owned()
}

/// Keeps the weights, and opens the test ratings: once, after every choice is made.
fn finish(
    task: &Task<'_>,
    prepared: &Prepared,
    trial: &Trial,
    folder: &TrialFolder,
    fitted: &Fitted,
) -> Result<Finished> {
    checkpoint::write(&folder.weights(), &weights(fitted.model.as_ref()))?;
    let parts = [task.learned(), task.validation, prepared.test()];
    let predictions = predict(task, fitted.model.as_ref(), &parts);
    let metrics = task.evaluation.metrics.list();
    let lists = |part: usize, known: &[&Csr]| Lists::of(task, fitted.model.as_ref(), parts[part], known);
    // What is known when the test ratings are asked for is no recommendation, the validation ratings neither.
    let lists = [None, lists(1, &[]), lists(2, &[task.validation.ratings])];
    let measured = |part: usize| -> Metrics {
        let (ratings, predicted) = (parts[part].ratings, &predictions[part].values);
        let values = measure(task, metrics, ratings, predicted, lists[part].as_ref());
        metrics.iter().map(Metric::to_string).zip(values).collect::<BTreeMap<_, _>>()
    };
    if trial.config.report.test_tables {
        test_tables::write(folder, task, &parts, &predictions[2].values)?;
    }
    let test = parts[2].ratings;
    Ok(Finished {
        epochs: fitted.epochs,
        selected_epoch: fitted.selected_epoch,
        selected_by: task.train.selection.reason(task.train.monitor.name(), fitted.epochs),
        train: measured(0),
        validation: measured(1),
        test: measured(2),
        test_ratings: test.len() as u64,
        test_users: users(test, task.rows) as u64,
    })
}

/// How many users have a rating in `[rows, columns]` ratings.
fn users(ratings: &Csr, rows: Axis) -> usize {
    let by_user = match rows {
        Axis::Users => ratings.clone(),
        Axis::Items => ratings.transpose(),
    };
    (0..by_user.rows()).filter(|&user| !by_user.row(user).is_empty()).count()
}
