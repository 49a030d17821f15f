//! One trial as it stands.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context, Result};
use hourglass_report::{EpochTable, Labels, Layout, Outcome, RunRecord, Swept, TrialFolder, format};
use hourglass_train::metric::higher_is_better;
use toml::{Table, Value};

use crate::plan::Trial;

/// How many of the last epochs tell how long the next ones take.
const RECENT: usize = 20;

/// What a trial is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// A process is at it.
    Running,
    /// Stopped, and goes on when the experiment is run again.
    Interrupted,
    /// Ended with an error.
    Failed,
    /// Its files cannot be read.
    Broken,
    /// Not begun.
    Waiting,
    /// Ended before its last epoch, because others were better.
    Stopped,
    /// Trained and tested.
    Done,
}

impl State {
    /// All, in the order in which they are counted.
    pub const ALL: [State; 7] =
        [State::Done, State::Stopped, State::Running, State::Waiting, State::Interrupted, State::Failed, State::Broken];

    /// As shown.
    pub fn name(self) -> &'static str {
        match self {
            State::Running => "running",
            State::Interrupted => "interrupted",
            State::Failed => "failed",
            State::Broken => "broken",
            State::Waiting => "waiting",
            State::Stopped => "stopped",
            State::Done => "done",
        }
    }
}

/// A trial.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its experiment.
    pub experiment: String,
    /// Its id.
    pub trial: String,
    /// Its place in the plan.
    pub position: usize,
    /// What the sweep set.
    pub swept: Swept,
    /// Its seed.
    pub seed: u64,
    /// What it is doing.
    pub state: State,
    /// How many epochs it may take.
    pub most_epochs: usize,
    /// Whether it may end before.
    pub stops_early: bool,
    /// The column that selects its weights.
    pub monitor: String,
    /// Its direction.
    pub higher_is_better: bool,
    /// The epochs that are done.
    pub epochs: EpochTable,
    /// What an epoch takes now, in seconds.
    pub epoch_seconds: Option<f64>,
    /// What it has taken in all, in seconds.
    pub seconds: f64,
    /// Why it failed or cannot be read; how it was tested.
    pub note: String,
}

/// What tells a file from what it was: its length, and when it was written.
type Stamp = Option<(u64, SystemTime)>;

/// A trial that was read, and when it must be read again.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) row: Row,
    stamps: [Stamp; 3],
}

impl Read {
    /// Reads a trial's folder, unless `before` is still true of it.
    pub(super) fn of(folder: &Path, before: Option<Read>) -> Read {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let files = Layout::new(folder.parent().unwrap_or(folder)).trial(&name);
        let stamps = [files.record(), files.epochs(), files.timing()].map(|path| stamp(&path));
        match before {
            // That a process was killed is told by no change of these files.
            Some(before) if before.stamps == stamps && before.row.state != State::Running => before,
            _ => Read { row: Row::read(&files).unwrap_or_else(|error| Row::broken(folder, &error)), stamps },
        }
    }
}

fn stamp(path: &Path) -> Stamp {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.len(), metadata.modified().ok()?))
}

impl Row {
    fn read(files: &TrialFolder) -> Result<Self> {
        let record = RunRecord::load(&files.record())?;
        let path = files.trial_toml();
        let setting = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let setting: Table = toml::from_str(&setting).with_context(|| path.display().to_string())?;
        let table = |path: &Path| if path.exists() { EpochTable::read(path) } else { Ok(EpochTable::default()) };
        let (epochs, timing) = (table(&files.epochs())?, table(&files.timing())?);
        let (state, note) = match &record.outcome {
            Outcome::Running => (State::Running, String::new()),
            Outcome::Interrupted { .. } => (State::Interrupted, "goes on when the experiment is run again".to_owned()),
            Outcome::Failed { reason, .. } => (State::Failed, reason.clone()),
            Outcome::StoppedEarly(stopped) => (State::Stopped, stopped.reason.clone()),
            Outcome::Finished(finished) => {
                let metrics = finished.test.iter().map(|(name, value)| format!("{name} {}", format::metric(*value)));
                (State::Done, format!("test {}", metrics.collect::<Vec<_>>().join("  ")))
            }
        };
        let seconds = timing.points("seconds").unwrap_or_default();
        let seconds: Vec<f64> = seconds.into_iter().filter_map(|(_, seconds)| seconds).collect();
        let recent = &seconds[seconds.len().saturating_sub(RECENT)..];
        Ok(Self {
            state,
            note,
            epoch_seconds: (!recent.is_empty()).then(|| recent.iter().sum::<f64>() / recent.len() as f64),
            seconds: record.seconds.max(seconds.iter().sum()),
            epochs,
            swept: record.swept,
            seed: record.seed,
            ..Self::new(&record.experiment, &record.trial, record.position, &setting)
        })
    }

    /// A trial that has not begun.
    pub(super) fn waiting(trial: &Trial) -> Self {
        let json = |value: &Value| serde_json::to_value(value).expect("TOML without dates is JSON");
        Self {
            swept: trial.swept.iter().map(|(path, value)| (path.clone(), json(value))).collect(),
            seed: u64::from(trial.seed),
            ..Self::new(trial.config.name.as_str(), &trial.id, trial.position, &trial.config.to_table())
        }
    }

    fn new(experiment: &str, trial: &str, position: usize, setting: &Table) -> Self {
        let of_training = |key: &str| setting.get("train").and_then(|train| train.get(key));
        let monitor = of_training("monitor").and_then(Value::as_str).unwrap_or("loss").to_owned();
        Self {
            experiment: experiment.to_owned(),
            trial: trial.to_owned(),
            position,
            swept: Swept::new(),
            seed: 0,
            state: State::Waiting,
            most_epochs: of_training("epochs").and_then(Value::as_integer).unwrap_or(0) as usize,
            stops_early: of_training("early_stopping").is_some(),
            higher_is_better: higher_is_better(&monitor),
            monitor,
            epochs: EpochTable::default(),
            epoch_seconds: None,
            seconds: 0.0,
            note: String::new(),
        }
    }

    fn broken(folder: &Path, error: &anyhow::Error) -> Self {
        let name = |path: Option<&Path>| {
            path.and_then(Path::file_name).map_or_else(String::new, |name| name.to_string_lossy().into_owned())
        };
        let row = Self::new(&name(folder.parent()), &name(Some(folder)), usize::MAX, &Table::new());
        Self { state: State::Broken, note: format!("{error:#}"), ..row }
    }

    /// `fill zero, seed 1`, in the words that tell it from the others.
    pub fn label(&self, labels: &Labels) -> String {
        let swept =
            self.swept.iter().map(|(path, value)| format!("{} {}", labels.name(path), labels.value(path, value)));
        swept.chain([format!("seed {}", self.seed)]).collect::<Vec<_>>().join(", ")
    }

    /// How many epochs are done.
    pub fn done(&self) -> usize {
        self.epochs.rows.last().map_or(0, |row| row.epoch)
    }

    /// `(epoch, value)` of a column, where it has one.
    pub fn curve(&self, column: &str) -> Vec<(f64, f64)> {
        let points = self.epochs.points(column).unwrap_or_default();
        let known = points.into_iter().filter_map(|(epoch, value)| Some((epoch as f64, value?)));
        known.filter(|(_, value)| value.is_finite()).collect()
    }

    /// The last value of the monitored column.
    pub fn last(&self) -> Option<f64> {
        self.curve(&self.monitor).last().map(|(_, value)| *value)
    }

    /// The best value of the monitored column.
    pub fn best(&self) -> Option<f64> {
        let values = self.curve(&self.monitor).into_iter().map(|(_, value)| value);
        values.reduce(if self.higher_is_better { f64::max } else { f64::min })
    }

    /// The seconds that it takes at most from now on, if a process is at it and an epoch is done.
    pub fn seconds_left(&self) -> Option<f64> {
        let left = self.most_epochs.saturating_sub(self.done()) as f64;
        self.epoch_seconds.filter(|_| self.state == State::Running).map(|seconds| left * seconds)
    }
}
