//! Any text file with one rating a line.

use super::column::Column;
use super::rating_file;
pub use super::rating_file::RatingColumns;
use super::raw::{Description, Raw};
use super::text::{Layout, TextEncoding};
use super::{Paths, description_file};
use crate::Error;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Where the files are, how they are written, and which columns are meant. They can be compressed by gzip or zstd.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// A file, or several that are read one after the other, as `["u1.base", "u1.test"]`.
    pub path: Paths,
    /// The columns that are read.
    pub columns: RatingColumns,
    /// How all of the files are written.
    #[serde(default)]
    pub format: Format,
    /// What is known of the users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users: Option<DescriptionConfig>,
    /// What is known of the items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<DescriptionConfig>,
}

/// How a text file is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, try_from = "FormatFields")]
pub struct Format {
    /// What stands between two fields: one character or several.
    pub separator: String,
    /// Whether the first line names the columns.
    pub header: bool,
    /// Whether a field can stand in double quotes. Not with a separator of several characters.
    pub quotes: bool,
    /// How bytes become text: `"utf-8"`, `"latin-1"`, or another name of the WHATWG list.
    pub encoding: TextEncoding,
}

/// [`Format`] before its fields are checked against each other.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct FormatFields {
    separator: String,
    header: bool,
    quotes: Option<bool>,
    encoding: TextEncoding,
}

impl Default for FormatFields {
    fn default() -> Self {
        let Format { separator, header, encoding, .. } = Format::default();
        Self { separator, header, quotes: None, encoding }
    }
}

impl Default for Format {
    fn default() -> Self {
        Self { separator: ",".to_owned(), header: true, quotes: true, encoding: TextEncoding::UTF_8 }
    }
}

impl TryFrom<FormatFields> for Format {
    type Error = String;

    fn try_from(fields: FormatFields) -> Result<Self, String> {
        let FormatFields { separator, header, quotes, encoding } = fields;
        let single = separator.len() == 1;
        if separator.is_empty() || separator.contains(['\n', '\r', '"']) {
            return Err(format!("separator {separator:?} separates nothing; expected for example \",\" or \"::\""));
        }
        if quotes == Some(true) && !single {
            return Err(format!("separator {separator:?} has several bytes, and goes with quotes = false only"));
        }
        Ok(Self { separator, header, quotes: quotes.unwrap_or(single), encoding })
    }
}

/// A file that describes users or items.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DescriptionConfig {
    /// The file.
    pub path: PathBuf,
    /// The column of the ids that the ratings use.
    pub id: Column,
    /// The other columns that are read, each with the name that it gets: `{ title = "movie title", genres = 3 }`.
    pub attributes: std::collections::BTreeMap<String, Column>,
    /// How the file is written.
    #[serde(default)]
    pub format: Format,
}

impl Format {
    pub(super) fn layout(&self, expected: String) -> Layout {
        Layout {
            separator: self.separator.clone(),
            encoding: self.encoding,
            header: self.header,
            quotes: self.quotes,
            expected,
        }
    }
}

impl RatingColumns {
    /// A line as errors show it.
    fn expected(&self, format: &Format) -> String {
        let columns = [("user", Some(&self.user)), ("item", Some(&self.item)), ("rating", self.rating.as_ref())];
        let columns = columns.into_iter().chain([("time", self.time.as_ref())]);
        let named = columns.filter_map(|(field, column)| match column? {
            Column::Name(name) => Some(name.clone()),
            Column::Place(place) => Some(format!("{field} in column {place}")),
        });
        format!("{} between {:?}", named.collect::<Vec<_>>().join(", "), format.separator)
    }
}

impl Config {
    pub(super) fn load(&self) -> Result<Raw, Error> {
        let mut raw = Raw::default();
        let layout = self.format.layout(self.columns.expected(&self.format));
        for path in self.path.list() {
            rating_file::read(&mut raw, path, &layout, |header, _| self.columns.find(path, &layout, header))?;
        }
        let describe = |config: &Option<DescriptionConfig>| config.as_ref().map_or(Ok(Description::default()), read);
        raw.described_users = describe(&self.users)?;
        raw.described_items = describe(&self.items)?;
        Ok(raw)
    }

    /// The files that are read.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        let described = [&self.users, &self.items].into_iter().flatten().map(|description| description.path.clone());
        self.path.list().iter().cloned().chain(described).collect()
    }
}

fn read(config: &DescriptionConfig) -> Result<Description, Error> {
    let layout = config.format.layout("an id and what is known of it".to_owned());
    let attributes = config.attributes.iter().map(|(name, column)| (name.clone(), column.clone())).collect();
    description_file::read(&config.path, &layout, |_| (config.id.clone(), attributes))
}
