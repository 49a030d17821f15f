//! The command line of what reads many runs.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Results;

/// A test of the differences between runs with the same seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Test {
    /// Student's paired t-test; needs 3 common seeds
    T,
    /// Wilcoxon's signed-rank test; needs 6 common seeds
    Wilcoxon,
}

/// `hourglass compare`.
#[derive(Debug, Args)]
pub struct Compare {
    /// Folders of results, experiment files, names of experiments, or ids of trials
    #[arg(value_name = "RUNS", required = true)]
    pub places: Vec<String>,
    /// Where experiments and trials are looked for by name.
    #[command(flatten)]
    pub results: Results,
    /// The metric, for example validation.mae [default: test.rmse, or else the first test metric]
    #[arg(long, value_name = "METRIC")]
    pub by: Option<String>,
    /// Only these runs, for example "train.batch = 64 and test.rmse < 0.88"
    #[arg(long = "where", value_name = "FILTER")]
    pub filter: Option<String>,
    /// A parameter that repeats a setting as seeds do, for example split.random.seed: means and tests over splits
    #[arg(long, value_name = "PATH", conflicts_with = "by_user")]
    pub over: Option<String>,
    /// How each setting is tested against the best
    #[arg(long, default_value = "t")]
    pub test: Test,
    /// Compare by users instead of by seeds: intervals by bootstrap over users, paired tests, sizes of effects
    #[arg(long, conflicts_with_all = ["test", "chart"])]
    pub by_user: bool,
    /// With --by-user, how often users are drawn anew
    #[arg(long, value_name = "N", default_value_t = 10_000, requires = "by_user", value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    pub resamples: u32,
    /// With --by-user, the seed of these draws
    #[arg(long, value_name = "N", default_value_t = 42, requires = "by_user")]
    pub seed: u64,
    /// Where to draw the curves of the best settings, as .svg and .png
    #[arg(long, value_name = "PATH")]
    pub chart: Option<PathBuf>,
    /// The column of epochs.csv that is drawn [default: the metric on the validation ratings]
    #[arg(long, value_name = "COLUMN", requires = "chart")]
    pub curve: Option<String>,
    /// Write the table here too, with full precision
    #[arg(long, value_name = "FILE.csv")]
    pub csv: Option<PathBuf>,
    /// Write the table here too, with full precision
    #[arg(long, value_name = "FILE.parquet")]
    pub parquet: Option<PathBuf>,
    /// Write the table here too, as Markdown
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,
}

/// `hourglass check`.
#[derive(Debug, Args)]
pub struct Check {
    /// Experiment files, or folders of them
    #[arg(value_name = "FILE|DIR", required = true)]
    pub places: Vec<PathBuf>,
    /// Where results are looked for.
    #[command(flatten)]
    pub results: Results,
    /// Write the tables here too, as Markdown
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,
}

/// `hourglass list`.
#[derive(Debug, Args)]
pub struct List {
    /// Only these runs, for example "model.autoencoder.layers = [256,512,256] and test.rmse < 0.88"
    #[arg(value_name = "FILTER")]
    pub filter: Option<String>,
    /// Of a folder of results, an experiment file, an experiment's name, or a trial's id; may be repeated [default: all]
    #[arg(long = "of", value_name = "RUNS")]
    pub places: Vec<String>,
    /// Where experiments and trials are looked for.
    #[command(flatten)]
    pub results: Results,
}
