//! Parquet files with one rating a row, read one group of rows at a time.

use super::Paths;
use super::raw::{Names, RatingColumn, Raw, RawFile, RawRating};
use crate::Error;
use polars::prelude::{ArrowDataType, ArrowSchema, DataFrame, DataType, ParquetReader, PolarsError, SerReader};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Where the files are, and which columns are meant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// A file, or several that are read one after the other.
    pub path: Paths,
    /// The columns that are read.
    pub columns: Columns,
}

/// Columns by their names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Columns {
    /// The user's id: text, categories, or integers of 32 or 64 bits.
    pub user: String,
    /// The item's id, likewise.
    pub item: String,
    /// The rating: integers or floats of 32 or 64 bits. Without this column each row is a rating of 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<String>,
    /// When it was given, in seconds since 1970, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
}

/// A file of ratings and the columns that are wanted of it.
struct Table<'a> {
    path: &'a Path,
    columns: &'a Columns,
}

impl Config {
    pub(super) fn load(&self) -> Result<Raw, Error> {
        let mut raw = Raw::default();
        for path in self.path.list() {
            Table { path, columns: &self.columns }.read(&mut raw)?;
        }
        Ok(raw)
    }
}

impl Table<'_> {
    fn read(&self, raw: &mut Raw) -> Result<(), Error> {
        let file = self.open()?;
        let reader = || file.try_clone().map(ParquetReader::new).map_err(|reason| self.unreadable(reason));
        let mut whole = reader()?;
        let schema = whole.schema().map_err(|error| self.damaged(&error))?;
        let metadata = whole.get_metadata().map_err(|error| self.damaged(&error))?.clone();
        let names = self.check(&schema)?;
        let place = |name: &String| schema.index_of(name).map_or(RatingColumn::Absent, |at| RatingColumn::At(at + 1));
        let rating_column = self.columns.rating.as_ref().map_or(RatingColumn::Absent, place);
        let mut rows = RawFile::new(self.path.to_owned(), raw.ratings.len(), rating_column);
        let mut first = 0;
        for count in metadata.row_groups.iter().map(|group| group.num_rows()) {
            let mut group = reader()?.with_columns(Some(names.clone())).with_slice(Some((first, count)));
            group.set_metadata(metadata.clone());
            self.take(raw, &group.finish().map_err(|error| self.damaged(&error))?, first)?;
            first += count;
        }
        if first == 0 {
            return Err(Error::Empty { path: self.path.to_owned(), expected: names.join(", ") });
        }
        (1..=first as u64).for_each(|row| rows.push(row));
        raw.files.push(rows);
        Ok(())
    }

    /// The file, if it starts as it should.
    fn open(&self) -> Result<File, Error> {
        let mut file = File::open(self.path).map_err(|reason| self.unreadable(reason))?;
        let mut start = [0; MARK.len()];
        match file.read_exact(&mut start) {
            Err(reason) if reason.kind() != io::ErrorKind::UnexpectedEof => Err(self.unreadable(reason)),
            Ok(()) if start == *MARK => Ok(file),
            _ => Err(Error::NotParquet { path: self.path.to_owned() }),
        }
    }

    /// The names of the wanted columns, all of which are there and of a type that is read.
    fn check(&self, schema: &ArrowSchema) -> Result<Vec<String>, Error> {
        let Columns { user, item, rating, time } = self.columns;
        let ids = [("user", Some(user)), ("item", Some(item))].map(|(field, name)| (field, name, IDS));
        let numbers =
            [("rating", rating.as_ref()), ("time", time.as_ref())].map(|(field, name)| (field, name, NUMBERS));
        let mut names = Vec::new();
        for (field, name, kind) in ids.into_iter().chain(numbers) {
            let Some(name) = name else { continue };
            let column = schema.get(name).ok_or_else(|| Error::MissingParquetColumn {
                path: self.path.to_owned(),
                column: name.clone(),
                found: schema.iter_names().map(ToString::to_string).collect(),
            })?;
            if !(kind.accepts)(&column.dtype) {
                let (path, column, found) = (self.path.to_owned(), name.clone(), format!("{:?}", column.dtype));
                return Err(Error::ParquetType { path, column, field, found, accepted: kind.accepted });
            }
            names.push(name.clone());
        }
        Ok(names)
    }

    /// Adds the ratings of some rows, of which the first one is at `first`, from 0.
    fn take(&self, raw: &mut Raw, rows: &DataFrame, first: usize) -> Result<(), Error> {
        let Columns { user, item, rating, time } = self.columns;
        let users = self.ids(rows, "user", user, first, &mut raw.users)?;
        let items = self.ids(rows, "item", item, first, &mut raw.items)?;
        let values = match rating {
            Some(rating) => self.numbers(rows, "rating", rating, first)?,
            None => vec![1.0; rows.height()],
        };
        if let Some(time) = time {
            raw.times.extend(self.numbers(rows, "time", time, first)?.into_iter().map(|time| time.round() as i64));
        }
        let pairs = users.into_iter().zip(items).zip(values);
        raw.ratings.extend(pairs.map(|((user, item), value)| RawRating { user, item, value: value as f32 }));
        Ok(())
    }

    /// A column of ids, each as its index.
    fn ids(
        &self,
        rows: &DataFrame,
        field: &'static str,
        name: &str,
        first: usize,
        names: &mut Names,
    ) -> Result<Vec<u32>, Error> {
        let column = rows.column(name).and_then(|column| column.cast(&DataType::String));
        let column = column.map_err(|error| self.damaged(&error))?;
        let ids = column.str().map_err(|error| self.damaged(&error))?.iter().zip(first..);
        ids.map(|(id, row)| match id {
            None => Err(self.wrong_value(row, name, field, "null")),
            Some("") => Err(self.wrong_value(row, name, field, "empty")),
            Some(id) => Ok(names.intern(id)),
        })
        .collect()
    }

    /// A column of finite numbers.
    fn numbers(&self, rows: &DataFrame, field: &'static str, name: &str, first: usize) -> Result<Vec<f64>, Error> {
        let column = rows.column(name).and_then(|column| column.cast(&DataType::Float64));
        let column = column.map_err(|error| self.damaged(&error))?;
        let numbers = column.f64().map_err(|error| self.damaged(&error))?.iter().zip(first..);
        numbers
            .map(|(number, row)| match number {
                None => Err(self.wrong_value(row, name, field, "null")),
                Some(number) if number.is_nan() => Err(self.wrong_value(row, name, field, "NaN")),
                // Ratings are kept in 32 bits.
                Some(number) if (number as f32).is_infinite() => Err(self.wrong_value(row, name, field, "infinite")),
                Some(number) => Ok(number),
            })
            .collect()
    }

    fn wrong_value(&self, row: usize, column: &str, field: &'static str, value: &'static str) -> Error {
        let (path, column) = (self.path.to_owned(), column.to_owned());
        Error::ParquetValue { path, row: row as u64 + 1, column, field, value }
    }

    fn unreadable(&self, reason: io::Error) -> Error {
        Error::Unreadable { path: self.path.to_owned(), reason }
    }

    fn damaged(&self, error: &PolarsError) -> Error {
        self.unreadable(io::Error::other(error.to_string()))
    }
}

/// With what every Parquet file starts.
const MARK: &[u8; 4] = b"PAR1";

/// What a column can hold.
#[derive(Clone, Copy)]
struct Kind {
    accepts: fn(&ArrowDataType) -> bool,
    accepted: &'static str,
}

const IDS: Kind = Kind {
    accepts: |found| match found {
        ArrowDataType::Dictionary(_, values, _) => is_text(values),
        other => is_text(other) || is_integer(other),
    },
    accepted: "text, categories, or integers of 32 or 64 bits",
};

const NUMBERS: Kind = Kind {
    accepts: |found| is_integer(found) || matches!(found, ArrowDataType::Float32 | ArrowDataType::Float64),
    accepted: "integers or floats of 32 or 64 bits",
};

fn is_text(found: &ArrowDataType) -> bool {
    matches!(found, ArrowDataType::Utf8 | ArrowDataType::LargeUtf8 | ArrowDataType::Utf8View)
}

/// Narrower integers and dates need features of polars that are left out to build faster.
fn is_integer(found: &ArrowDataType) -> bool {
    matches!(found, ArrowDataType::Int32 | ArrowDataType::Int64 | ArrowDataType::UInt32 | ArrowDataType::UInt64)
}
