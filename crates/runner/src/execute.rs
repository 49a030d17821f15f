//! Running a trial: skip what is done, go on with what was interrupted, record what fails.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use hourglass_data::Dataset;
use hourglass_report::{Claim, Finished, Layout, Lease, Outcome, RunRecord, TrialFolder, format};
use hourglass_train::ModelConfig;
use serde::{Deserialize, Serialize};
use tch::Device;

use crate::blend::ByMembers;
use crate::cost::{Needed, Time, available, refuse_what_cannot_fit};
use crate::environment::environment;
use crate::observe::Recorder;
use crate::plan::Trial;
use crate::prepare::{DataCache, Prepared};
use crate::progress::Progress;
use crate::queue::{Queue, Turn};
use crate::system_metrics::SystemMetrics;
use crate::tally::Tally;
use crate::training::{self, Training};
use crate::trial_record::TrialRecord;

/// Where and how trials run; nothing here changes a number.
#[derive(Debug, Clone)]
pub struct Execution {
    /// `results`, where prepared data is kept too.
    pub results: PathBuf,
    /// Where tensors live.
    pub device: Device,
    /// Time between checkpoints.
    pub checkpoint_every: Duration,
    /// The most processor threads that a trial may use.
    pub threads: u16,
    /// Time between rows of `system.csv`, if there is to be one.
    pub system_metrics: Option<Duration>,
}

/// What became of a trial that had its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ended {
    /// Was finished already.
    Skipped,
    /// Trained to the end.
    Finished,
    /// Ended with an error, which its record tells; or refused before it had one.
    Failed,
    /// Stopped on request.
    Interrupted,
    /// Another process is at it.
    Held,
    /// Trained to a check of the sweep, which decides whether it goes on.
    Paused,
}

/// Runs trials in this process, one after the other.
///
/// # Errors
/// When data cannot be read or results cannot be written: what would hit every trial alike. A trial that fails by itself is
/// counted, not returned.
pub fn run(queue: &Queue<'_>, execution: &Execution) -> Result<Tally> {
    let mut executor = Executor::new(execution, Progress::new(queue.trials(), queue.tally().sum()));
    while let Some(turn) = queue.next()? {
        let ended = executor.run(&turn)?;
        queue.end(&turn, ended);
    }
    Ok(queue.tally())
}

/// The record that a trial has from before, if it has one.
///
/// # Errors
/// When it cannot be read.
pub fn record_before(folder: &TrialFolder) -> Result<Option<RunRecord>> {
    Ok(folder.record().exists().then(|| RunRecord::load(&folder.record())).transpose()?)
}

/// Runs trials, and keeps the data that they share.
pub struct Executor<'a> {
    execution: &'a Execution,
    cache: DataCache,
    progress: Progress,
}

/// What is known of a trial from before.
struct Before {
    /// Its record, if it is of the same data.
    record: Option<RunRecord>,
    /// The fingerprints then and now, if it is not.
    changed: Option<(String, String)>,
}

impl<'a> Executor<'a> {
    /// Without any data yet.
    pub fn new(execution: &'a Execution, progress: Progress) -> Self {
        Self { execution, cache: DataCache::beside(&execution.results), progress }
    }

    /// Runs a trial, unless it is finished or another process is at it.
    ///
    /// # Errors
    /// What would hit every trial alike.
    pub fn run(&mut self, turn: &Turn) -> Result<Ended> {
        let trial = &turn.trial;
        let ended = self.one(turn).with_context(|| format!("trial {} ({})", trial.id, trial.label))?;
        if !matches!(ended, Ended::Held | Ended::Paused) {
            self.progress.finish_one();
        }
        Ok(ended)
    }

    fn one(&mut self, turn: &Turn) -> Result<Ended> {
        let (trial, execution) = (&turn.trial, self.execution);
        let folder = Layout::new(execution.results.join(trial.config.name.as_str())).trial(&trial.id);
        // Nothing is written for a trial whose data is wrong.
        let data = self.cache.load(&trial.config)?;
        let prepared = match prepare(trial, data, execution) {
            Ok(prepared) => prepared,
            Err(error) => {
                self.progress.say(&format!("refused {} {}: {error:#}", trial.id, trial.label));
                return Ok(Ended::Failed);
            }
        };
        let task = prepared.task(&trial.config, data, execution.device)?;
        folder.create()?;
        let lease = match Lease::take(&folder, turn.silent)? {
            Claim::Taken(lease) => lease,
            Claim::Held(_) => return Ok(Ended::Held),
        };
        folder.clear_torn()?;
        // Looked at now that nobody else changes it.
        let before = Before::of(&folder, &crate::trial_record::data_record(data))?;
        if before.record.as_ref().is_some_and(RunRecord::is_finished) {
            return Ok(Ended::Skipped);
        }
        before.tell(trial, &folder, &self.progress)?;
        let before = before.record;
        // A trial that goes on keeps the number of threads it began with: the last digits of a product depend on it.
        let begun_with =
            before.as_ref().filter(|_| folder.state().exists()).map(|before| before.environment.threads as u16);
        let threads = begun_with.unwrap_or_else(|| Time::of(&task).worthwhile_threads(execution.threads));
        tch::set_num_threads(i32::from(threads));
        let environment = environment(task.device);
        let mut record = TrialRecord::open(trial, &folder, before.as_ref(), data, &task, environment)?;
        let metrics = execution.system_metrics.map(|every| SystemMetrics::start(&folder, execution.device, every));
        let _metrics = metrics.transpose()?;
        let training = Training {
            task: &task,
            prepared: &prepared,
            folder: &folder,
            lease: &lease,
            users: &data.users,
            report: &trial.config.report,
        };
        let outcome = train(training, turn, &self.progress, execution.checkpoint_every, &mut record)?;
        if lease.is_lost() {
            let what = "another process took it over, having thought this one dead";
            self.progress.say(&format!("lost {} {}: {what}", trial.id, trial.label));
            return Ok(Ended::Held);
        }
        record.close(&outcome)?;
        end(&outcome, turn, &folder, record.run.seconds, &self.progress)
    }
}

/// What a trial learns from.
///
/// # Errors
/// When its parts do not go together, members of a blend are missing, or it does not fit into memory.
fn prepare(trial: &Trial, data: &Dataset, execution: &Execution) -> Result<Prepared> {
    let mut prepared = Prepared::new(&trial.config, data)?;
    if let ModelConfig::Blend(blend) = &trial.config.model {
        // Its own mistakes before those of its members.
        prepared.task(&trial.config, data, execution.device)?;
        let by_members = ByMembers::of(blend, &trial.config, data, &execution.results, execution.device)?;
        prepared = prepared.with_members(by_members);
    }
    let task = prepared.task(&trial.config, data, execution.device)?;
    refuse_what_cannot_fit(&task, &trial.config, Needed::of(&task, &prepared, data), available())?;
    Ok(prepared)
}

impl Before {
    /// Of a trial with this data.
    fn of(folder: &TrialFolder, data: &hourglass_report::DataRecord) -> Result<Self> {
        Ok(match record_before(folder)? {
            Some(record) if record.data != *data => {
                Self { changed: Some((record.data.fingerprint, data.fingerprint.clone())), record: None }
            }
            record => Self { record, changed: None },
        })
    }

    /// Says that a trial begins anew because its data has changed, and removes its checkpoint.
    fn tell(&self, trial: &Trial, folder: &TrialFolder, progress: &Progress) -> Result<()> {
        let Some((then, now)) = &self.changed else { return Ok(()) };
        let what = "the data or its split has changed since it ran";
        progress.say(&format!("again {} {}: {what} ({then} then, {now} now)", trial.id, trial.label));
        remove_checkpoint(folder)
    }
}

/// Trains from where it was left.
fn train(
    training: Training<'_>,
    turn: &Turn,
    progress: &Progress,
    checkpoint_every: Duration,
    record: &mut TrialRecord<'_>,
) -> Result<Outcome> {
    let Training { task, folder, lease, .. } = training;
    let resume = folder.state().exists().then(|| folder.state());
    let done = resume.as_ref().map(|path| hourglass_train::checkpoint::epochs_done(path)).transpose()?.unwrap_or(0);
    let display = progress.start(turn, task.epochs(), done);
    let mut recorder = Recorder::open(folder, lease, task, done, display, checkpoint_every, turn.until)?;
    let trained = training::train(training, resume.as_deref(), &mut recorder);
    recorder.end();
    if trained.is_err() && !lease.is_lost() {
        record.close(&Outcome::Interrupted { epoch: recorder.epoch }).unwrap_or_else(|error| {
            tracing::debug!("the record could not be written either: {error:#}");
        });
    }
    match trained {
        // What could not be written is another's now.
        Err(_) if lease.is_lost() => Ok(Outcome::Interrupted { epoch: recorder.epoch }),
        trained => trained,
    }
}

/// What is left to do and to say of a trial whose record is written.
fn end(outcome: &Outcome, turn: &Turn, folder: &TrialFolder, seconds: f64, progress: &Progress) -> Result<Ended> {
    let (trial, until) = (&turn.trial, turn.until);
    match outcome {
        Outcome::Finished(finished) => {
            remove_checkpoint(folder)?;
            progress.say(&finished_line(trial, finished, seconds));
            Ok(Ended::Finished)
        }
        Outcome::Failed { reason, .. } => {
            progress.say(&format!("failed {} {}: {reason}", trial.id, trial.label));
            Ok(Ended::Failed)
        }
        Outcome::Interrupted { epoch } if Some(*epoch) == until => Ok(Ended::Paused),
        Outcome::Interrupted { .. } | Outcome::StoppedEarly(_) | Outcome::Running => Ok(Ended::Interrupted),
    }
}

/// Removes a trial's checkpoint, if it has one.
///
/// # Errors
/// When the system does not let us.
pub fn remove_checkpoint(folder: &TrialFolder) -> Result<()> {
    match fs::remove_file(folder.state()) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).context("cannot remove the checkpoint")
        }
        _ => Ok(()),
    }
}

fn finished_line(trial: &Trial, finished: &Finished, seconds: f64) -> String {
    let test = finished.test.iter().map(|(name, value)| format!("test {name} {}", format::metric(*value)));
    let test = test.collect::<Vec<_>>().join("  ");
    let (epoch, time) = (finished.selected_epoch, format::duration(seconds));
    let cold = finished.cold_test_ratings.filter(|cold| *cold > 0).map_or_else(String::new, |cold| {
        let share = cold as f64 / finished.test_ratings as f64 * 100.0;
        format!(
            "; {} of {} test ratings, {share:.2} %, are cold",
            format::count(cold),
            format::count(finished.test_ratings)
        )
    });
    format!("finished {} {}: {test}  (epoch {epoch}, {time}{cold})", trial.id, trial.label)
}
