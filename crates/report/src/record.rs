//! The schema of `run.json`: what a run was, where it ran, and how it ended.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The version of the schema below; a change that an older reader would misread raises it.
pub const SCHEMA_VERSION: u32 = 1;

/// Swept parameters by path, `"input.fill": "zero"`; the seed is not among them.
pub type Swept = BTreeMap<String, Value>;

/// Metrics by name, `"rmse": 0.8735`. `None` is a metric without a value (no rating to measure it on, or not a number).
pub type Metrics = BTreeMap<String, Option<f64>>;

/// One run of one trial, as `run.json` holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// [`SCHEMA_VERSION`] of the writer.
    pub schema_version: u32,
    /// Name of the experiment.
    pub experiment: String,
    /// Id of the trial: the name of its folder.
    pub trial: String,
    /// Place of the trial in its plan, from 0: the order of rows in tables and of categories in charts.
    pub position: usize,
    /// Seed of the model.
    pub seed: u64,
    /// The values that this trial has for what the sweep varies.
    pub swept: Swept,
    /// How it ended, or that it has not.
    pub outcome: Outcome,
    /// Where it ran.
    pub environment: Environment,
    /// What it learned from.
    pub data: DataRecord,
    /// Trainable parameters of the model.
    pub parameters: u64,
    /// Seconds of training by the clock, over all sessions of an interrupted run.
    pub seconds: f64,
    /// Seconds that processors spent on it, all threads together, over all sessions; nothing in records of older versions.
    #[serde(default)]
    pub cpu_seconds: Option<f64>,
    /// The most memory that its process held in main memory in any session, in MiB, where the system tells.
    #[serde(default)]
    pub peak_memory_mib: Option<f64>,
    /// When it ended, however it did, as RFC 3339 text; nothing while it runs, or where it was killed.
    #[serde(default)]
    pub ended: Option<String>,
}

impl RunRecord {
    /// Whether the trial was trained to its end.
    pub fn is_finished(&self) -> bool {
        self.outcome.finished().is_some()
    }
}

/// The state of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Being trained. One that was killed says so on disk too, and is read as interrupted.
    Running,
    /// Stopped on request, with a checkpoint, or killed, after this many epochs.
    Interrupted {
        /// Epochs done.
        epoch: usize,
    },
    /// Stopped by an error.
    Failed {
        /// The error.
        reason: String,
        /// The epoch in which it happened, if training had begun.
        epoch: Option<usize>,
    },
    /// Ended before its last epoch, because other settings of the sweep were better; with a checkpoint, and not tested.
    StoppedEarly(Stopped),
    /// Trained and tested.
    Finished(Finished),
}

/// Why a trial was stopped early.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopped {
    /// The epoch whose numbers decided.
    pub epoch: usize,
    /// What decided.
    pub by: Rule,
    /// How it compared with others.
    pub reason: String,
}

/// What stops trials early.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// Successive halving.
    Halving,
    /// The median stopping rule.
    Median,
}

impl Outcome {
    /// The name that the summary shows.
    pub fn name(&self) -> &'static str {
        match self {
            Outcome::Running => "running",
            Outcome::Interrupted { .. } => "interrupted",
            Outcome::Failed { .. } => "failed",
            Outcome::StoppedEarly(Stopped { by: Rule::Halving, .. }) => "stopped early by halving",
            Outcome::StoppedEarly(Stopped { by: Rule::Median, .. }) => "stopped early by the median rule",
            Outcome::Finished(_) => "finished",
        }
    }

    /// The result, if there is one.
    pub fn finished(&self) -> Option<&Finished> {
        match self {
            Outcome::Finished(finished) => Some(finished),
            Outcome::Running | Outcome::Interrupted { .. } | Outcome::Failed { .. } | Outcome::StoppedEarly(_) => None,
        }
    }
}

/// The result of a finished run. All metrics belong to the weights that were kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finished {
    /// Epochs trained.
    pub epochs: usize,
    /// The epoch, from 1, whose weights were kept; the last one, where they are a mean over several.
    pub selected_epoch: usize,
    /// What selected them, for example `validation.rmse`, `last epoch` or `average of epochs 81 to 100`.
    pub selected_by: String,
    /// Metrics on the training ratings.
    pub train: Metrics,
    /// Metrics on the validation ratings.
    pub validation: Metrics,
    /// Metrics on the test ratings.
    pub test: Metrics,
    /// Ratings that the test metrics were measured on.
    pub test_ratings: u64,
    /// Users that the test metrics were measured on.
    pub test_users: u64,
    /// Of the test ratings, those of users who are shown with no rating, or of items without a training rating; nothing in records of
    /// older versions.
    #[serde(default)]
    pub cold_test_ratings: Option<u64>,
}

impl Finished {
    /// The metric of a full name such as `test.rmse`; `None` when it was not measured or has no value.
    pub fn metric(&self, name: &str) -> Option<f64> {
        let (split, metric) = name.split_once('.')?;
        let metrics = match split {
            "train" => &self.train,
            "validation" => &self.validation,
            "test" => &self.test,
            _ => return None,
        };
        metrics.get(metric).copied().flatten()
    }

    /// Full names of all metrics: those of validation, then those of test, then those of train.
    pub fn metric_names(&self) -> impl Iterator<Item = String> {
        self.metrics_by_split().map(|(split, metric)| format!("{split}.{metric}"))
    }

    /// The same names in their two parts: `("test", "rmse")`.
    pub(crate) fn metrics_by_split(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let splits = [("validation", &self.validation), ("test", &self.test), ("train", &self.train)];
        splits.into_iter().flat_map(|(split, metrics)| metrics.keys().map(move |metric| (split, metric.as_str())))
    }
}

/// Versions and machine of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// Version of this program.
    pub hourglass: String,
    /// Version of libtorch.
    pub libtorch: String,
    /// `cpu`, `cuda:0`, …
    pub device: String,
    /// Threads of computation.
    pub threads: usize,
    /// Commit of the checkout that the run was started in.
    pub git_commit: Option<String>,
    /// Whether that checkout had uncommitted changes.
    pub git_dirty: Option<bool>,
    /// When the run was first started, as RFC 3339 text.
    pub started: String,
    /// Operating system.
    pub os: String,
    /// Processor architecture.
    pub arch: String,
    /// Name of the machine; nothing in records of older versions, like what follows.
    #[serde(default)]
    pub host: Option<String>,
    /// Model of its processors.
    #[serde(default)]
    pub cpu: Option<String>,
    /// How many of them this program may use.
    #[serde(default)]
    pub cpus: Option<usize>,
}

/// The data of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataRecord {
    /// Fingerprint of the ratings.
    pub fingerprint: String,
    /// Fingerprint of their division into train, validation and test.
    pub split_fingerprint: String,
    /// Users.
    pub users: u64,
    /// Items.
    pub items: u64,
    /// Ratings of the source that do not count, by the reason: duplicates, too few, …; none where all count.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub left_out: BTreeMap<String, u64>,
    /// Training ratings.
    pub train: u64,
    /// Validation ratings.
    pub validation: u64,
    /// Test ratings.
    pub test: u64,
    /// Lowest and highest rating: of the declared scale, or of the training ratings.
    pub scale: [f64; 2],
    /// The best reachable RMSE in rating points, known for synthetic data only.
    pub noise_floor: Option<f64>,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A record of a finished run.
    pub(crate) fn record(trial: &str, seed: u64, swept: &[(&str, Value)], test_rmse: Option<f64>) -> RunRecord {
        RunRecord {
            schema_version: SCHEMA_VERSION,
            experiment: "fills".into(),
            trial: trial.into(),
            position: 0,
            seed,
            swept: swept.iter().map(|(path, value)| ((*path).to_owned(), value.clone())).collect(),
            outcome: Outcome::Finished(Finished {
                epochs: 40,
                selected_epoch: 31,
                selected_by: "validation.rmse".into(),
                train: [("rmse".to_owned(), Some(0.79))].into(),
                validation: [("rmse".to_owned(), Some(0.86))].into(),
                test: [("rmse".to_owned(), test_rmse), ("user-rmse".to_owned(), Some(0.8421))].into(),
                test_ratings: 100_021,
                test_users: 6040,
                cold_test_ratings: Some(18),
            }),
            environment: Environment {
                hourglass: "0.1.0".into(),
                libtorch: "2.11.0".into(),
                device: "cpu".into(),
                threads: 2,
                git_commit: None,
                git_dirty: None,
                started: "2026-01-02T03:04:05Z".into(),
                os: "linux".into(),
                arch: "x86_64".into(),
                host: Some("laptop".into()),
                cpu: None,
                cpus: Some(2),
            },
            data: DataRecord {
                fingerprint: "d1".into(),
                split_fingerprint: "s1".into(),
                users: 6040,
                items: 3706,
                left_out: BTreeMap::new(),
                train: 800_168,
                validation: 100_020,
                test: 100_021,
                scale: [1.0, 5.0],
                noise_floor: Some(0.5),
            },
            parameters: 2_159_354,
            seconds: 12.5,
            cpu_seconds: Some(20.25),
            peak_memory_mib: None,
            ended: Some("2026-01-02T03:04:18Z".into()),
        }
    }

    #[test]
    fn every_outcome_reads_back_as_written() {
        let finished = record("a", 1, &[], Some(0.87)).outcome;
        let stopped = Stopped { epoch: 3, by: Rule::Median, reason: "worse".into() };
        let cases = [
            (Outcome::Running, r#""running""#),
            (Outcome::Interrupted { epoch: 3 }, r#"{"interrupted":{"epoch":3}}"#),
            (
                Outcome::Failed { reason: "loss is NaN".into(), epoch: Some(2) },
                r#"{"failed":{"reason":"loss is NaN","epoch":2}}"#,
            ),
            (Outcome::StoppedEarly(stopped), r#"{"stopped-early":{"epoch":3,"by":"median","reason":"worse"}}"#),
            (finished, r#"{"finished":{"epochs":40,"#),
        ];
        for (outcome, text) in cases {
            let json = serde_json::to_string(&outcome).unwrap();
            assert!(json.starts_with(text), "{json}");
            assert_eq!(serde_json::from_str::<Outcome>(&json).unwrap(), outcome);
            assert!(json.replace('-', " ").contains(outcome.name().split(" by ").next().unwrap()));
        }
    }

    #[test]
    fn metrics_are_found_by_full_name() {
        let record = record("a", 1, &[], None);
        let finished = record.outcome.finished().unwrap();
        let cases = [
            ("test.user-rmse", Some(0.8421)),
            ("validation.rmse", Some(0.86)),
            ("train.rmse", Some(0.79)),
            ("test.rmse", None),
            ("test.mae", None),
            ("rmse", None),
        ];
        for (name, expected) in cases {
            assert_eq!(finished.metric(name), expected, "{name}");
        }
        let names: Vec<_> = finished.metric_names().collect();
        assert_eq!(names, ["validation.rmse", "test.rmse", "test.user-rmse", "train.rmse"]);
    }
}
