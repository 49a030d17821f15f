//! Runs as they are compared and listed: the record of each beside its setting.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde_json::Value;

use crate::setting::SettingParser;
use crate::{EpochTable, Layout, ReportError, RunRecord};

/// A run and everything that it was set to.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Its folder.
    pub folder: PathBuf,
    /// Its `run.json`.
    pub record: RunRecord,
    /// Its resolved setting, as nested tables: `{"input": {"fill": "zero"}, …}`.
    pub setting: Value,
}

/// What reading many runs gave.
#[derive(Debug, Default)]
pub struct Runs {
    /// Those that could be read, by experiment, place in its plan, and id.
    pub runs: Vec<Run>,
    /// Why the others could not.
    pub broken: Vec<ReportError>,
}

impl Run {
    /// The value at a dotted path: a metric (`test.rmse`), something of the record (`experiment`, `trial`, `seed`, `outcome`,
    /// `epochs`, `selected_epoch`, `parameters`, `seconds`, `device`), or else of the setting (`input.fill`).
    pub fn value(&self, path: &str) -> Option<Value> {
        let finished = self.record.outcome.finished();
        let number = |value: Option<usize>| value.map(Value::from);
        match path {
            "experiment" => Some(self.record.experiment.as_str().into()),
            "trial" => Some(self.record.trial.as_str().into()),
            "seed" => Some(self.record.seed.into()),
            "outcome" => Some(self.record.outcome.name().into()),
            "epochs" => number(finished.map(|finished| finished.epochs)),
            "selected_epoch" => number(finished.map(|finished| finished.selected_epoch)),
            "parameters" => Some(self.record.parameters.into()),
            "seconds" => Some(self.record.seconds.into()),
            "device" => Some(self.record.environment.device.as_str().into()),
            _ => match finished.and_then(|finished| finished.metric(path)) {
                Some(metric) => Some(metric.into()),
                None => path.split('.').try_fold(&self.setting, |value, key| value.get(key)).cloned(),
            },
        }
    }

    /// Its `epochs.csv`.
    ///
    /// # Errors
    /// If the file cannot be read, or a line of it is malformed.
    pub fn epochs(&self) -> Result<EpochTable, ReportError> {
        let trial = self.folder.file_name().unwrap_or_default().to_string_lossy();
        EpochTable::read(&Layout::new(self.folder.parent().unwrap_or(&self.folder)).trial(&trial).epochs())
    }

    /// Every path that [`value`](Self::value) knows here.
    pub fn paths(&self) -> Vec<String> {
        let mut paths: Vec<String> = RECORDED.map(str::to_owned).to_vec();
        paths.extend(self.record.outcome.finished().into_iter().flat_map(|finished| finished.metric_names()));
        collect_paths(&self.setting, "", &mut paths);
        paths
    }
}

/// What the record knows besides metrics.
const RECORDED: [&str; 9] =
    ["experiment", "trial", "seed", "outcome", "epochs", "selected_epoch", "parameters", "seconds", "device"];

fn collect_paths(table: &Value, before: &str, paths: &mut Vec<String>) {
    for (key, value) in table.as_object().into_iter().flatten() {
        let path = format!("{before}{key}");
        collect_paths(value, &format!("{path}."), paths);
        paths.push(path);
    }
}

/// The full names of the metrics of all finished runs.
pub fn metrics_of<'r>(runs: impl IntoIterator<Item = &'r Run>) -> BTreeSet<String> {
    let finished = runs.into_iter().filter_map(|run| run.record.outcome.finished());
    let names: BTreeSet<(&str, &str)> = finished.flat_map(|finished| finished.metrics_by_split()).collect();
    names.into_iter().map(|(split, metric)| format!("{split}.{metric}")).collect()
}

/// Reads the `run.json` and `trial.toml` of each folder; `parse` reads the text of the latter, and says what is wrong with it.
/// What cannot be read does not stop the others.
pub fn read_runs(folders: &[PathBuf], parse: impl Fn(&str) -> Result<Value, String> + Sync) -> Runs {
    let read = folders.par_iter().map_init(|| SettingParser::new(&parse), |parser, folder| read_run(folder, parser));
    let mut found = Runs::default();
    for run in read.collect::<Vec<_>>() {
        match run {
            Ok(run) => found.runs.push(run),
            Err(error) => found.broken.push(error),
        }
    }
    let place = |run: &Run| (run.record.experiment.clone(), run.record.position, run.record.trial.clone());
    found.runs.sort_by_cached_key(place);
    found
}

fn read_run(
    folder: &Path,
    parser: &mut SettingParser<impl Fn(&str) -> Result<Value, String>>,
) -> Result<Run, ReportError> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let trial = Layout::new(folder.parent().unwrap_or(folder)).trial(&name);
    let record = RunRecord::load(&trial.record())?;
    let path = trial.trial_toml();
    let text = fs::read_to_string(&path).map_err(ReportError::file("read", &path))?;
    let setting = parser.parse(&text).map_err(|problem| ReportError::Setting { path, problem })?;
    Ok(Run { folder: folder.to_owned(), record, setting })
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::json;

    use super::*;
    use crate::record::tests::record;
    use crate::write_atomically;

    /// A finished run of this setting.
    pub(crate) fn run(trial: &str, seed: u64, setting: Value, test_rmse: Option<f64>) -> Run {
        Run { folder: trial.into(), record: record(trial, seed, &[], test_rmse), setting }
    }

    #[test]
    fn values_are_found_by_their_path() {
        let run = run("a1", 3, json!({"input": {"fill": {"constant": 3}}, "test": {"rmse": 9}}), Some(0.87));
        let cases = [
            ("test.rmse", Some(json!(0.87))),
            ("validation.rmse", Some(json!(0.86))),
            ("experiment", Some(json!("fills"))),
            ("trial", Some(json!("a1"))),
            ("seed", Some(json!(3))),
            ("outcome", Some(json!("finished"))),
            ("selected_epoch", Some(json!(31))),
            ("input.fill", Some(json!({"constant": 3}))),
            ("input.fill.constant", Some(json!(3))),
            ("input.noise", None),
        ];
        for (path, expected) in cases {
            assert_eq!(run.value(path), expected, "{path}");
            assert_eq!(run.paths().iter().any(|known| known == path), expected.is_some(), "{path}");
        }
    }

    #[test]
    fn what_is_broken_does_not_stop_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        for (id, setting, json) in [("a", "{}", None), ("b", "{", None), ("c", "{}", Some("{")), ("d", "{}", None)] {
            let trial = layout.trial(id);
            record(id, 1, &[], Some(0.87)).save(&trial.record()).unwrap();
            write_atomically(&trial.trial_toml(), setting.as_bytes()).unwrap();
            if let Some(json) = json {
                write_atomically(&trial.record(), json.as_bytes()).unwrap();
            }
        }
        let folders: Vec<_> = ["d", "c", "b", "a", "e"].map(|id| folder.path().join(id)).to_vec();
        let found = read_runs(&folders, |text| serde_json::from_str(text).map_err(|error| error.to_string()));
        let ids: Vec<_> = found.runs.iter().map(|run| run.record.trial.as_str()).collect();
        assert_eq!(ids, ["a", "d"]);
        let said: Vec<_> = found.broken.iter().map(ToString::to_string).collect();
        let expected = ["c/run.json: not a record", "b/trial.toml: not a setting", "e/run.json"];
        assert!(
            said.iter().zip(expected).all(|(said, piece)| said.contains(piece) && !said.contains('\n')),
            "{said:?}"
        );
    }
}
