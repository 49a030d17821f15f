//! A run with everything that was measured in it.

use std::path::Path;

use anyhow::{Context, Result};
use hourglass_report::{EpochTable, Layout, Outcome, Run, TrialFolder, format};
use jiff::Timestamp;

/// A run with its epochs.
#[derive(Debug, Clone)]
pub struct History {
    /// Its record and setting.
    pub run: Run,
    /// When it was started, in seconds since 1970.
    pub start: f64,
    /// What was measured each epoch: metrics, losses.
    pub epochs: EpochTable,
    /// What each epoch took: seconds, memory.
    pub timing: EpochTable,
}

/// One number over the epochs.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// `loss`, `train.rmse`, `timing.seconds`; of the weights that were kept `selected.validation.rmse` and `test.rmse`.
    pub name: String,
    /// By epoch, without those that have no value.
    pub points: Vec<Point>,
}

/// What was measured after an epoch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The epoch, from 1.
    pub epoch: usize,
    /// When, in seconds since 1970.
    pub time: f64,
    /// The number.
    pub value: f64,
}

impl History {
    /// Reads the epochs of a run.
    ///
    /// # Errors
    /// When a file of it is broken.
    pub fn read(run: Run) -> Result<Self> {
        let files = files(&run);
        let started = &run.record.environment.started;
        let start: Timestamp = started
            .parse()
            .with_context(|| format!("{}: `started` is `{started}`, and no time", files.record().display()))?;
        let start = start.as_microsecond() as f64 * 1e-6;
        let (epochs, timing) = (table(&files.epochs())?, table(&files.timing())?);
        Ok(Self { run, start, epochs, timing })
    }

    /// The files of the run.
    pub fn files(&self) -> TrialFolder {
        files(&self.run)
    }

    /// `input.fill zero, seed 1`: what tells the run from the others of its sweep.
    pub fn label(&self) -> String {
        let record = &self.run.record;
        let swept = record.swept.iter().map(|(path, value)| format!("{path} {}", format::setting(value)));
        swept.chain([format!("seed {}", record.seed)]).collect::<Vec<_>>().join(", ")
    }

    /// When the run ended, in seconds since 1970; `None` if it may go on.
    pub fn end(&self) -> Option<f64> {
        match self.run.record.outcome {
            Outcome::Finished(_) | Outcome::StoppedEarly(_) | Outcome::Failed { .. } => Some(self.last_moment()),
            Outcome::Running | Outcome::Interrupted { .. } => None,
        }
    }

    /// The last moment of which the records tell.
    pub fn last_moment(&self) -> f64 {
        let trained = self.start + self.run.record.seconds;
        self.times().last().map_or(trained, |last| last.max(trained))
    }

    /// All that was measured, in the order of the columns.
    pub fn series(&self) -> Vec<Series> {
        let (epochs, timing) = (&self.epochs, &self.timing);
        let mut all: Vec<Series> = epochs.columns.iter().map(|name| self.column(epochs, name, name.clone())).collect();
        all.extend(timing.columns.iter().map(|name| self.column(timing, name, format!("timing.{name}"))));
        let Some(finished) = self.run.record.outcome.finished() else { return all };
        let (epoch, time) = (finished.selected_epoch, self.last_moment());
        all.extend(finished.metric_names().filter_map(|full_name| {
            let points = vec![Point { epoch, time, value: finished.metric(&full_name)? }];
            let name = if full_name.starts_with("test.") { full_name } else { format!("selected.{full_name}") };
            Some(Series { name, points })
        }));
        all
    }

    fn column(&self, table: &EpochTable, column: &str, name: String) -> Series {
        let cells = table.points(column).unwrap_or_default().into_iter().zip(self.times());
        let points = cells.filter_map(|((epoch, value), time)| Some(Point { epoch, time, value: value? }));
        Series { name, points: points.collect() }
    }

    /// When each epoch ended. What is not recorded of it took no time.
    fn times(&self) -> impl Iterator<Item = f64> {
        let seconds = self.timing.points("seconds").unwrap_or_default();
        let seconds = seconds.into_iter().map(|(_, seconds)| seconds.unwrap_or(0.0)).chain(std::iter::repeat(0.0));
        seconds.take(self.epochs.rows.len()).scan(self.start, |time, seconds| {
            *time += seconds;
            Some(*time)
        })
    }
}

fn files(run: &Run) -> TrialFolder {
    let name = run.folder.file_name().unwrap_or_default().to_string_lossy();
    Layout::new(run.folder.parent().unwrap_or(&run.folder)).trial(&name)
}

/// The log, which a run that has just begun does not have yet.
fn table(path: &Path) -> Result<EpochTable> {
    Ok(if path.exists() { EpochTable::read(path)? } else { EpochTable::default() })
}
