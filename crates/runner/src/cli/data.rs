//! The command line of `hourglass data`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

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
    /// Write the ratings that count as a Parquet file, or as a matrix of text
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
    /// The file: .parquet with a rating in each row, or, with --rows, .csv or .csv.gz with a cell for each user and item
    #[arg(long, value_name = "FILE")]
    pub to: PathBuf,
    /// What a row of the matrix is
    #[arg(long, value_name = "SIDE")]
    pub rows: Option<Rows>,
}

/// What a row of a matrix is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Rows {
    /// An item; a column is a user
    Items,
    /// A user; a column is an item
    Users,
}
