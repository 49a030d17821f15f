//! Reads from the records how far trials have come, and says what may follow for each.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use hourglass_report::{DataRecord, EpochTable, Layout, Outcome, RunRecord, Stopped};

use super::course::{Course, Setting};
use super::{Decision, StopConfig};
use crate::execute::record_before;
use crate::plan::Plan;

/// What may follow for a trial.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It is trained, up to its next check or to its end.
    Train {
        /// The epoch of the check.
        until: Option<usize>,
    },
    /// Others have not come so far yet.
    Wait,
    /// It is trained no further.
    Stop(Stopped),
}

/// Decides about the trials of a plan.
pub struct Referee<'a> {
    config: &'a StopConfig,
    plan: &'a Plan,
    layout: Layout,
    /// What each trial learns from: numbers from before the data changed are none of its.
    data: Vec<DataRecord>,
    settings: Vec<Setting>,
    /// For each trial its setting, and its place there.
    places: Vec<(usize, usize)>,
}

impl<'a> Referee<'a> {
    /// For all trials of a sweep, which learn from these data.
    ///
    /// # Errors
    /// When they do not monitor the same number.
    pub fn new(config: &'a StopConfig, plan: &'a Plan, layout: Layout, data: Vec<DataRecord>) -> Result<Self> {
        let monitors = plan.trials.iter().map(|trial| trial.config.train.monitor.name());
        let mut monitors: Vec<&str> = monitors.collect();
        monitors.dedup();
        if let [first, second, ..] = monitors[..] {
            bail!(
                "sweep.stop compares trials by train.monitor, but the sweep has {first:?} and {second:?}; monitor the same in all, or \
                 remove sweep.stop"
            );
        }
        let mut by_swept: Vec<&BTreeMap<String, toml::Value>> = Vec::new();
        let (mut settings, mut places): (Vec<Setting>, _) = (Vec::new(), Vec::new());
        for trial in &plan.trials {
            let setting = by_swept.iter().position(|swept| **swept == trial.swept).unwrap_or_else(|| {
                by_swept.push(&trial.swept);
                settings.push(Setting::default());
                settings.len() - 1
            });
            places.push((setting, settings[setting].trials.len()));
            settings[setting].trials.push(Course::default());
        }
        Ok(Self { config, plan, layout, data, settings, places })
    }

    /// What may follow for the trial at this place of the plan. Of those that had failed before this run, which are tried again,
    /// the failure does not count.
    ///
    /// # Errors
    /// When a record or a log cannot be read.
    pub fn verdict(&mut self, place: usize, failed_before: &BTreeMap<usize, RunRecord>) -> Result<Verdict> {
        self.read(place, failed_before)?;
        let (setting, number) = self.places[place];
        let done = self.settings[setting].trials[number].scores.len();
        for other in 0..self.places.len() {
            let (setting, number) = self.places[other];
            let course = &self.settings[setting].trials[number];
            if course.scores.len() < done && !course.is_over {
                self.read(other, failed_before)?;
            }
        }
        Ok(match self.config.decide(&self.settings, setting, done) {
            Decision::Stop(stopped) => Verdict::Stop(stopped),
            Decision::Open => Verdict::Wait,
            Decision::GoOn => {
                let next = self.config.check_after(done);
                let epochs = self.plan.trials[place].config.train.epochs.get();
                Verdict::Train { until: (next < epochs).then_some(next) }
            }
        })
    }

    /// A trial that will not be recorded: it is worse than all others.
    pub fn give_up(&mut self, place: usize) {
        let (setting, number) = self.places[place];
        let course = &mut self.settings[setting].trials[number];
        if !course.is_over {
            course.scores.push(f64::INFINITY);
            course.is_over = true;
        }
    }

    fn read(&mut self, place: usize, failed_before: &BTreeMap<usize, RunRecord>) -> Result<()> {
        let (setting, number) = self.places[place];
        let trial = &self.plan.trials[place];
        let folder = self.layout.trial(&trial.id);
        let Some(record) = record_before(&folder)?.filter(|record| record.data == self.data[place]) else {
            return Ok(());
        };
        let mut scores = Vec::new();
        if folder.epochs().exists() {
            let table = EpochTable::read(&folder.epochs())?;
            let train = &trial.config.train;
            let sign = if train.monitor.higher_is_better(&trial.config.evaluation) { -1.0 } else { 1.0 };
            let points = table.points(train.monitor.name()).unwrap_or_default();
            // As it was last measured.
            let score = |last: &mut f64, (_, value): (usize, Option<f64>)| {
                *last = value.map_or(*last, |value| if value.is_nan() { f64::INFINITY } else { sign * value });
                Some(*last)
            };
            scores = points.into_iter().scan(f64::INFINITY, score).collect();
        }
        let has_failed = matches!(record.outcome, Outcome::Failed { .. }) && failed_before.get(&place) != Some(&record);
        if has_failed {
            scores.push(f64::INFINITY);
        }
        let course = &mut self.settings[setting].trials[number];
        // Epochs after a checkpoint are trained again: the same numbers are gone for a while.
        if scores.len() >= course.scores.len() {
            course.scores = scores;
        }
        course.is_over = has_failed || record.is_finished();
        Ok(())
    }
}
