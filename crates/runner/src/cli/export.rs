//! The command line of `hourglass export`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Results;

/// `hourglass export`.
#[derive(Debug, Args)]
pub struct Export {
    /// For what.
    #[command(subcommand)]
    pub command: ExportCommand,
}

/// The programs that `hourglass export` writes for.
#[derive(Debug, Subcommand)]
pub enum ExportCommand {
    /// Event files with curves and hyperparameters: tensorboard --logdir DIR
    Tensorboard(ExportTo),
    /// A folder for mlflow migrate-filestore, or requests to a running server
    Mlflow(ExportMlflow),
    /// Parameters, metrics and plots with a dvc.yaml: dvc metrics show, dvc params diff, dvc plots show
    Dvc(ExportTo),
    /// Two tables, runs.parquet and epochs.parquet, for pandas, polars, DuckDB and the like
    Parquet(ExportTo),
}

/// Which runs are exported.
#[derive(Debug, Args)]
pub struct Exported {
    /// Folders of results, experiment files, names of experiments, or ids of trials [default: all]
    #[arg(value_name = "RUNS")]
    pub places: Vec<String>,
    /// Where experiments and trials are looked for by name.
    #[command(flatten)]
    pub results: Results,
    /// Only these runs, for example "train.batch = 64 and test.rmse < 0.88"
    #[arg(long = "where", value_name = "FILTER")]
    pub filter: Option<String>,
}

/// `hourglass export tensorboard`, `dvc` and `parquet`.
#[derive(Debug, Args)]
pub struct ExportTo {
    /// Which runs.
    #[command(flatten)]
    pub exported: Exported,
    /// The folder to write to
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
}

/// `hourglass export mlflow`.
#[derive(Debug, Args)]
pub struct ExportMlflow {
    /// Which runs.
    #[command(flatten)]
    pub exported: Exported,
    /// The folder to write to, for mlflow migrate-filestore
    #[arg(long, value_name = "DIR", required_unless_present = "uri", conflicts_with = "uri")]
    pub to: Option<PathBuf>,
    /// A running server instead, for example http://127.0.0.1:5000
    #[arg(long, value_name = "URL")]
    pub uri: Option<String>,
}
