//! Where ratings come from.

pub mod column;
pub mod delimited;
mod description_file;
pub mod images;
pub mod movielens;
pub mod parquet;
mod paths;
mod rating_file;
pub(crate) mod raw;
pub mod recbole;
pub mod synthetic;
mod tags;
pub(crate) mod text;
pub mod uniform;
pub mod wide;

pub use paths::Paths;

use crate::Error;
use raw::Raw;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A source of ratings; written as `[data.movielens]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceConfig {
    /// Any text file with one rating a line.
    Delimited(Box<delimited::Config>),
    /// Images, each a user and each of its pixels an item.
    Images(images::Config),
    /// A folder with one of the MovieLens data sets.
    Movielens(movielens::Config),
    /// Parquet files with one rating a row.
    Parquet(parquet::Config),
    /// The atomic files of RecBole.
    Recbole(recbole::Config),
    /// Ratings made up from a known model.
    Synthetic(synthetic::Config),
    /// Ratings made up without any model.
    Uniform(uniform::Config),
    /// A text file with one row per user (or item) and one column per item (or user).
    Wide(wide::Config),
}

impl SourceConfig {
    /// Reads or makes the ratings.
    ///
    /// # Errors
    ///
    /// If the data is missing, unreadable, or wrong in any line.
    pub(crate) fn read(&self) -> Result<Raw, Error> {
        match self {
            Self::Delimited(config) => config.load(),
            Self::Images(config) => config.load(),
            Self::Movielens(config) => config.load(),
            Self::Parquet(config) => config.load(),
            Self::Recbole(config) => config.load(),
            Self::Synthetic(config) => config.generate(),
            Self::Uniform(config) => config.generate(),
            Self::Wide(config) => config.load(),
        }
    }

    /// The files that are read; none where ratings are made up.
    ///
    /// # Errors
    ///
    /// If the place where they are looked for is not there.
    pub fn files(&self) -> Result<Vec<PathBuf>, Error> {
        match self {
            Self::Delimited(config) => Ok(config.files()),
            Self::Images(config) => Ok(config.files()),
            Self::Movielens(config) => config.files(),
            Self::Parquet(config) => Ok(config.path.list().to_vec()),
            Self::Recbole(config) => Ok(config.files()),
            Self::Synthetic(_) | Self::Uniform(_) => Ok(Vec::new()),
            Self::Wide(config) => Ok(vec![config.path.clone()]),
        }
    }
}

/// The whole path, because a relative one does not say relative to what.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
