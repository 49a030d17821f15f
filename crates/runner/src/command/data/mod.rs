//! `hourglass data`: one file a verb.

mod convert;
mod fetch;
mod fingerprint;
mod inspect;

use std::fs;

use anyhow::{Context, Result};
use hourglass_data::{RatingsConfig, SourceConfig, SplitConfig, movielens};
use serde::Deserialize;
use toml::Table;

use crate::cli::{self, DataCommand};
use crate::config_error;
use crate::experiment_file::document::{self, Document};

/// Does what was asked.
///
/// # Errors
/// When it cannot be done.
pub fn data(arguments: &cli::Data) -> Result<()> {
    match &arguments.command {
        DataCommand::Inspect(arguments) => inspect::inspect(arguments),
        DataCommand::Fetch(arguments) => fetch::fetch(arguments),
        DataCommand::Convert(arguments) => convert::convert(arguments),
        DataCommand::Fingerprint(arguments) => fingerprint::fingerprint(arguments),
    }
}

/// What an experiment file says of its data.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Described {
    data: SourceConfig,
    #[serde(default)]
    ratings: RatingsConfig,
    #[serde(default)]
    split: Option<SplitConfig>,
}

impl Described {
    /// By an experiment file, or as a folder of MovieLens.
    fn read(source: &cli::Source) -> Result<Self> {
        let path = &source.path;
        if path.is_dir() {
            let data = SourceConfig::Movielens(movielens::Config { path: path.clone(), ratings: Vec::new() });
            return Ok(Self { data, ratings: RatingsConfig::default(), split: None });
        }
        let place = || path.display().to_string();
        let text = fs::read_to_string(path).with_context(|| {
            format!(
                "cannot read {}; expected an experiment file, or the folder of a MovieLens data set",
                path.display()
            )
        })?;
        Document::parse(&text).map_err(|found| document::refuse(&place(), &found))?;
        let mut table: Table = toml::from_str(&text).with_context(place)?;
        table.retain(|key, _| ["data", "ratings", "split"].contains(&key));
        serde_path_to_error::deserialize(table).map_err(|error| config_error::at_path(&error)).with_context(place)
    }
}
