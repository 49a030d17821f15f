//! The command line of what is asked of one trained model.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use hourglass_train::DeviceChoice;

use super::Results;

/// Which trained network.
#[derive(Debug, Args)]
pub struct Trial {
    /// Its name.
    #[command(flatten)]
    pub run: RunName,
    /// Of an experiment with several finished trials, the one whose id begins so
    #[arg(long, value_name = "ID")]
    pub only: Option<String>,
    /// Where the results of an experiment file are.
    #[command(flatten)]
    pub results: Results,
    /// Where to compute: auto, cpu, cuda or cuda:N
    #[arg(long, default_value_t)]
    pub device: DeviceChoice,
}

/// What names one run.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct RunName {
    /// A finished run: the beginning of its id, its folder, an experiment's name or file, or best:results/demo:validation.rmse
    #[arg(value_name = "RUN")]
    place: Option<String>,
    /// The same, as an option
    #[arg(long = "run", value_name = "RUN")]
    option: Option<String>,
}

impl RunName {
    /// As it was typed.
    pub fn name(&self) -> &str {
        self.place.as_deref().or(self.option.as_deref()).unwrap_or_default()
    }
}

/// A part of the split, for what the network is shown when it is asked for that part's ratings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// The training ratings
    Train,
    /// What is shown at validation: the training ratings, unless the split holds rows out
    Validation,
    /// What is shown at the test: the training ratings, unless the split holds rows out
    Test,
}

/// What an attribute is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// A number if all its values are numbers and there are more than 25 different ones, else a category
    Auto,
    /// A number: linear regression
    Number,
    /// One of several values: logistic regression
    Category,
}

/// `hourglass embed`.
#[derive(Debug, Args)]
pub struct Embed {
    /// The network.
    #[command(flatten)]
    pub trial: Trial,
    /// Which ratings the network is shown
    #[arg(long, default_value = "train")]
    pub part: Part,
    /// The table, .parquet or .csv [default: codes.parquet in the trial's folder]
    #[arg(long, value_name = "FILE")]
    pub to: Option<PathBuf>,
}

/// `hourglass probe`.
#[derive(Debug, Args)]
pub struct Probe {
    /// The network.
    #[command(flatten)]
    pub trial: Trial,
    /// What is to be told from the codes: an attribute of the network's rows, as `hourglass data inspect` lists them
    #[arg(long, value_name = "NAME")]
    pub attribute: String,
    /// What the attribute is
    #[arg(long, default_value = "auto")]
    pub kind: Kind,
    /// Which ratings the network is shown
    #[arg(long, default_value = "train")]
    pub part: Part,
    /// Of the choice of the rows that the probe is measured on
    #[arg(long, value_name = "N", default_value_t = 42)]
    pub seed: u64,
}
