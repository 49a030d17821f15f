//! Where records lie, and how they are written: whole or not at all.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::Deserialize;

use crate::epoch_log::epochs_recorded;
use crate::{EpochTable, Held, Outcome, ReportError, RunRecord, SCHEMA_VERSION};

/// The paths of an experiment's results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    folder: PathBuf,
}

impl Layout {
    /// The experiment whose results lie in `folder`; nothing is created.
    pub fn new(folder: impl Into<PathBuf>) -> Layout {
        Layout { folder: folder.into() }
    }

    /// The folder itself.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// One row per trial.
    pub fn summary(&self) -> PathBuf {
        self.folder.join("summary.csv")
    }

    /// One row per setting.
    pub fn summary_by_setting(&self) -> PathBuf {
        self.folder.join("summary_by_setting.csv")
    }

    /// A chart over all trials; the path has no extension yet.
    pub fn chart(&self, name: &str) -> PathBuf {
        self.folder.join("charts").join(file_name(name))
    }

    /// The folder of the trial with this id.
    pub fn trial(&self, id: &str) -> TrialFolder {
        TrialFolder { folder: self.folder.join(id) }
    }
}

/// The paths of one trial's results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrialFolder {
    folder: PathBuf,
}

impl TrialFolder {
    /// The folder itself.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Creates the folder if it is not there.
    pub fn create(&self) -> Result<(), ReportError> {
        fs::create_dir_all(&self.folder).map_err(ReportError::file("create the folder", &self.folder))
    }

    /// Removes what a killed process left half-written of the files that only the trial's trainer writes.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn clear_torn(&self) -> Result<(), ReportError> {
        let entries = fs::read_dir(&self.folder).map_err(ReportError::file("read the folder", &self.folder))?;
        for entry in entries {
            let path = entry.map_err(ReportError::file("read the folder", &self.folder))?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let trainers =
                [self.trial_toml(), self.record(), self.epochs(), self.timing(), self.weights(), self.state()];
            let of_trainer =
                |whole: &PathBuf| whole.file_name().and_then(|w| w.to_str()).is_some_and(|w| name.starts_with(w));
            if name.ends_with(".part") && trainers.iter().any(of_trainer) {
                fs::remove_file(&path).map_err(ReportError::file("remove", &path))?;
            }
        }
        Ok(())
    }

    /// The resolved trial, which can be run as it is.
    pub fn trial_toml(&self) -> PathBuf {
        self.folder.join("trial.toml")
    }

    /// The [`RunRecord`].
    pub fn record(&self) -> PathBuf {
        self.folder.join("run.json")
    }

    /// The [`EpochLog`](crate::EpochLog) of what is deterministic.
    pub fn epochs(&self) -> PathBuf {
        self.folder.join("epochs.csv")
    }

    /// The [`EpochLog`](crate::EpochLog) of what is not: seconds, memory.
    pub fn timing(&self) -> PathBuf {
        self.folder.join("timing.csv")
    }

    /// The selected weights: plain safetensors, which Python reads by `safetensors.numpy.load_file`.
    pub fn weights(&self) -> PathBuf {
        self.folder.join("model.safetensors")
    }

    /// Everything that is needed to resume.
    pub fn state(&self) -> PathBuf {
        self.folder.join("state.safetensors")
    }

    /// A chart of this trial; the path has no extension yet.
    pub fn chart(&self, name: &str) -> PathBuf {
        self.folder.join(file_name(name))
    }
}

/// A trial as it lies on disk.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// Its `run.json`.
    pub record: RunRecord,
    /// Its `epochs.csv`; without rows when the file is not there yet.
    pub epochs: EpochTable,
}

impl RunRecord {
    /// Reads a `run.json`. A run that the file calls running, and that no living process is at, was killed: it is interrupted.
    ///
    /// # Errors
    /// If the file cannot be read, is no record, or has another schema version.
    pub fn load(path: &Path) -> Result<RunRecord, ReportError> {
        // The version is read on its own, since nothing else of a foreign schema needs to make sense.
        #[derive(Deserialize)]
        struct Version {
            schema_version: u32,
        }
        let broken = |cause| ReportError::Record { path: path.to_owned(), cause };
        let text = fs::read_to_string(path).map_err(ReportError::file("read", path))?;
        let read = serde_json::from_str::<RunRecord>(&text);
        let found = match &read {
            Ok(record) => record.schema_version,
            Err(_) => serde_json::from_str::<Version>(&text).map_err(broken)?.schema_version,
        };
        if found != SCHEMA_VERSION {
            return Err(ReportError::SchemaVersion { path: path.to_owned(), found });
        }
        let mut record = read.map_err(broken)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        if record.outcome == Outcome::Running && !Held::of(folder)?.is_some_and(|held| held.is_alive()) {
            record.outcome = Outcome::Interrupted { epoch: epochs_recorded(&folder.join("epochs.csv")) };
        }
        Ok(record)
    }

    /// Writes a `run.json`, whole or not at all.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn save(&self, path: &Path) -> Result<(), ReportError> {
        let mut json =
            serde_json::to_vec_pretty(self).map_err(|cause| ReportError::Record { path: path.to_owned(), cause })?;
        json.push(b'\n');
        write_atomically(path, &json)
    }
}

/// All trials of an experiment that have a `run.json`, in the order of their plan and then of their ids.
///
/// # Errors
/// If a record or a log is broken or cannot be read; a folder without `run.json` is not a trial and is passed over.
pub fn read_trials(experiment: &Path) -> Result<Vec<Trial>, ReportError> {
    let entries = fs::read_dir(experiment).map_err(ReportError::file("read the folder", experiment))?;
    let mut trials = Vec::new();
    for entry in entries {
        let folder = TrialFolder { folder: entry.map_err(ReportError::file("read the folder", experiment))?.path() };
        if !folder.record().is_file() {
            continue;
        }
        let record = RunRecord::load(&folder.record())?;
        let epochs = if folder.epochs().exists() { EpochTable::read(&folder.epochs())? } else { EpochTable::default() };
        trials.push(Trial { record, epochs });
    }
    trials.sort_by(|a, b| (a.record.position, &a.record.trial).cmp(&(b.record.position, &b.record.trial)));
    Ok(trials)
}

/// Writes `bytes` to `path` by way of a temporary file beside it, so that a reader, or a kill at any moment, finds either the
/// old file or the new one. Missing folders are created.
///
/// # Errors
/// If the disk refuses; the old file is then untouched.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), ReportError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(ReportError::file("create the folder", folder))?;
    }
    // Two processes, of two machines too, may draw the same chart at once: each has its own temporary file.
    let mut temporary = path.as_os_str().to_owned();
    let moment = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos();
    temporary.push(format!(".{}-{moment:x}.part", std::process::id()));
    let temporary = PathBuf::from(temporary);
    let write = || {
        let mut file = File::create(&temporary)?;
        file.write_all(bytes)?;
        // Some file systems report a full disk only here, and the rename must not overtake the content.
        file.sync_data()?;
        fs::rename(&temporary, path)
    };
    write().map_err(|cause| {
        // Nothing more can be done if it cannot be removed either; the first error is the one to tell.
        let _ = fs::remove_file(&temporary);
        ReportError::file("write", path)(cause)
    })
}

/// `name` as a file name: a name of a metric or parameter may hold separators, which would lead into other folders.
pub(crate) fn file_name(name: &str) -> String {
    name.replace(['/', '\\', ':'], "-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Lease;
    use crate::record::tests::record;

    #[test]
    fn a_record_reads_back_as_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a").join("run.json");
        let mut written = record("a", 1, &[("input.fill", "zero".into())], Some(0.1 + 0.2));
        written.seconds = 7.300000000000001e-5;
        written.save(&path).unwrap();
        assert_eq!(RunRecord::load(&path).unwrap(), written);
        let files: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().collect();
        assert_eq!(files.len(), 1, "no temporary file is left");
    }

    #[test]
    fn a_run_that_nobody_is_at_is_interrupted() {
        let rows = "epoch,loss\n1,2.0\n2,1.0\n3,0.";
        for (log, alive, expected) in [
            (None, false, Outcome::Interrupted { epoch: 0 }),
            (Some(rows), false, Outcome::Interrupted { epoch: 2 }),
            (Some(rows), true, Outcome::Running),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let trial = Layout::new(folder.path()).trial("a");
            RunRecord { outcome: Outcome::Running, ..record("a", 1, &[], None) }.save(&trial.record()).unwrap();
            log.into_iter().for_each(|rows| fs::write(trial.epochs(), rows).unwrap());
            let _lease = alive.then(|| Lease::take(&trial, None).unwrap());
            assert_eq!(RunRecord::load(&trial.record()).unwrap().outcome, expected);
            assert_eq!(read_trials(folder.path()).unwrap()[0].record.outcome, expected);
        }
    }

    #[test]
    fn what_a_killed_trainer_left_half_written_is_cleared() {
        let folder = tempfile::tempdir().unwrap();
        let trial = Layout::new(folder.path()).trial("a");
        trial.create().unwrap();
        let names =
            ["run.json.7-1f.part", "state.safetensors.7.part", "loss.svg.7-1f.part", "run.json", "state.safetensors"];
        names.iter().for_each(|name| fs::write(trial.folder().join(name), "").unwrap());
        trial.clear_torn().unwrap();
        let left: Vec<bool> = names.iter().map(|name| trial.folder().join(name).exists()).collect();
        assert_eq!(left, [false, false, true, true, true], "a chart may be in the making");
    }

    #[test]
    fn trials_come_in_the_order_of_the_plan() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        for (id, position) in [("b", 1), ("a", 1), ("z", 0)] {
            let record = RunRecord { position, ..record(id, 1, &[], None) };
            record.save(&layout.trial(id).record()).unwrap();
        }
        fs::create_dir(folder.path().join("charts")).unwrap();
        fs::write(layout.summary(), "").unwrap();
        let trials = read_trials(folder.path()).unwrap();
        let ids: Vec<_> = trials.iter().map(|trial| trial.record.trial.as_str()).collect();
        assert_eq!(ids, ["z", "a", "b"]);
        assert!(trials[0].epochs.rows.is_empty());
    }

    #[test]
    fn a_broken_record_names_file_place_and_remedy() {
        let cases = [
            ("{\"schema_version\": 1,\n", ["line 2 column 0", "delete its folder"]),
            ("{\"schema_version\": 1}", ["missing field `experiment`", "delete its folder"]),
            ("{\"schema_version\": 9}", ["schema_version is 9", "another results folder"]),
        ];
        for (json, expected) in cases {
            let folder = tempfile::tempdir().unwrap();
            let path = Layout::new(folder.path()).trial("a").record();
            write_atomically(&path, json.as_bytes()).unwrap();
            let text = read_trials(folder.path()).unwrap_err().to_string();
            assert!(text.starts_with(&path.display().to_string()), "{text}");
            assert!(expected.iter().all(|part| text.contains(part)), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_written_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        write_atomically(&path, b"old").unwrap();
        let below = path.join("run.json");
        let text = write_atomically(&below, b"new").unwrap_err().to_string();
        assert!(text.starts_with("cannot create the folder"), "{text}");
        assert_eq!(fs::read(&path).unwrap(), b"old");
        write_atomically(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn chart_paths_stay_in_their_folder() {
        let layout = Layout::new("results/fills");
        assert_eq!(layout.chart("rmse_by_input.fill"), Path::new("results/fills/charts/rmse_by_input.fill"));
        assert_eq!(layout.trial("t").chart("a/b"), Path::new("results/fills/t/a-b"));
    }
}
