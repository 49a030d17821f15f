//! A given number of columns, into which the values are hashed (Weinberger et al. 2009, "Feature Hashing for Large Scale
//! Multitask Learning", without the sign): for attributes of too many values, as zip codes.

use super::{Columns, Values};
use serde::{Deserialize, Serialize};
use std::num::{NonZeroU32, NonZeroUsize};
use xxhash_rust::xxh3::xxh3_64;

/// Which text, and into how many columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The attribute's name.
    pub attribute: String,
    /// The number of columns.
    pub buckets: NonZeroU32,
    /// Only so many characters from the start count, as 3 for the areas of zip codes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<NonZeroUsize>,
}

impl Config {
    /// The column is XXH3 (64 bits, seed 0) of the UTF-8 text, modulo the number of columns: the same on every machine.
    pub(super) fn encode(&self, values: &Values<'_>) -> Columns {
        let buckets = self.buckets.get();
        let bucket = |text| (xxh3_64(self.start_of(text).as_bytes()) % u64::from(buckets)) as u32;
        Columns {
            names: (0..buckets).map(|bucket| format!("{}#{bucket}", values.name)).collect(),
            entries: values.known().map(|(row, text)| (row, bucket(text), 1.0)).collect(),
        }
    }

    fn start_of<'a>(&self, text: &'a str) -> &'a str {
        let end = self.prefix.and_then(|count| text.char_indices().nth(count.get()));
        end.map_or(text, |(end, _)| &text[..end])
    }
}
