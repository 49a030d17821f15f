//! A column for each value: 1 for those who have it. The values are sorted as [`IdMap`] sorts.

use super::{Columns, Values};
use crate::IdMap;

pub(super) fn encode(values: &Values<'_>) -> Columns {
    let categories = IdMap::new(values.learned().map(str::to_owned).collect());
    let entry = |(row, text)| Some((row, categories.index(text)?, 1.0));
    Columns {
        names: categories.names().iter().map(|category| format!("{}={category}", values.name)).collect(),
        entries: values.known().filter_map(entry).collect(),
    }
}
