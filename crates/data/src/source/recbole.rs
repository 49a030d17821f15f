//! The atomic files of RecBole (Zhao et al. 2021, CIKM): `<name>.inter` with the ratings, and perhaps `<name>.user` and
//! `<name>.item` with what else is known. Fields stand between tabs, and the header gives each its type, as `user_id:token`.

use super::column::Column;
use super::rating_file::{self, RatingColumns};
use super::raw::{Description, Raw};
use super::text::{Layout, Records, TextEncoding};
use super::{absolute, description_file};
use crate::Error;
use csv::StringRecord;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Where the files are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The files without what follows the point, as `"dataset/ml-100k"`; or their folder, if they have its name.
    pub path: PathBuf,
    /// The columns that are read, by their names without the types. By default `user_id` and `item_id`, and `rating` and
    /// `timestamp` where they are there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<RatingColumns>,
}

/// The types that a column can have.
const TYPES: [&str; 4] = ["token", "token_seq", "float", "float_seq"];

/// Names and types of the columns.
struct Header {
    names: StringRecord,
    /// Whether each holds several words.
    words: Vec<bool>,
}

impl Header {
    fn new(path: &Path, header: &StringRecord) -> Result<Self, Error> {
        let mut parsed = Self { names: StringRecord::new(), words: Vec::new() };
        for (column, field) in (1..).zip(header) {
            let typed = field.trim().rsplit_once(':').filter(|(_, kind)| TYPES.contains(kind));
            let (name, kind) = typed.ok_or_else(|| {
                let (path, field) = (path.to_owned(), field.to_owned());
                Error::UntypedColumn { path, column, field }
            })?;
            parsed.names.push_field(name);
            parsed.words.push(kind == "token_seq");
        }
        Ok(parsed)
    }

    /// The columns that RecBole takes when it is not told others.
    fn usual_columns(&self) -> RatingColumns {
        let if_there = |name: &str| self.names.iter().any(|other| other == name).then(|| Column::named(name));
        RatingColumns {
            user: Column::named("user_id"),
            item: Column::named("item_id"),
            rating: if_there("rating"),
            time: if_there("timestamp"),
        }
    }
}

impl Config {
    pub(super) fn load(&self) -> Result<Raw, Error> {
        let mut raw = Raw::default();
        let (path, layout) = (self.file("inter"), layout("user_id:token, item_id:token and others between tabs"));
        let header = Header::new(&path, &Records::open(&path, &layout)?.1)?;
        let columns = self.columns.clone().unwrap_or_else(|| header.usual_columns());
        rating_file::read(&mut raw, &path, &layout, |_, _| columns.find(&path, &layout, &header.names))?;
        raw.described_users = self.describe("user", &columns.user)?;
        raw.described_items = self.describe("item", &columns.item)?;
        Ok(raw)
    }

    /// One of the files.
    fn file(&self, suffix: &str) -> PathBuf {
        let name = self.path.file_name().unwrap_or_default();
        let stem = if self.path.is_dir() { self.path.join(name) } else { self.path.clone() };
        // A name can have points of its own.
        let mut file = absolute(&stem).into_os_string();
        file.push(".");
        file.push(suffix);
        file.into()
    }

    /// The files that are read.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        let described = ["user", "item"].map(|suffix| self.file(suffix)).into_iter().filter(|path| path.exists());
        std::iter::once(self.file("inter")).chain(described).collect()
    }

    /// Every column of a file but that of the ids.
    fn describe(&self, suffix: &str, id: &Column) -> Result<Description, Error> {
        let (path, layout) = (self.file(suffix), layout("an id and what is known of it between tabs"));
        if !path.exists() {
            return Ok(Description::default());
        }
        let header = Header::new(&path, &Records::open(&path, &layout)?.1)?;
        let id = match id {
            Column::Name(_) => id.find("id", &path, &layout, &header.names)?.index,
            // The place in the file of ratings says nothing about this one.
            Column::Place(_) => 0,
        };
        let others = || (0..header.names.len()).filter(|&index| index != id);
        let attributes =
            others().map(|index| (attribute_name(&header.names[index]), Column::Place(index + 1))).collect();
        let mut description = description_file::read(&path, &layout, |_| (Column::Place(id + 1), attributes))?;
        for (index, attribute) in others().zip(&mut description.attributes) {
            if header.words[index] && attribute.name != TITLE {
                attribute.values.iter_mut().for_each(|value| *value = several(value));
            }
        }
        Ok(description)
    }
}

/// What the titles of items are called elsewhere.
const TITLE: &str = "title";

/// Titles are called `movie_title`, `book_title` and so on, and are sequences of words in some files.
fn attribute_name(column: &str) -> String {
    if column.ends_with("_title") { TITLE.to_owned() } else { column.to_owned() }
}

/// Words, as other sources write several values: `Comedy|Drama`.
fn several(words: &str) -> String {
    words.split_whitespace().collect::<Vec<_>>().join("|")
}

fn layout(expected: &str) -> Layout {
    Layout {
        separator: "\t".to_owned(),
        encoding: TextEncoding::UTF_8,
        header: true,
        quotes: false,
        expected: expected.to_owned(),
    }
}
