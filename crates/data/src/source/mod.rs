//! Where ratings come from.

mod delimited;
pub mod movielens;
mod rating_file;
pub mod synthetic;
mod user_file;

use crate::{Error, Interactions};
use serde::{Deserialize, Serialize};

/// A source of ratings; written as `[data.movielens]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceConfig {
    /// A folder with one of the MovieLens data sets.
    Movielens(movielens::Config),
    /// Ratings made up from a known model.
    Synthetic(synthetic::Config),
}

impl SourceConfig {
    /// Reads or makes the ratings.
    ///
    /// # Errors
    ///
    /// If the data is missing, unreadable, or wrong in any line.
    pub fn load(&self) -> Result<Interactions, Error> {
        match self {
            Self::Movielens(config) => config.load(),
            Self::Synthetic(config) => config.generate(),
        }
    }
}
