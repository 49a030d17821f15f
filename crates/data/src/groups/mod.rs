//! Which rows belong together: `input.groups`, for models that learn each group by itself.

mod attribute;
pub mod clusters;

use crate::{Catalogue, Csr, Error};
use serde::{Deserialize, Serialize};

/// What makes a group; written as `groups = { attribute = "gender" }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GroupsConfig {
    /// One value of an attribute of the rows.
    Attribute(String),
    /// Being similar to each other.
    Clusters(clusters::Config),
}

/// Groups of rows, fitted on the training part.
#[derive(Debug, Clone, PartialEq)]
pub enum FittedGroups {
    /// The group of each row, whatever its ratings are.
    Fixed {
        /// From 0 `[rows]`.
        of_row: Vec<u32>,
        /// How many groups there are.
        count: usize,
    },
    /// Each row is in the group of the centre that it is most similar to.
    Nearest(clusters::Centres),
}

impl GroupsConfig {
    /// Fits on the training part `[rows, columns]`, of whose rows the catalogue tells.
    ///
    /// # Errors
    ///
    /// If the attribute is not known to the data, or there are more clusters than rows to make them of.
    pub fn fit(&self, rows: &Catalogue, train: &Csr) -> Result<FittedGroups, Error> {
        match self {
            Self::Attribute(name) => attribute::fit(&rows.attribute(name, "input.groups.attribute")?.values, train),
            Self::Clusters(config) => config.fit(train).map(FittedGroups::Nearest),
        }
    }
}

impl FittedGroups {
    /// How many groups there are.
    pub fn count(&self) -> usize {
        match self {
            Self::Fixed { count, .. } => *count,
            Self::Nearest(centres) => centres.count(),
        }
    }

    /// The group of each row, of which these ratings `[rows, columns]` are shown; from 0.
    pub fn of_rows(&self, shown: &Csr) -> Vec<u32> {
        match self {
            Self::Fixed { of_row, .. } => of_row.clone(),
            Self::Nearest(centres) => centres.of_rows(shown),
        }
    }
}
