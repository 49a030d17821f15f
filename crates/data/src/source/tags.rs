//! A file with one tag a line that a user gave to an item.

use super::column::Column;
use super::text::{Layout, Records};
use crate::{Attribute, Error};
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::path::Path;

/// The distinct tags of each of the items, in alphabetical order and in lower case: `dark comedy|psychology`. Tags of other
/// items are left out.
pub(super) fn read(path: &Path, layout: &Layout, items: &[String]) -> Result<Attribute, Error> {
    let (mut records, header) = Records::open(path, layout)?;
    let item = Column::named("movieId").find("item", path, layout, &header)?;
    let tag = Column::named("tag").find("tag", path, layout, &header)?;
    let places: FxHashMap<&str, usize> = items.iter().map(String::as_str).zip(0..).collect();
    let mut tags = vec![BTreeSet::new(); items.len()];
    while let Some((line, record)) = records.next()? {
        let Some(&place) = places.get(item.field(record, line, path, layout)?) else { continue };
        // A bar stands between two tags.
        let tag = record.get(tag.index).unwrap_or_default().trim().to_lowercase().replace('|', "/");
        if !tag.is_empty() {
            tags[place].insert(tag);
        }
    }
    let joined = tags.into_iter().map(|tags| tags.into_iter().collect::<Vec<_>>().join("|"));
    Ok(Attribute { name: "tags".to_owned(), values: joined.collect() })
}
