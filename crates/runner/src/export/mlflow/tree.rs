//! A folder `mlruns` as MLflow's file store keeps it, from which `mlflow migrate-filestore` makes a database.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Metric, MlflowRun};
use crate::export::{History, parameters, put};

/// Writes `<experiment>/<run>/{meta.yaml, params, tags, metrics, artifacts}` below `folder`.
///
/// # Errors
/// When the disk refuses.
pub fn write(histories: &[History], folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let folder = folder.canonicalize().with_context(|| format!("cannot find {}", folder.display()))?;
    let mut experiments: BTreeMap<&str, Vec<(&History, MlflowRun)>> = BTreeMap::new();
    for (history, parameters) in histories.iter().zip(parameters(histories)) {
        let runs = experiments.entry(&history.run.record.experiment).or_default();
        runs.push((history, MlflowRun::of(history, &parameters)));
    }
    // The store wants an experiment of this name, also if it is empty.
    let first = experiments.values().flatten().map(|(_, run)| run.start).min().unwrap_or(0);
    experiment(&folder.join("0"), "Default", "0", first)?;
    for (name, runs) in experiments {
        let id = experiment_id(name);
        let start = runs.iter().map(|(_, run)| run.start).min().unwrap_or(first);
        experiment(&folder.join(&id), name, &id, start)?;
        for (history, run) in &runs {
            self::run(&folder.join(&id).join(&run.id), &id, history, run)?;
        }
    }
    Ok(())
}

/// A number that depends on the name alone, and that a column of 32 bits can hold.
fn experiment_id(name: &str) -> String {
    let digest = Sha256::digest(name);
    let number = u32::from_le_bytes([digest[0], digest[1], digest[2], digest[3]]);
    (number >> 1).max(1).to_string()
}

fn experiment(folder: &Path, name: &str, id: &str, start: u64) -> Result<()> {
    let meta = json!({
        "artifact_location": address(folder),
        "creation_time": start,
        "experiment_id": id,
        "last_update_time": start,
        "lifecycle_stage": "active",
        "name": name,
    });
    put_yaml(&folder.join("meta.yaml"), &meta)
}

fn run(folder: &Path, experiment: &str, history: &History, run: &MlflowRun) -> Result<()> {
    let artifacts = folder.join("artifacts");
    let meta = json!({
        "artifact_uri": address(&artifacts),
        "end_time": run.end,
        "entry_point_name": "",
        "experiment_id": experiment,
        "lifecycle_stage": "active",
        "run_id": run.id,
        "run_name": run.name,
        "run_uuid": run.id,
        "source_name": "",
        "source_type": 4,
        "source_version": "",
        "start_time": run.start,
        "status": run.status as u8,
        "tags": [],
        "user_id": "hourglass",
    });
    put_yaml(&folder.join("meta.yaml"), &meta)?;
    for (kind, entries) in [("params", &run.parameters), ("tags", &run.tags)] {
        for (key, value) in entries {
            put(&folder.join(kind).join(key), value.as_bytes())?;
        }
    }
    let mut files: BTreeMap<&str, String> = BTreeMap::new();
    for Metric { key, timestamp, step, value } in &run.metrics {
        // With a fourth field, the step would be read as 0.
        *files.entry(key).or_default() += &format!("{timestamp} {value:?} {step}\n");
    }
    for (key, lines) in files {
        put(&folder.join("metrics").join(key), lines.as_bytes())?;
    }
    for (name, path) in artifacts_of(history) {
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        put(&artifacts.join(name), &bytes)?;
    }
    Ok(())
}

/// The files of a trial that go with its run, by name.
pub(super) fn artifacts_of(history: &History) -> Vec<(&'static str, PathBuf)> {
    let files = history.files();
    let all = [("trial.toml", files.trial_toml()), ("run.json", files.record()), ("epochs.csv", files.epochs())];
    all.into_iter().filter(|(_, path)| path.exists()).collect()
}

/// `file:///…`, with what has a meaning in an address written by its number.
fn address(path: &Path) -> String {
    let letter = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    let letters: String = path.as_os_str().as_encoded_bytes().iter().map(|&byte| letter(byte)).collect();
    format!("file://{letters}")
}

/// JSON is YAML, and needs no rules about what to put in quotation marks.
fn put_yaml(path: &Path, value: &Value) -> Result<()> {
    put(path, format!("{value:#}\n").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        assert_eq!(address(Path::new("/a b/ü#1/x.y")), "file:///a%20b/%C3%BC%231/x.y");
    }

    #[test]
    fn ids_of_experiments_depend_on_the_name_alone() {
        let number = |name| experiment_id(name).parse::<i32>().unwrap();
        assert_eq!(number("demo"), number("demo"));
        assert_ne!(number("demo"), number("demo2"));
        assert!(number("demo") > 0);
    }
}
