//! Which column of a file is meant.

use super::text::Layout;
use crate::Error;
use csv::StringRecord;
use serde::de::{Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::path::Path;

/// A column by its name in the header, or by its place in the line, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Column {
    /// As the header writes it.
    Name(String),
    /// From 1.
    Place(usize),
}

/// Where a wanted column stands.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// From 0.
    pub(super) index: usize,
    /// How errors call it.
    pub(super) name: String,
}

impl Column {
    pub(super) fn named(name: &str) -> Self {
        Self::Name(name.to_owned())
    }

    /// Where this column is; `field` is what it holds, as `user`.
    pub(super) fn find(
        &self,
        field: &str,
        path: &Path,
        layout: &Layout,
        header: &StringRecord,
    ) -> Result<Place, Error> {
        let (path, expected) = (path.to_owned(), layout.expected.clone());
        let name = match self {
            Self::Place(place) => return Ok(Place { index: place - 1, name: field.to_owned() }),
            Self::Name(name) => name,
        };
        if !layout.header {
            return Err(Error::NameWithoutHeader { path, column: name.clone() });
        }
        let mut places = header.iter().enumerate().filter(|(_, found)| found.trim() == name).map(|(place, _)| place);
        match (places.next(), places.next()) {
            (Some(index), None) => Ok(Place { index, name: name.clone() }),
            (Some(first), Some(second)) => {
                Err(Error::RepeatedColumn { path, column: name.clone(), first: first + 1, second: second + 1 })
            }
            (None, _) => {
                let found = header.iter().map(str::to_owned).collect();
                Err(Error::MissingColumn { path, column: name.clone(), found, expected })
            }
        }
    }
}

impl Place {
    /// The field of a record, which must not be empty.
    pub(super) fn field<'a>(
        &self,
        record: &'a StringRecord,
        line: u64,
        path: &Path,
        layout: &Layout,
    ) -> Result<&'a str, Error> {
        let missing = |found: usize| Error::FieldCount {
            path: path.to_owned(),
            line,
            found,
            wanted: self.index + 1,
            expected: layout.expected.clone(),
        };
        match record.get(self.index) {
            None => Err(missing(record.len())),
            Some(field) if field.trim().is_empty() => Err(Error::EmptyField {
                path: path.to_owned(),
                line,
                column: self.index + 1,
                field: self.name.clone(),
                expected: layout.expected.clone(),
            }),
            Some(field) => Ok(field),
        }
    }

    /// The field of a record as a finite number.
    pub(super) fn number(&self, record: &StringRecord, line: u64, path: &Path, layout: &Layout) -> Result<f64, Error> {
        let field = self.field(record, line, path, layout)?;
        // Ratings are kept in 32 bits, where 1e39 is infinite.
        field.trim().parse().ok().filter(|value: &f64| (*value as f32).is_finite()).ok_or_else(|| Error::NotANumber {
            path: path.to_owned(),
            line,
            column: self.index + 1,
            field: self.name.clone(),
            value: field.to_owned(),
            expected: layout.expected.clone(),
        })
    }
}

impl Serialize for Column {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Name(name) => serializer.serialize_str(name),
            Self::Place(place) => serializer.serialize_u64(*place as u64),
        }
    }
}

impl<'de> Deserialize<'de> for Column {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameOrPlace;

        impl Visitor<'_> for NameOrPlace {
            type Value = Column;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a column's name, or its place in the line from 1")
            }

            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Column, E> {
                Ok(Column::named(name))
            }

            fn visit_i64<E: serde::de::Error>(self, place: i64) -> Result<Column, E> {
                let positive = usize::try_from(place).ok().filter(|&place| place > 0);
                positive.map(Column::Place).ok_or_else(|| E::invalid_value(Unexpected::Signed(place), &self))
            }
        }

        deserializer.deserialize_any(NameOrPlace)
    }
}
