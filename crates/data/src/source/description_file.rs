//! A file with one user, or one item, a line.

use super::column::{Column, Place};
use super::raw::Description;
use super::text::{Layout, Records};
use crate::{Attribute, Error};
use csv::StringRecord;
use rustc_hash::FxHashSet;
use std::path::Path;

/// Reads ids and attributes; `columns` is given the header and says which column holds the ids, and which holds what.
///
/// A field may be empty: the attribute is then not known.
pub(super) fn read(
    path: &Path,
    layout: &Layout,
    columns: impl FnOnce(&StringRecord) -> (Column, Vec<(String, Column)>),
) -> Result<Description, Error> {
    let (mut records, header) = Records::open(path, layout)?;
    let (id, wanted) = columns(&header);
    let id = id.find("id", path, layout, &header)?;
    let places: Vec<Place> =
        wanted.iter().map(|(name, column)| column.find(name, path, layout, &header)).collect::<Result<_, _>>()?;
    let mut description = Description::default();
    let mut values: Vec<Vec<String>> = vec![Vec::new(); places.len()];
    let mut seen = FxHashSet::default();
    while let Some((line, record)) = records.next()? {
        let name = id.field(record, line, path, layout)?;
        if !seen.insert(name.to_owned()) {
            return Err(Error::RepeatedDescription { path: path.to_owned(), line, id: name.to_owned() });
        }
        description.ids.push(name.to_owned());
        for (place, values) in places.iter().zip(&mut values) {
            let field = record.get(place.index).ok_or_else(|| Error::FieldCount {
                path: path.to_owned(),
                line,
                found: record.len(),
                wanted: place.index + 1,
                expected: layout.expected.clone(),
            })?;
            values.push(field.trim().to_owned());
        }
    }
    let named = wanted.into_iter().zip(values);
    description.attributes = named.map(|((name, _), values)| Attribute { name, values }).collect();
    Ok(description)
}
