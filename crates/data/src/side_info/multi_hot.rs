//! A column for each of the several values that a text holds, as `Comedy|Drama`: 1 for those who have it.

use super::{Columns, Values};
use crate::IdMap;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Which text, and what stands between its values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The attribute's name.
    pub attribute: String,
    /// What stands between two values.
    #[serde(default)]
    pub separator: Separator,
}

/// What stands between two values of a text: one character or several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Separator(String);

impl Default for Separator {
    /// As MovieLens has it.
    fn default() -> Self {
        Self("|".to_owned())
    }
}

impl TryFrom<String> for Separator {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.is_empty() {
            return Err(format!("separator {text:?} separates nothing; expected for example \"|\""));
        }
        Ok(Self(text))
    }
}

impl From<Separator> for String {
    fn from(separator: Separator) -> Self {
        separator.0
    }
}

impl Separator {
    fn split<'a>(&'a self, text: &'a str) -> impl Iterator<Item = &'a str> {
        text.split(&self.0).map(str::trim).filter(|part| !part.is_empty())
    }

    /// The parts of the texts are sorted as [`IdMap`] sorts.
    pub(super) fn encode(&self, values: &Values<'_>) -> Columns {
        let met: BTreeSet<&str> = values.learned().flat_map(|text| self.split(text)).collect();
        let categories = IdMap::new(met.into_iter().map(str::to_owned).collect());
        let mut entries = Vec::new();
        for (row, text) in values.known() {
            // A part that is there twice counts once.
            let found: BTreeSet<u32> = self.split(text).filter_map(|part| categories.index(part)).collect();
            entries.extend(found.into_iter().map(|column| (row, column, 1.0)));
        }
        let names = categories.names().iter().map(|category| format!("{}={category}", values.name)).collect();
        Columns { names, entries }
    }
}
