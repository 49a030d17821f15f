//! A file with one rating a line.

use super::column::{Column, Place};
use super::raw::{RatingColumn, Raw, RawFile, RawRating};
use super::text::{Layout, Records};
use crate::Error;
use csv::StringRecord;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Where the fields of a rating stand in a line.
#[derive(Debug)]
pub(super) struct Places {
    pub(super) user: Place,
    pub(super) item: Place,
    /// Without one, each line says that the user has met the item: a rating of 1.
    pub(super) rating: Option<Place>,
    pub(super) time: Option<Place>,
}

/// Columns by their names in the header, or by their places in the line, from 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RatingColumns {
    /// The user's id: any text.
    pub user: Column,
    /// The item's id: any text.
    pub item: Column,
    /// The rating. Without this column each line is a rating of 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<Column>,
    /// When it was given, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Column>,
}

impl RatingColumns {
    /// Where all of these columns stand.
    pub(super) fn find(&self, path: &Path, layout: &Layout, header: &StringRecord) -> Result<Places, Error> {
        let find = |column: &Column, field| column.find(field, path, layout, header);
        Ok(Places {
            user: find(&self.user, "user")?,
            item: find(&self.item, "item")?,
            rating: self.rating.as_ref().map(|column| find(column, "rating")).transpose()?,
            time: self.time.as_ref().map(|column| find(column, "time")).transpose()?,
        })
    }
}

/// Adds the ratings of a file; `find` is given the header and the first line, and says where the fields stand.
pub(super) fn read(
    raw: &mut Raw,
    path: &Path,
    layout: &Layout,
    find: impl FnOnce(&StringRecord, &StringRecord) -> Result<Places, Error>,
) -> Result<(), Error> {
    let (mut records, header) = Records::open(path, layout)?;
    let mut find = Some(find);
    let mut places = None;
    let mut file = RawFile::new(path.to_owned(), raw.ratings.len(), RatingColumn::Absent);
    while let Some((line, record)) = records.next()? {
        if let Some(find) = find.take() {
            let found = find(&header, record)?;
            file.rating_column =
                found.rating.as_ref().map_or(RatingColumn::Absent, |place| RatingColumn::At(place.index + 1));
            places = Some(found);
        }
        let places = places.as_ref().expect("they are found in the first line");
        take(raw, places, record, line, path, layout)?;
        file.push(line);
    }
    if places.is_none() {
        return Err(records.empty());
    }
    raw.files.push(file);
    Ok(())
}

fn take(
    raw: &mut Raw,
    places: &Places,
    record: &StringRecord,
    line: u64,
    path: &Path,
    layout: &Layout,
) -> Result<(), Error> {
    let user = raw.users.intern(places.user.field(record, line, path, layout)?);
    let item = raw.items.intern(places.item.field(record, line, path, layout)?);
    let value = match &places.rating {
        Some(rating) => rating.number(record, line, path, layout)? as f32,
        None => 1.0,
    };
    if let Some(time) = &places.time {
        raw.times.push(time.number(record, line, path, layout)?.round() as i64);
    }
    raw.ratings.push(RawRating { user, item, value });
    Ok(())
}
