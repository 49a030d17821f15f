//! From training events to records: each epoch's numbers are on disk before the next begins, checkpoints follow.

use std::time::{Duration, Instant};

use hourglass_report::{EpochLog, Lease, ReportError, TrialFolder};
use hourglass_train::checkpoint;
use hourglass_train::config::columns;
use hourglass_train::loss::part_names;
use hourglass_train::state::State;
use hourglass_train::{EpochReport, Error, Event, Flow, Task};

use crate::environment::peak_memory;
use crate::interrupt;
use crate::progress::TrialProgress;

/// How often it is asked how much memory was held.
const LOOK_AT_MEMORY: Duration = Duration::from_millis(20);

/// Writes what happens in one trial.
pub struct Recorder<'a> {
    folder: &'a TrialFolder,
    lease: &'a Lease,
    task: &'a Task<'a>,
    epochs: EpochLog,
    timing: EpochLog,
    progress: TrialProgress,
    checkpoint_every: Duration,
    until: Option<usize>,
    last_checkpoint: Instant,
    epoch_start: Instant,
    /// When it was last asked for, and the answer: asking takes longer than a row may.
    peak_memory: (Instant, Option<f64>),
    monitored: Option<usize>,
    /// The last epoch that was recorded.
    pub epoch: usize,
}

impl<'a> Recorder<'a> {
    /// Opens the trial's tables, with the rows of the epochs that are done and no others. With `until`, it says stop after that
    /// epoch.
    ///
    /// # Errors
    /// When the tables cannot be written.
    pub fn open(
        folder: &'a TrialFolder,
        lease: &'a Lease,
        task: &'a Task<'a>,
        epochs_done: usize,
        progress: TrialProgress,
        checkpoint_every: Duration,
        until: Option<usize>,
    ) -> Result<Self, ReportError> {
        let columns = columns(&part_names(task), task.evaluation);
        let monitored = task.train.monitor.place(&columns);
        Ok(Self {
            folder,
            lease,
            task,
            epochs: EpochLog::open_at(&folder.epochs(), &columns, epochs_done)?,
            timing: EpochLog::open_at(&folder.timing(), &["seconds", "peak_memory_mib"], epochs_done)?,
            progress,
            checkpoint_every,
            until,
            last_checkpoint: Instant::now(),
            epoch_start: Instant::now(),
            peak_memory: (Instant::now(), peak_memory()),
            monitored,
            epoch: epochs_done,
        })
    }

    /// Takes an event, and answers whether to go on.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn observe(&mut self, event: Event<'_>) -> Result<Flow, Error> {
        match event {
            Event::Batch { epoch: 0, batch, batches } => {
                self.progress.pretraining(batch, batches);
                self.epoch_start = Instant::now();
                Ok(if interrupt::asked() { Flow::Stop } else { Flow::Continue })
            }
            Event::Batch { epoch, batch, batches } => {
                self.progress.batch(epoch, batch, batches);
                Ok(Flow::Continue)
            }
            Event::Epoch { report, state } => self.epoch(report, state),
        }
    }

    fn epoch(&mut self, report: &EpochReport, state: &State) -> Result<Flow, Error> {
        let seconds = self.epoch_start.elapsed().as_secs_f64();
        // Another process writes here now.
        if self.lease.is_lost() {
            return Err(Error::Observer("another process has taken the trial over".into()));
        }
        if self.peak_memory.0.elapsed() >= LOOK_AT_MEMORY {
            self.peak_memory = (Instant::now(), peak_memory());
        }
        let append = |log: &mut EpochLog, cells: &[Option<f64>]| {
            log.append(report.epoch, cells).map_err(|error| Error::Observer(Box::new(error)))
        };
        append(&mut self.epochs, &report.values)?;
        append(&mut self.timing, &[Some(seconds), self.peak_memory.1])?;
        self.epoch = report.epoch;
        let score = self.monitored.and_then(|column| report.values[column]);
        self.progress.epoch(report.epoch, self.task.train.monitor.name(), score);
        let stop = interrupt::asked() || self.is_at_check();
        if stop || self.last_checkpoint.elapsed() >= self.checkpoint_every {
            checkpoint::save(&self.folder.state(), state)?;
            self.last_checkpoint = Instant::now();
        }
        self.epoch_start = Instant::now();
        Ok(if stop { Flow::Stop } else { Flow::Continue })
    }

    /// Whether it has come to the epoch after which it is to be decided whether it goes on.
    pub fn is_at_check(&self) -> bool {
        self.until.is_some_and(|until| self.epoch >= until)
    }

    /// Takes the progress display away.
    pub fn end(&self) {
        self.progress.end();
    }
}
