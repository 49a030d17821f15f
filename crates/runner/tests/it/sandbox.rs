//! A folder of its own to run `hourglass` in, and experiments small enough for a test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use hourglass::cli;
use hourglass::cli::Choice;
use hourglass::plan::Plan;
use hourglass::spec::Spec;
use hourglass_report::{Layout, RunRecord, TrialFolder};
use tempfile::TempDir;

/// A valid experiment of one short trial; other tests change one thing in it.
pub(crate) const TINY: &str = r#"name = "tiny"

[data.synthetic]
users = 60
items = 40
ratings_per_user = 15

[split.random]
test = 0.2
validation = 0.2

[model.autoencoder]
layers = [4]

[input]
rows = "users"

[train]
epochs = 3
batch = 16
"#;

/// [`TINY`] with one piece replaced.
#[track_caller]
pub(crate) fn tiny_with(piece: &str, replacement: &str) -> String {
    assert!(TINY.contains(piece), "{piece} is not in the experiment");
    TINY.replacen(piece, replacement, 1)
}

/// A folder with an experiment in `tiny.toml`, whose results go to `results`.
pub(crate) struct Sandbox {
    folder: TempDir,
    plan: Plan,
}

/// What a finished process left.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Sandbox {
    /// With a valid experiment.
    pub(crate) fn new(experiment: &str) -> Self {
        let folder = folder_with(experiment);
        let plan = Plan::new(Spec::parse(experiment).unwrap()).unwrap();
        Self { folder, plan }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The results of the experiment.
    pub(crate) fn layout(&self) -> Layout {
        Layout::new(self.path("results").join(self.plan.spec.name.as_str()))
    }

    /// The folder of the trial at this position of the plan.
    pub(crate) fn trial(&self, position: usize) -> TrialFolder {
        self.layout().trial(&self.plan.trials[position].id)
    }

    pub(crate) fn id(&self, position: usize) -> &str {
        &self.plan.trials[position].id
    }

    pub(crate) fn record(&self, position: usize) -> RunRecord {
        RunRecord::load(&self.trial(position).record()).unwrap()
    }

    /// What must be the same bits whenever the same trial is trained: `epochs.csv` and the weights.
    pub(crate) fn bits(&self, position: usize) -> (String, Vec<u8>) {
        let trial = self.trial(position);
        (fs::read_to_string(trial.epochs()).unwrap(), fs::read(trial.weights()).unwrap())
    }

    /// Runs the experiment on one thread, with further arguments.
    pub(crate) fn run(&self, arguments: &str) -> Ended {
        hourglass(self.folder.path(), &format!("run tiny.toml --threads 1 {arguments}"))
    }

    /// Runs the experiment, which must go well.
    #[track_caller]
    pub(crate) fn run_well(&self, arguments: &str) -> Ended {
        let ended = self.run(arguments);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        ended
    }

    /// Another verb.
    pub(crate) fn hourglass(&self, arguments: &str) -> Ended {
        hourglass(self.folder.path(), arguments)
    }

    /// Another verb whose arguments may hold spaces.
    pub(crate) fn hourglass_with(&self, arguments: &[&str]) -> Ended {
        ended(command(self.folder.path(), "").args(arguments))
    }

    /// Begins to run the experiment on one thread.
    pub(crate) fn start(&self, arguments: &str) -> Child {
        let mut command = command(self.folder.path(), &format!("run tiny.toml --threads 1 {arguments}"));
        command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    }
}

/// Starts the program in this folder, whose output can be read.
pub(crate) fn started(folder: &Path, arguments: &str) -> Child {
    command(folder, arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// A folder with this experiment, right or wrong, in `tiny.toml`.
pub(crate) fn folder_with(experiment: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("tiny.toml"), experiment).unwrap();
    folder
}

/// Runs the program in this folder until it ends.
pub(crate) fn hourglass(folder: &Path, arguments: &str) -> Ended {
    ended(&mut command(folder, arguments))
}

pub(crate) fn ended(command: &mut Command) -> Ended {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    Ended { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

fn command(folder: &Path, arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hourglass"));
    command.current_dir(folder).args(arguments.split_whitespace()).env_remove("HOURGLASS_LOG");
    command
}

/// Whether every piece is in the text, in any order.
#[track_caller]
pub(crate) fn assert_says(text: &str, pieces: &[&str]) {
    for piece in pieces {
        assert!(text.contains(piece), "no `{piece}` in:\n{text}");
    }
}

/// Whether a results folder holds no results.
pub(crate) fn nothing_but_prepared_data(results: &Path) -> bool {
    let Ok(entries) = fs::read_dir(results) else { return true };
    entries.map(|entry| entry.expect("a readable folder").file_name()).all(|name| name == ".prepared")
}

/// What the experiment in `tiny.toml` of this folder makes, or all that is wrong with it.
pub(crate) fn read(folder: &Path) -> Result<Plan, String> {
    let experiment = cli::Experiment { file: folder.join("tiny.toml"), assignments: Vec::new() };
    Plan::read(&experiment, &Choice::default()).map_err(|error| format!("{error:#}"))
}
