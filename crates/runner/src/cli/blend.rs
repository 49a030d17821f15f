//! The command line of `hourglass blend`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Results;
use crate::name::Name;

/// `hourglass blend`.
#[derive(Debug, Args)]
pub struct Blend {
    /// Folders of results, experiment files, names of experiments, ids of trials, or best:results/demo:validation.rmse
    #[arg(value_name = "RUNS", required = true)]
    pub places: Vec<String>,
    /// Where experiments and trials are looked for by name, and the blend's own results go.
    #[command(flatten)]
    pub results: Results,
    /// Only these runs, for example "train.batch = 64 and validation.rmse < 0.88"
    #[arg(long = "where", value_name = "FILTER")]
    pub filter: Option<String>,
    /// How much each member counts
    #[arg(long, default_value = "ridge")]
    pub weights: Weights,
    /// Fit nothing, and take over the weights of this finished blend of the same members, which learned from a part of the ratings
    #[arg(long, value_name = "BLEND")]
    pub like: Option<String>,
    /// The blend's folder in the results
    #[arg(long, value_name = "NAME", default_value = "blend", value_parser = name)]
    pub name: Name,
    /// The experiment file to write [default: blend.toml in that folder]
    #[arg(long, value_name = "FILE")]
    pub to: Option<PathBuf>,
}

/// How much each member of a blend counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Weights {
    /// All the same: nothing is fitted
    Equal,
    /// Weights of any sign, drawn towards equal ones, fitted to validation ratings
    Ridge,
    /// Weights of 0 or more, fitted to validation ratings
    NonNegative,
    /// Weights that depend on what is known of a rating's user and item, fitted to validation ratings
    FeatureWeighted,
}

fn name(text: &str) -> Result<Name, String> {
    Name::try_from(text.to_owned())
}
