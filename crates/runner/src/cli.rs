//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use hourglass_train::DeviceChoice;

use crate::overrides::Assignment;

/// Declare autoencoder-recommender experiments in TOML, run sweeps, compare charts and CSV metrics.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train every trial of an experiment that is not finished yet, then draw its charts
    Run(Run),
    /// Show which trials would run, and what each would cost
    Plan(Plan),
    /// Draw charts and summaries again from the records, without training
    Report(Report),
    /// Print the experiment with every default filled in
    Explain(Explain),
    /// Look at ratings, fetch them, convert them
    Data(Data),
}

/// `hourglass data`.
#[derive(Debug, Args)]
pub struct Data {
    /// What to do.
    #[command(subcommand)]
    pub command: DataCommand,
}

/// The verbs of `hourglass data`.
#[derive(Debug, Subcommand)]
pub enum DataCommand {
    /// Print counts, scale, activity, time range and attributes, and draw the long tail
    Inspect(Inspect),
    /// Download a public data set, check it and unpack it
    Fetch(Fetch),
    /// Write the ratings that count as a Parquet file
    Convert(Convert),
    /// Print the fingerprints of the ratings and of their split
    Fingerprint(Source),
}

/// Where ratings are described.
#[derive(Debug, Args)]
pub struct Source {
    /// An experiment file, of which [data], [ratings] and [split] count, or the folder of a MovieLens data set
    #[arg(value_name = "SOURCE")]
    pub path: PathBuf,
}

/// `hourglass data inspect`.
#[derive(Debug, Args)]
pub struct Inspect {
    /// The ratings.
    #[command(flatten)]
    pub source: Source,
    /// Where to draw the long tail, as an SVG and a PNG; without it, nothing is drawn
    #[arg(long, value_name = "PATH")]
    pub chart: Option<PathBuf>,
}

/// `hourglass data fetch`.
#[derive(Debug, Args)]
pub struct Fetch {
    /// ml-latest-small, ml-100k, ml-1m, ml-20m, ml-25m or ml-32m
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The folder in which the data set's folder is made
    #[arg(long, value_name = "DIR", default_value = "datasets")]
    pub to: PathBuf,
}

/// `hourglass data convert`.
#[derive(Debug, Args)]
pub struct Convert {
    /// The ratings.
    #[command(flatten)]
    pub source: Source,
    /// The Parquet file
    #[arg(long, value_name = "FILE")]
    pub to: PathBuf,
}

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
    /// Only the trials whose id begins so; may be repeated
    #[arg(long, value_name = "ID")]
    pub only: Vec<String>,
    /// Seconds between checkpoints; 0 means after every epoch
    #[arg(long, value_name = "SECONDS", default_value = "20", value_parser = seconds)]
    pub checkpoint_every: Duration,
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
}

/// `hourglass report`.
#[derive(Debug, Args)]
pub struct Report {
    /// The experiment.
    #[command(flatten)]
    pub experiment: Experiment,
    /// Where its results are.
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

fn seconds(text: &str) -> Result<Duration, String> {
    let number: f64 = text.parse().map_err(|_| format!("`{text}` is not a number of seconds"))?;
    Duration::try_from_secs_f64(number).map_err(|error| error.to_string())
}
