//! MLflow: a folder that its `migrate-filestore` takes, or requests to a running server.

mod client;
mod server;
mod tree;

pub use server::{Sent, send};
pub use tree::write;

use hourglass_report::Outcome;
use sha2::{Digest, Sha256};

use super::parameters::hexadecimal;
use super::{History, Parameters, text};

/// A run as MLflow has it.
#[derive(Debug, Clone, PartialEq)]
struct MlflowRun {
    /// 32 hexadecimal digits, which depend on the trial and on what it learned from.
    id: String,
    name: String,
    status: Status,
    /// Milliseconds since 1970.
    start: u64,
    end: Option<u64>,
    parameters: Vec<(String, String)>,
    tags: Vec<(String, String)>,
    metrics: Vec<Metric>,
}

/// One number of one epoch.
#[derive(Debug, Clone, PartialEq)]
struct Metric {
    key: String,
    /// Milliseconds since 1970.
    timestamp: u64,
    /// The epoch.
    step: u64,
    value: f64,
}

/// With the numbers that a tree has for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    Running = 1,
    Finished = 3,
    Failed = 4,
    Killed = 5,
}

impl Status {
    fn name(self) -> &'static str {
        match self {
            Status::Running => "RUNNING",
            Status::Finished => "FINISHED",
            Status::Failed => "FAILED",
            Status::Killed => "KILLED",
        }
    }
}

/// The tag by which a run is found again.
const RUN_TAG: &str = "hourglass.run";

/// What MLflow takes of a value of a parameter and of a tag, in characters.
const LONGEST_PARAMETER: usize = 6000;
const LONGEST_TAG: usize = 8000;

impl MlflowRun {
    fn of(history: &History, parameters: &Parameters) -> Self {
        let record = &history.run.record;
        let data = &record.data;
        let identity = [&record.experiment, &record.trial, &data.fingerprint, &data.split_fingerprint];
        let id = hexadecimal(&Sha256::digest(identity.map(String::as_str).join("\n"))[..16]);
        let value = |(path, value): (&String, &_)| (key(path), cut(&text(value), LONGEST_PARAMETER));
        Self {
            name: history.label(),
            status: match record.outcome {
                Outcome::Running => Status::Running,
                Outcome::Interrupted { .. } | Outcome::StoppedEarly(_) => Status::Killed,
                Outcome::Failed { .. } => Status::Failed,
                Outcome::Finished(_) => Status::Finished,
            },
            start: milliseconds(history.start),
            end: history.end().map(milliseconds),
            parameters: parameters.values.iter().map(value).collect(),
            tags: tags(history, parameters, &id),
            metrics: metrics(history),
            id,
        }
    }
}

fn tags(history: &History, parameters: &Parameters, id: &str) -> Vec<(String, String)> {
    let record = &history.run.record;
    let environment = &record.environment;
    let selected = record.outcome.finished().map(|finished| (finished.selected_epoch, &finished.selected_by));
    let reason = match &record.outcome {
        Outcome::Failed { reason, .. } => Some(reason.clone()),
        Outcome::StoppedEarly(stopped) => Some(stopped.reason.clone()),
        _ => None,
    };
    let tags = [
        (RUN_TAG, Some(id.to_owned())),
        ("hourglass.trial", Some(record.trial.clone())),
        ("hourglass.setting", Some(parameters.group.clone())),
        ("hourglass.outcome", Some(record.outcome.name().to_owned())),
        ("hourglass.selected_epoch", selected.map(|(epoch, _)| epoch.to_string())),
        ("hourglass.selected_by", selected.map(|(_, reason)| reason.clone())),
        ("hourglass.trainable_parameters", Some(record.parameters.to_string())),
        ("hourglass.device", Some(environment.device.clone())),
        ("hourglass.version", Some(environment.hourglass.clone())),
        ("mlflow.note.content", reason),
        ("mlflow.runName", Some(history.label())),
        ("mlflow.source.git.commit", environment.git_commit.clone()),
        ("mlflow.source.name", Some("hourglass".to_owned())),
        ("mlflow.user", Some("hourglass".to_owned())),
    ];
    tags.into_iter().filter_map(|(key, value)| Some((key.to_owned(), cut(&value?, LONGEST_TAG)))).collect()
}

fn metrics(history: &History) -> Vec<Metric> {
    let of_series = |series: super::Series| {
        let key = key(&series.name);
        series.points.into_iter().map(move |point| Metric {
            key: key.clone(),
            timestamp: milliseconds(point.time),
            step: point.epoch as u64,
            value: point.value,
        })
    };
    history.series().into_iter().flat_map(of_series).collect()
}

/// A name of letters, digits and `_-. :/` only, as MLflow wants it: `test.ndcg@10` is `test.ndcg_at_10`.
fn key(name: &str) -> String {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "_-. :/".contains(letter);
    name.replace('@', "_at_").replace(|letter| !allowed(letter), "_")
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some(_) => text.chars().take(most - 1).chain(['…']).collect(),
        None => text.to_owned(),
    }
}

fn milliseconds(seconds: f64) -> u64 {
    (seconds * 1e3).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_of_letters_that_mlflow_takes() {
        let cases = [
            ("validation.user-rmse", "validation.user-rmse"),
            ("test.ndcg@10", "test.ndcg_at_10"),
            ("model.autoencoder.layers", "model.autoencoder.layers"),
            ("data.delimited.path ä*", "data.delimited.path __"),
        ];
        for (name, expected) in cases {
            assert_eq!(key(name), expected);
        }
    }

    #[test]
    fn long_texts_end_with_an_ellipsis() {
        assert_eq!(cut("äöü", 3), "äöü");
        assert_eq!(cut("äöüß", 3), "äö…");
    }
}
