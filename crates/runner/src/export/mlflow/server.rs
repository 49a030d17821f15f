//! Runs sent to an MLflow server. The server chooses ids of its own, so that a run is found again by a tag; what it has
//! already is not sent again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context, Result, anyhow, bail};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::client::{Answer, Client};
use super::tree::artifacts_of;
use super::{Metric, MlflowRun, RUN_TAG};
use crate::export::parameters::hexadecimal;
use crate::export::{History, parameters};

/// A tag with a hash of all that was sent, the last thing that is sent.
const CONTENT_TAG: &str = "hourglass.content";

/// What a server takes in one request: of metrics, and of parameters.
const MOST_METRICS: usize = 1000;
const MOST_PARAMETERS: usize = 100;

/// What became of the runs.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// The server had them not.
    pub created: usize,
    /// The server had them, and now has them as they are.
    pub updated: usize,
    /// The server had them as they are.
    pub unchanged: usize,
}

/// A run on the server.
struct Known {
    id: String,
    artifacts: String,
    content: Option<String>,
}

/// Sends the runs to the server at this address.
///
/// # Errors
/// When the server cannot be reached or refuses.
pub fn send(histories: &[History], address: &str) -> Result<Sent> {
    let client = Client::new(address)?;
    let mut experiments: BTreeMap<&str, (String, BTreeMap<String, Known>)> = BTreeMap::new();
    let mut sent = Sent::default();
    for (history, parameters) in histories.iter().zip(parameters(histories)) {
        let name = history.run.record.experiment.as_str();
        if !experiments.contains_key(name) {
            let id = experiment(&client, name)?;
            let runs = known_runs(&client, &id)?;
            experiments.insert(name, (id, runs));
        }
        let (experiment, runs) = &experiments[name];
        let run = MlflowRun::of(history, &parameters);
        let content = hexadecimal(&Sha256::digest(format!("{run:?}"))[..16]);
        match runs.get(&run.id) {
            Some(known) if known.content.as_ref() == Some(&content) => sent.unchanged += 1,
            Some(known) => {
                let there = steps_there(&client, known, &run)?;
                fill(&client, history, &run, known, &there, &content)?;
                sent.updated += 1;
            }
            None => {
                let known = create(&client, experiment, &run)?;
                fill(&client, history, &run, &known, &BTreeSet::new(), &content)?;
                sent.created += 1;
            }
        }
    }
    Ok(sent)
}

/// The id of the experiment of this name, which is created if it is not there.
fn experiment(client: &Client, name: &str) -> Result<String> {
    let found = match client.get("experiments/get-by-name", &[("experiment_name", name)])? {
        Answer::Done(answer) => answer["experiment"].clone(),
        Answer::Refused { code, .. } if code == "RESOURCE_DOES_NOT_EXIST" => {
            client.post("experiments/create", &json!({ "name": name }))?
        }
        Answer::Refused { code, message } => {
            bail!("the server refuses to tell of experiment {name}: {code}: {message}")
        }
    };
    if found["lifecycle_stage"] == "deleted" {
        bail!("experiment {name} is deleted on the server: restore it there, or delete it for good (mlflow gc)");
    }
    text(&found, "experiment_id")
}

/// The runs of an experiment that were sent before, by their [`RUN_TAG`].
fn known_runs(client: &Client, experiment: &str) -> Result<BTreeMap<String, Known>> {
    let mut runs = BTreeMap::new();
    let mut page = Value::Null;
    loop {
        let question = json!({ "experiment_ids": [experiment], "max_results": 1000, "page_token": page });
        let answer = client.post("runs/search", &question)?;
        for run in answer["runs"].as_array().into_iter().flatten() {
            let tag = |key: &str| {
                let tags = run["data"]["tags"].as_array().into_iter().flatten();
                tags.filter(|tag| tag["key"] == key).find_map(|tag| Some(tag["value"].as_str()?.to_owned()))
            };
            if let Some(id) = tag(RUN_TAG) {
                runs.insert(id, Known::of(&run["info"], tag(CONTENT_TAG))?);
            }
        }
        page = answer["next_page_token"].clone();
        if page.as_str().is_none_or(str::is_empty) {
            return Ok(runs);
        }
    }
}

impl Known {
    fn of(info: &Value, content: Option<String>) -> Result<Self> {
        Ok(Self { id: text(info, "run_id")?, artifacts: text(info, "artifact_uri")?, content })
    }
}

fn create(client: &Client, experiment: &str, run: &MlflowRun) -> Result<Known> {
    let tags = [(RUN_TAG.to_owned(), run.id.clone())];
    let question = json!({
        "experiment_id": experiment,
        "run_name": run.name,
        "start_time": run.start,
        "tags": pairs(&tags),
    });
    Known::of(&client.post("runs/create", &question)?["run"]["info"], None)
}

/// `(metric, epoch)` that the server has of this run. An epoch that was trained again after an interruption has other times,
/// and would be there twice.
fn steps_there(client: &Client, known: &Known, run: &MlflowRun) -> Result<BTreeSet<(String, u64)>> {
    let keys: BTreeSet<&str> = run.metrics.iter().map(|metric| metric.key.as_str()).collect();
    let mut there = BTreeSet::new();
    for key in keys {
        let question = [("run_id", known.id.as_str()), ("metric_key", key)];
        let Answer::Done(answer) = client.get("metrics/get-history", &question)? else { continue };
        let points = answer["metrics"].as_array().into_iter().flatten();
        there.extend(points.map(|point| (key.to_owned(), number(&point["step"]))));
    }
    Ok(there)
}

/// A whole number, which servers write as a number or as a text.
fn number(value: &Value) -> u64 {
    value.as_u64().or_else(|| value.as_str()?.parse().ok()).unwrap_or(0)
}

/// Sends all that belongs to a run. The hash of it comes last, so that what broke off is sent again.
fn fill(
    client: &Client,
    history: &History,
    run: &MlflowRun,
    known: &Known,
    there: &BTreeSet<(String, u64)>,
    content: &str,
) -> Result<()> {
    let log =
        |field: &str, entries: Value| client.post("runs/log-batch", &json!({ "run_id": known.id, field: entries }));
    let missing: Vec<&Metric> =
        run.metrics.iter().filter(|metric| !there.contains(&(metric.key.clone(), metric.step))).collect();
    for metrics in missing.chunks(MOST_METRICS) {
        log("metrics", metrics.iter().map(|metric| metric_json(metric)).collect())?;
    }
    for parameters in run.parameters.chunks(MOST_PARAMETERS) {
        log("params", pairs(parameters))?;
    }
    log("tags", pairs(&run.tags))?;
    if let Some(place) = known.artifacts.strip_prefix("mlflow-artifacts:/") {
        for (name, path) in artifacts_of(history) {
            let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            client.put_artifact(&format!("{}/{name}", place.trim_start_matches('/')), &bytes)?;
        }
    }
    let update = json!({ "run_id": known.id, "run_name": run.name, "status": run.status.name(), "end_time": run.end });
    client.post("runs/update", &update)?;
    log("tags", pairs(&[(CONTENT_TAG.to_owned(), content.to_owned())]))?;
    Ok(())
}

/// What is not a number is written as text, since JSON has no number for it.
fn metric_json(metric: &Metric) -> Value {
    let value = match metric.value {
        value if value.is_finite() => json!(value),
        value if value.is_nan() => json!("NaN"),
        value => json!(if value > 0.0 { "Infinity" } else { "-Infinity" }),
    };
    json!({ "key": metric.key, "value": value, "timestamp": metric.timestamp, "step": metric.step })
}

fn pairs(entries: &[(String, String)]) -> Value {
    entries.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect()
}

fn text(answer: &Value, field: &str) -> Result<String> {
    let found = answer[field].as_str().map(str::to_owned);
    found.ok_or_else(|| anyhow!("the server's answer has no `{field}`: is it an MLflow server? It says {answer}"))
}
