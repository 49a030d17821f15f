//! A matrix as text: its first line names the columns, the first field of each other line names the row, and a blank field
//! is no rating. The first field of all is of no matter; pandas leaves it empty, or writes the name of the index.

use super::delimited::Format;
use super::raw::{Description, Names, RatingColumn, Raw, RawFile, RawRating};
use super::text::{Layout, Records};
use crate::{Axis, Error};
use csv::StringRecord;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Where the file is, and what its rows are. It can be compressed by gzip or zstd.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The file.
    pub path: PathBuf,
    /// Whether a row is an item, and a column a user, or the other way round.
    pub rows: Axis,
    /// How the file is written.
    #[serde(default)]
    pub format: Format,
}

/// The names of one side in the order of the file, each once, with the line (or column) where it is met.
#[derive(Default)]
struct Side {
    names: Names,
    places: Vec<u64>,
    ids: Vec<String>,
}

impl Side {
    /// The index of a new name; or, for one that is there already, where that is.
    fn add(&mut self, name: &str, place: u64) -> Result<u32, u64> {
        let index = self.names.intern(name);
        if let Some(&first) = self.places.get(index as usize) {
            return Err(first);
        }
        self.places.push(place);
        self.ids.push(name.to_owned());
        Ok(index)
    }
}

impl Config {
    pub(super) fn load(&self) -> Result<Raw, Error> {
        let path = &self.path;
        if !self.format.header {
            return Err(Error::WideWithoutHeader { path: path.clone() });
        }
        let layout = self.format.layout(format!("a name, then ratings, between {:?}", self.format.separator));
        let (mut records, header) = Records::open(path, &layout)?;
        let columns = columns(path, &layout, &header)?;
        let mut rows = Side::default();
        let mut ratings = Vec::new();
        let column = if self.rows == Axis::Items { RatingColumn::OfUser } else { RatingColumn::OfItem };
        let mut file = RawFile::new(path.clone(), 0, column);
        while let Some((line, record)) = records.next()? {
            let name = name(path, &layout, line, 1, record, "the name of the row")?;
            let row = rows.add(name, line).map_err(|first_line| {
                let name = name.to_owned();
                Error::RepeatedWideRow { path: path.clone(), name, first_line, line }
            })?;
            for (column, value) in values(path, line, record, &columns) {
                let (user, item) = if self.rows == Axis::Items { (column, row) } else { (row, column) };
                ratings.push(RawRating { user, item, value: value? });
                file.push(line);
            }
        }
        if rows.ids.is_empty() {
            return Err(records.empty());
        }
        let (users, items) = if self.rows == Axis::Items { (columns, rows) } else { (rows, columns) };
        let described = |ids| Description { ids, attributes: Vec::new() };
        Ok(Raw {
            users: users.names,
            items: items.names,
            ratings,
            files: vec![file],
            described_users: described(users.ids),
            described_items: described(items.ids),
            ..Raw::default()
        })
    }
}

fn columns(path: &Path, layout: &Layout, header: &StringRecord) -> Result<Side, Error> {
    let mut columns = Side::default();
    for place in 2..=header.len() {
        let name = name(path, layout, 1, place, header, "the name of the column")?;
        columns.add(name, place as u64).map_err(|first| {
            let (name, first) = (name.to_owned(), first as usize);
            Error::RepeatedWideColumn { path: path.to_owned(), name, first, second: place }
        })?;
    }
    Ok(columns)
}

/// A name, which must not be empty.
fn name<'a>(
    path: &Path,
    layout: &Layout,
    line: u64,
    column: usize,
    record: &'a StringRecord,
    field: &str,
) -> Result<&'a str, Error> {
    record.get(column - 1).filter(|name| !name.trim().is_empty()).ok_or_else(|| Error::EmptyField {
        path: path.to_owned(),
        line,
        column,
        field: field.to_owned(),
        expected: layout.expected.clone(),
    })
}

/// The ratings of a line, each with the index of its column.
fn values<'a>(
    path: &'a Path,
    line: u64,
    record: &'a StringRecord,
    columns: &'a Side,
) -> impl Iterator<Item = (u32, Result<f32, Error>)> + 'a {
    let observed = (0..).zip(record.iter().skip(1)).filter(|(_, field)| !field.trim().is_empty());
    observed.map(move |(index, field)| {
        let number = field.trim().parse().ok().filter(|value: &f32| value.is_finite());
        let value = number.ok_or_else(|| Error::WideCell {
            path: path.to_owned(),
            line,
            column: index as usize + 2,
            row: record[0].to_owned(),
            name: columns.ids[index as usize].clone(),
            value: field.to_owned(),
        });
        (index, value)
    })
}
