//! The command line of what plans, trains and draws an experiment.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use hourglass_train::DeviceChoice;

use crate::overrides::Assignment;

/// Which experiment.
#[derive(Debug, Args)]
pub struct Experiment {
    /// The experiment file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Change one value of the file, for example --set train.epochs=10; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub assignments: Vec<Assignment>,
}

/// Which trials of an experiment.
#[derive(Debug, Default, Args)]
pub struct Choice {
    /// Only the trials whose id begins so; may be repeated
    #[arg(long, value_name = "ID")]
    pub only: Vec<String>,
    /// At most N trials: the first of those that are asked for
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
}

/// Where results are.
#[derive(Debug, Args)]
pub struct Results {
    /// The folder that holds a folder of results for each experiment
    #[arg(long = "results", value_name = "DIR", default_value = "results")]
    pub root: PathBuf,
}

/// `hourglass run`.
#[derive(Debug, Args)]
pub struct Run {
    /// The experiment.
    #[command(flatten)]
    pub experiment: Experiment,
    /// Where to.
    #[command(flatten)]
    pub results: Results,
    /// Where to compute: auto, cpu, cuda or cuda:N
    #[arg(long, default_value_t)]
    pub device: DeviceChoice,
    /// Trials at the same time, each in a process of its own
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: u16,
    /// The most processor threads that a trial may use; small ones use fewer [default: an equal share for each job]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// Which of its trials.
    #[command(flatten)]
    pub choice: Choice,
    /// Seconds between checkpoints; 0 means after every epoch
    #[arg(long, value_name = "SECONDS", default_value = "20", value_parser = seconds)]
    pub checkpoint_every: Duration,
    /// Seconds between rows of each trial's system.csv: what it takes of processors, memory and GPU [default: none]
    #[arg(long, value_name = "SECONDS", value_parser = positive_seconds)]
    pub system_metrics: Option<Duration>,
}

/// `hourglass worker`.
#[derive(Debug, Args)]
pub struct Worker {
    /// Where to.
    #[command(flatten)]
    pub results: Results,
    /// Where to compute.
    #[arg(long)]
    pub device: DeviceChoice,
    /// The most processor threads that a trial may use.
    #[arg(long)]
    pub threads: u16,
    /// Seconds between checkpoints.
    #[arg(long, value_parser = seconds)]
    pub checkpoint_every: Duration,
    /// Seconds between rows of each trial's system.csv.
    #[arg(long, value_parser = positive_seconds)]
    pub system_metrics: Option<Duration>,
}

/// `hourglass plan`.
#[derive(Debug, Args)]
pub struct Plan {
    /// The experiment.
    #[command(flatten)]
    pub experiment: Experiment,
    /// Where finished trials are looked for.
    #[command(flatten)]
    pub results: Results,
    /// Where it would compute: auto, cpu, cuda or cuda:N
    #[arg(long, default_value_t)]
    pub device: DeviceChoice,
    /// Which of its trials.
    #[command(flatten)]
    pub choice: Choice,
    /// Show the layers of each network too, with their shapes and parameter counts
    #[arg(long)]
    pub layers: bool,
}

/// `hourglass report`.
#[derive(Debug, Args)]
pub struct Report {
    /// The experiment file, or a folder with the results of one or of several experiments
    #[arg(value_name = "FILE|DIR")]
    pub place: PathBuf,
    /// Change one value of the file, for example --set report.skip_epochs=5; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub assignments: Vec<Assignment>,
    /// Where the results of an experiment file are.
    #[command(flatten)]
    pub results: Results,
}

/// `hourglass explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// The experiment.
    #[command(flatten)]
    pub experiment: Experiment,
}

/// `hourglass doctor`.
#[derive(Debug, Args)]
pub struct Doctor {
    /// The experiment.
    #[command(flatten)]
    pub experiment: Experiment,
    /// Where prepared data is kept.
    #[command(flatten)]
    pub results: Results,
    /// Look at the file alone
    #[arg(long)]
    pub without_data: bool,
    /// Print the findings as JSON
    #[arg(long)]
    pub json: bool,
    /// Exit with 1 where anything is wrong or doubtful
    #[arg(long)]
    pub strict: bool,
}

/// `hourglass watch`.
#[derive(Debug, Args)]
pub struct Watch {
    /// An experiment file, a folder of results, the name of an experiment, or the id of a trial; may be several [default: all]
    #[arg(value_name = "RUNS")]
    pub places: Vec<String>,
    /// Where experiments and trials are looked for by name.
    #[command(flatten)]
    pub results: Results,
    /// Change one value of the experiment files, as for `hourglass run`; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub assignments: Vec<Assignment>,
    /// Print what there is once, as plain text
    #[arg(long)]
    pub once: bool,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let number: f64 = text.parse().map_err(|_| format!("`{text}` is not a number of seconds"))?;
    Duration::try_from_secs_f64(number).map_err(|error| error.to_string())
}

fn positive_seconds(text: &str) -> Result<Duration, String> {
    let duration = seconds(text)?;
    if duration.is_zero() { Err("expected more than 0 seconds".to_owned()) } else { Ok(duration) }
}
