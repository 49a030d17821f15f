//! Ratings as a source holds them: in its own order, with its own ids, right or wrong.

use crate::{Attribute, IdMap, Scale};
use rustc_hash::FxHashMap;
use std::ops::Range;
use std::path::PathBuf;

/// Everything that was read, before `[ratings]` says what of it counts.
#[derive(Debug, Default)]
pub(crate) struct Raw {
    pub(crate) users: Names,
    pub(crate) items: Names,
    /// In the order of the files.
    pub(crate) ratings: Vec<RawRating>,
    /// When each was given, in seconds since 1970: `[ratings]`, or empty where the source does not say.
    pub(crate) times: Vec<i64>,
    /// Where the ratings come from, in order; empty for generated ones.
    pub(crate) files: Vec<RawFile>,
    /// The range that ratings of this source have, where that is known.
    pub(crate) scale: Option<Scale>,
    pub(crate) described_users: Description,
    pub(crate) described_items: Description,
    /// The best global RMSE any model can be expected to reach; known for generated data only.
    pub(crate) noise_floor: Option<f64>,
}

impl Raw {
    /// The file that holds a row; none where ratings are made up.
    pub(crate) fn file_of(&self, row: usize) -> Option<&RawFile> {
        self.files.iter().find(|file| file.rows.contains(&row))
    }
}

/// One line of a source.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RawRating {
    /// Index in [`Raw::users`].
    pub(crate) user: u32,
    /// Index in [`Raw::items`].
    pub(crate) item: u32,
    pub(crate) value: f32,
}

/// A file, and which of the ratings it holds.
#[derive(Debug)]
pub(crate) struct RawFile {
    pub(crate) path: PathBuf,
    pub(crate) rows: Range<usize>,
    /// `(row, line)` where the rows after `row` no longer follow as those before it do.
    runs: Vec<(usize, u64)>,
    pub(crate) rating_column: RatingColumn,
}

/// In which column of its line a rating stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum RatingColumn {
    /// In none: that there is a line is the rating.
    #[default]
    Absent,
    /// In the same column of every line, from 1.
    At(usize),
    /// Each item has a column, in the order of [`Raw::items`], after one column of names.
    OfItem,
    /// Each user has a column, in the order of [`Raw::users`], after one column of names.
    OfUser,
    /// In several, which have no names that an error could tell.
    Pixels,
}

impl RatingColumn {
    /// Whether a line holds more than one rating.
    fn is_wide(self) -> bool {
        matches!(self, Self::OfItem | Self::OfUser | Self::Pixels)
    }
}

impl RawFile {
    pub(crate) fn new(path: PathBuf, first_row: usize, rating_column: RatingColumn) -> Self {
        Self { path, rows: first_row..first_row, runs: Vec::new(), rating_column }
    }

    /// Adds the next row.
    pub(crate) fn push(&mut self, line: u64) {
        let row = self.rows.end;
        if self.runs.last().is_none_or(|&run| self.follow(run, row) != line) {
            self.runs.push((row, line));
        }
        self.rows.end += 1;
    }

    /// The line, from 1, of a row of this file.
    pub(crate) fn line(&self, row: usize) -> u64 {
        let run = self.runs.partition_point(|&(first, _)| first <= row).saturating_sub(1);
        self.follow(self.runs[run], row)
    }

    /// The line of a row that belongs to this run.
    fn follow(&self, (first, start): (usize, u64), row: usize) -> u64 {
        if self.rating_column.is_wide() { start } else { start + (row - first) as u64 }
    }

    /// The place in its line, from 1, of the value of a rating of this file.
    pub(crate) fn column(&self, rating: &RawRating) -> Option<usize> {
        match self.rating_column {
            RatingColumn::Absent | RatingColumn::Pixels => None,
            RatingColumn::At(column) => Some(column),
            RatingColumn::OfItem => Some(rating.item as usize + 2),
            RatingColumn::OfUser => Some(rating.user as usize + 2),
        }
    }
}

/// Distinct names in the order in which they appear.
#[derive(Debug, Default)]
pub(crate) struct Names {
    indices: FxHashMap<Box<str>, u32>,
}

impl Names {
    /// The index of a name, which is a new one if it was not seen before.
    pub(crate) fn intern(&mut self, name: &str) -> u32 {
        if let Some(&index) = self.indices.get(name) {
            return index;
        }
        let index = self.indices.len() as u32;
        self.indices.insert(name.into(), index);
        index
    }

    /// The names `1, 2, …`.
    pub(crate) fn numbered(count: u32) -> Self {
        Self { indices: (0..count).map(|index| ((index + 1).to_string().into(), index)).collect() }
    }

    pub(crate) fn len(&self) -> usize {
        self.indices.len()
    }

    /// All names with their indices, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, u32)> {
        self.indices.iter().map(|(name, &index)| (&**name, index))
    }

    /// The name at an index; slow, for errors.
    pub(crate) fn name(&self, index: u32) -> &str {
        self.iter().find(|&(_, other)| other == index).map_or("", |(name, _)| name)
    }

    /// For each index here, the one in `ids`; a name that is not there gets none that exists.
    pub(crate) fn places(&self, ids: &IdMap) -> Vec<u32> {
        let mut places = vec![u32::MAX; self.len()];
        self.iter().for_each(|(name, index)| places[index as usize] = ids.index(name).unwrap_or(u32::MAX));
        places
    }
}

/// What a file says of users or items, rated or not.
#[derive(Debug, Default)]
pub(crate) struct Description {
    /// Each once.
    pub(crate) ids: Vec<String>,
    /// With one value for each id.
    pub(crate) attributes: Vec<Attribute>,
}

impl Description {
    /// Of the ids `1, 2, …`, of which nothing else is known.
    pub(crate) fn numbered(count: u32) -> Self {
        Self { ids: (1..=count).map(|id| id.to_string()).collect(), attributes: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_rows_are_found_across_gaps() {
        let lines = [2, 3, 4, 7, 8, 20];
        let mut file = RawFile::new("f".into(), 10, RatingColumn::At(3));
        lines.iter().for_each(|&line| file.push(line));
        assert_eq!(file.rows, 10..16);
        assert_eq!((10..16).map(|row| file.line(row)).collect::<Vec<_>>(), lines);
        assert_eq!(file.runs.len(), 3);
    }

    #[test]
    fn a_line_can_hold_several_rows() {
        let lines = [2, 2, 2, 5, 6, 6];
        let mut file = RawFile::new("f".into(), 0, RatingColumn::OfItem);
        lines.iter().for_each(|&line| file.push(line));
        assert_eq!((0..6).map(|row| file.line(row)).collect::<Vec<_>>(), lines);
        assert_eq!(file.column(&RawRating { user: 7, item: 3, value: 1.0 }), Some(5));
    }

    #[test]
    fn names_keep_the_order_of_their_first_appearance() {
        let mut names = Names::default();
        assert_eq!(["b", "a", "b", "c"].map(|name| names.intern(name)), [0, 1, 0, 2]);
        assert_eq!([0, 1, 2].map(|index| names.name(index)), ["b", "a", "c"]);
        let ids = IdMap::new(["a", "b"].map(str::to_owned).to_vec());
        assert_eq!(names.places(&ids), [1, 0, u32::MAX]);
    }
}
