//! The record of a trial, from its first moment to its end.

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::Result;
use hourglass_data::{Counts, Dataset};
use hourglass_report::{DataRecord, Environment, Outcome, RunRecord, SCHEMA_VERSION, TrialFolder};
use hourglass_train::Task;

use crate::environment::{cpu_seconds, forget_peak_memory, now, peak_memory};
use crate::plan::Trial;

/// The record of a running trial.
pub struct TrialRecord<'a> {
    folder: &'a TrialFolder,
    /// As on disk.
    pub run: RunRecord,
    start: Instant,
    cpu_start: Option<f64>,
    /// What earlier sessions took, by the clock and of processors.
    before: (f64, Option<f64>),
}

impl<'a> TrialRecord<'a> {
    /// Begins or goes on with a trial: writes its setting, and a record that says it is running.
    ///
    /// # Errors
    /// When nothing can be written.
    pub fn open(
        trial: &Trial,
        folder: &'a TrialFolder,
        before: Option<&RunRecord>,
        data: &Dataset,
        task: &Task<'_>,
        environment: Environment,
    ) -> Result<Self> {
        let data = data_record(data);
        let before = before.filter(|_| folder.state().exists());
        forget_peak_memory();
        let started = before.map_or(environment.started, |before| before.environment.started.clone());
        let run = RunRecord {
            schema_version: SCHEMA_VERSION,
            experiment: trial.config.name.to_string(),
            trial: trial.id.clone(),
            position: trial.position,
            seed: u64::from(trial.seed),
            swept: trial.recorded_swept(),
            outcome: Outcome::Running,
            environment: Environment { started, ..environment },
            data,
            parameters: task.model.parameter_count(task.dims()),
            seconds: before.map_or(0.0, |before| before.seconds),
            cpu_seconds: before.map_or(Some(0.0), |before| before.cpu_seconds),
            peak_memory_mib: before.and_then(|before| before.peak_memory_mib),
            ended: None,
        };
        let text = toml::to_string_pretty(&trial.config).expect("an experiment that was read can be written");
        hourglass_report::write_atomically(&folder.trial_toml(), text.as_bytes())?;
        run.save(&folder.record())?;
        let before = (run.seconds, run.cpu_seconds);
        Ok(Self { folder, run, start: Instant::now(), cpu_start: cpu_seconds(), before })
    }

    /// Writes how it ended.
    ///
    /// # Errors
    /// When nothing can be written.
    pub fn close(&mut self, outcome: &Outcome) -> Result<()> {
        self.run.outcome = outcome.clone();
        let (seconds, cpu) = self.before;
        self.run.seconds = seconds + self.start.elapsed().as_secs_f64();
        let cpu_of_session = cpu_seconds().zip(self.cpu_start).map(|(end, start)| end - start);
        self.run.cpu_seconds = cpu.zip(cpu_of_session).map(|(before, session)| before + session);
        self.run.peak_memory_mib = peak_memory().into_iter().chain(self.run.peak_memory_mib).reduce(f64::max);
        self.run.ended = Some(now());
        Ok(self.run.save(&self.folder.record())?)
    }
}

/// What a record says of its data.
pub fn data_record(data: &Dataset) -> DataRecord {
    let split = &data.split;
    DataRecord {
        fingerprint: data.fingerprint.clone(),
        split_fingerprint: data.split_fingerprint.clone(),
        users: data.users.len() as u64,
        items: data.items.len() as u64,
        left_out: left_out(&data.counts),
        train: split.train.len() as u64,
        validation: split.validation.ratings.len() as u64,
        test: split.test.ratings.len() as u64,
        scale: [f64::from(data.scale.minimum), f64::from(data.scale.maximum)],
        noise_floor: data.noise_floor,
    }
}

fn left_out(counts: &Counts) -> BTreeMap<String, u64> {
    let Counts { read: _, of_others, cast_to_zero, not_events, duplicates, too_few } = *counts;
    let reasons = [
        ("of other users", of_others),
        ("cast to 0", cast_to_zero),
        ("not events", not_events),
        ("duplicates", duplicates),
        ("too few", too_few),
    ];
    let met = reasons.into_iter().filter(|(_, number)| *number > 0);
    met.map(|(reason, number)| (reason.to_owned(), number as u64)).collect()
}
