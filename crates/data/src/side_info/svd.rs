//! The main directions of the several values that a text holds: a truncated singular value decomposition of their multi-hot
//! columns, known as latent semantic analysis (Deerwester et al. 1990).

use super::multi_hot::Separator;
use super::{Columns, Values, subspace};
use crate::Csr;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU16;

/// Which text, and how many directions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The attribute's name.
    pub attribute: String,
    /// The number of columns; there are fewer where the multi-hot columns have a lower rank.
    pub rank: NonZeroU16,
    /// Of the random start, which shows in the last digits only.
    #[serde(default)]
    pub seed: u64,
    /// What stands between two values.
    #[serde(default)]
    pub separator: Separator,
}

impl Config {
    /// With `U S Vᵀ` the decomposition of the multi-hot rows of those with training ratings: each one's row times `V`, which
    /// for them is `U S`.
    pub(super) fn encode(&self, values: &Values<'_>) -> Columns {
        let Columns { names, entries } = self.separator.encode(values);
        let all = Csr::from_entries(values.texts.len(), names.len(), entries.iter().copied());
        let learned = entries.iter().copied().filter(|(row, ..)| values.is_rated(*row));
        let learned = Csr::from_entries(all.rows(), all.columns(), learned);
        let directions = subspace::right_singular_vectors(&learned, self.rank.get().into(), self.seed);
        let mut entries = Vec::new();
        for (column, direction) in (0..).zip(&directions) {
            let images =
                (0..).zip(subspace::product(&all, direction)).filter(|(row, _)| !all.row(*row as usize).is_empty());
            entries.extend(images.map(|(row, image)| (row, column, image as f32)));
        }
        Columns { names: (0..directions.len()).map(|column| format!("{}~{column}", values.name)).collect(), entries }
    }
}
