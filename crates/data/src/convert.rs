//! Ratings as a Parquet file, for other programs and for a faster start.

use crate::{Error, Interactions, Rating};
use polars::prelude::{Column, DataFrame, DataType, Field, ParquetWriter, PolarsResult, Schema};
use std::fs::{self, File};
use std::io;
use std::path::Path;

/// What is converted at a time, so that the whole is never there twice.
const ROWS_PER_GROUP: usize = 1 << 18;

/// Writes ratings in rows of `user`, `item`, `rating` (32-bit float) and, where the source has it, `time` (seconds since
/// 1970). Ids are text; what else is known of users and items is not written.
///
/// # Errors
///
/// If the file cannot be written. It is there whole or not at all.
pub fn write_parquet(interactions: &Interactions, path: &Path) -> Result<(), Error> {
    whole(path, |file| write(interactions, file).map_err(io::Error::other))
}

/// Writes a file beside it first, so that it is there whole or not at all.
pub(crate) fn whole(path: &Path, write: impl FnOnce(File) -> io::Result<()>) -> Result<(), Error> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(format!(".{}.tmp", std::process::id()));
    let written = File::create(&unfinished).and_then(write).and_then(|()| fs::rename(&unfinished, path));
    written.map_err(|reason| {
        // It may not have come into being; the first failure is the one to tell.
        let _ = fs::remove_file(&unfinished);
        Error::Unwritable { path: path.to_owned(), reason }
    })
}

fn write(interactions: &Interactions, file: File) -> PolarsResult<()> {
    let timed = !interactions.times.is_empty();
    let columns = [("user", DataType::String), ("item", DataType::String), ("rating", DataType::Float32)];
    let columns = columns.into_iter().chain(timed.then_some(("time", DataType::Int64)));
    let schema = Schema::from_iter(columns.map(|(name, kind)| Field::new(name.into(), kind)));
    let mut writer = ParquetWriter::new(file).batched(&schema)?;
    for (group, ratings) in interactions.ratings.chunks(ROWS_PER_GROUP).enumerate() {
        let times = timed.then(|| &interactions.times[group * ROWS_PER_GROUP..][..ratings.len()]);
        writer.write_batch(&rows(interactions, ratings, times)?)?;
    }
    writer.finish()?;
    Ok(())
}

fn rows(interactions: &Interactions, ratings: &[Rating], times: Option<&[i64]>) -> PolarsResult<DataFrame> {
    let users: Vec<&str> = ratings.iter().map(|rating| interactions.users.ids.name(rating.user)).collect();
    let items: Vec<&str> = ratings.iter().map(|rating| interactions.items.ids.name(rating.item)).collect();
    let values: Vec<f32> = ratings.iter().map(|rating| rating.value).collect();
    let mut columns = vec![
        Column::new("user".into(), users),
        Column::new("item".into(), items),
        Column::new("rating".into(), values),
    ];
    columns.extend(times.map(|times| Column::new("time".into(), times)));
    DataFrame::new(ratings.len(), columns)
}
