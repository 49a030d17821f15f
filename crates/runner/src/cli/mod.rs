//! The command line: the verbs here, and what each takes in a file of its group.

mod blend;
mod data;
mod draw;
mod export;
mod recommend;
mod runs;
mod serve;
mod train;
mod trained;

use clap::{Parser, Subcommand};

pub use blend::{Blend, Weights};
pub use data::{Convert, Data, DataCommand, Fetch, Inspect, Rows, Source};
pub use draw::{Draw, DrawCommand, DrawMap, DrawReconstructions, DrawWeights};
pub use export::{Export, ExportCommand, ExportMlflow, ExportTo, Exported};
pub use recommend::{Answer, By, Format, Recommend, Similar, Whom};
pub use runs::{Check, Compare, List, Test};
pub use serve::Serve;
pub use train::{Choice, Doctor, Experiment, Explain, Plan, Report, Results, Run, Watch, Worker};
pub use trained::{Embed, Kind, Part, Probe, RunName, Trial};

/// Declare autoencoder-recommender experiments in TOML, run sweeps, compare charts and CSV metrics.
#[derive(Debug, Parser)]
#[command(version, bin_name = "hourglass", arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The verbs, by what they need.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Done by `hourglass-torch`.
    #[command(flatten)]
    Torch(Torch),
    /// Done by `hourglass` itself, which starts in a fortieth of the time.
    #[command(flatten)]
    Plain(Plain),
}

/// Verbs that compute with libtorch.
#[derive(Debug, Subcommand)]
pub enum Torch {
    /// Train every trial of an experiment that is not finished yet, then draw its charts
    Run(Run),
    /// Show which trials would run, and what each would cost
    Plan(Plan),
    /// Say what a reviewer would question in an experiment, and what would settle it
    Doctor(Doctor),
    /// Recommend items to known users, or to somebody new by their own ratings
    Recommend(Recommend),
    /// List the items that a network takes for similar
    Similar(Similar),
    /// Recommend on a page in the browser, and to programs by JSON
    Serve(Serve),
    /// Make one model of finished runs of the same ratings and split: a weighted sum of what they predict
    Blend(Blend),
    /// Write the codes of a trained network as a table, a line for each of its rows
    Embed(Embed),
    /// Tell an attribute from the codes by a linear model, and print how well that goes
    Probe(Probe),
    /// Draw what a trained network has learned
    Draw(Draw),
    /// Train the trials that standard input names: what `run --jobs` starts
    #[command(hide = true)]
    Worker(Worker),
}

/// Verbs of files, ratings and records.
#[derive(Debug, Subcommand)]
pub enum Plain {
    /// Watch a sweep while it runs, from another terminal
    Watch(Watch),
    /// List the runs that there are
    List(List),
    /// Rank settings across runs and experiments, and test which differ from the best
    Compare(Compare),
    /// Draw charts, tables and pages again from the records, without training
    Report(Report),
    /// Tell whether results are what experiments claim: claim, measured, expected, verdict
    Check(Check),
    /// Write runs in the files of other programs: TensorBoard, MLflow, DVC, Parquet
    Export(Export),
    /// Print the experiment with every default filled in
    Explain(Explain),
    /// Look at ratings, fetch them, convert them
    Data(Data),
}
