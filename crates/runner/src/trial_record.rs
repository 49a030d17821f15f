//! The record of a trial, from its first moment to its end.

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::Result;
use hourglass_data::{Counts, Dataset};
use hourglass_report::{DataRecord, Environment, Outcome, RunRecord, SCHEMA_VERSION, TrialFolder};
use hourglass_train::Task;

use crate::plan::Plan;

/// The record of a running trial.
pub struct TrialRecord<'a> {
    folder: &'a TrialFolder,
    /// As on disk.
    pub run: RunRecord,
    start: Instant,
    seconds_before: f64,
}

impl<'a> TrialRecord<'a> {
    /// Begins or goes on with a trial: writes its setting, and a record that says it is running.
    ///
    /// # Errors
    /// When nothing can be written.
    pub fn open(
        plan: &Plan,
        position: usize,
        folder: &'a TrialFolder,
        before: Option<&RunRecord>,
        data: &Dataset,
        task: &Task<'_>,
        environment: Environment,
    ) -> Result<Self> {
        let trial = &plan.trials[position];
        let data = data_record(data);
        let seconds_before = before.filter(|_| folder.state().exists()).map_or(0.0, |before| before.seconds);
        let json = |value: &toml::Value| serde_json::to_value(value).expect("TOML without dates is JSON");
        let run = RunRecord {
            schema_version: SCHEMA_VERSION,
            experiment: plan.spec.name.to_string(),
            trial: trial.id.clone(),
            position: trial.position,
            seed: u64::from(trial.seed),
            swept: trial.swept.iter().map(|(path, value)| (path.clone(), json(value))).collect(),
            outcome: Outcome::Running,
            environment,
            data,
            parameters: task.model.parameter_count(task.dims()),
            seconds: seconds_before,
        };
        let text = toml::to_string_pretty(&trial.config).expect("an experiment that was read can be written");
        hourglass_report::write_atomically(&folder.trial_toml(), text.as_bytes())?;
        run.save(&folder.record())?;
        Ok(Self { folder, run, start: Instant::now(), seconds_before })
    }

    /// Writes how it ended.
    ///
    /// # Errors
    /// When nothing can be written.
    pub fn close(&mut self, outcome: &Outcome) -> Result<()> {
        self.run.outcome = outcome.clone();
        self.run.seconds = self.seconds_before + self.start.elapsed().as_secs_f64();
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
