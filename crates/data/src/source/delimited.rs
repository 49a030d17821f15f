//! Text files of fields between separators, read by polars, with errors that name the line.

use crate::Error;
use polars::prelude::{CsvReadOptions, DataFrame, DataType, Field, PlSmallStr, PolarsResult, Schema, SerReader};
use std::borrow::Cow;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How a file is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    /// What stands between two fields: one character or several.
    pub(super) separator: &'static str,
    pub(super) encoding: Encoding,
    /// Whether the first line names the columns and fields can stand in double quotes.
    ///
    /// A field that holds a line break shifts the line numbers of errors.
    pub(super) header: bool,
    /// A line of the file as errors show it.
    pub(super) expected: &'static str,
}

/// How a file's bytes become text.
#[derive(Debug, Clone, Copy)]
pub(super) enum Encoding {
    /// ISO 8859-1, in which every byte is a character.
    Latin1,
    Utf8,
}

/// A column that is wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    /// Its name in the header; in a file without one it is found by its place in the list of wanted columns.
    pub(super) name: &'static str,
    pub(super) content: Content,
}

/// What the fields of a column hold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Content {
    Number,
    Text,
}

/// The wanted columns of a file; every field of them is there.
pub(super) struct Table {
    pub(super) path: PathBuf,
    layout: Layout,
    frame: DataFrame,
    /// Where each wanted column stands in the file, from 0.
    places: Vec<usize>,
}

impl Table {
    /// The fields of a wanted column of text, by its place in the list that was given to [`read`].
    pub(super) fn texts(&self, wanted: usize) -> impl Iterator<Item = &str> {
        self.frame.columns()[self.places[wanted]].str().expect("the column was read as text").iter().flatten()
    }

    /// The fields of a wanted column of numbers, by its place in the list that was given to [`read`].
    pub(super) fn numbers(&self, wanted: usize) -> impl Iterator<Item = f32> {
        self.frame.columns()[self.places[wanted]].f32().expect("the column was read as numbers").iter().flatten()
    }

    /// The line of the file, from 1, that holds a row of the table, from 0.
    pub(super) fn line(&self, row: usize) -> usize {
        row + 1 + usize::from(self.layout.header)
    }

    /// The place in its line, from 1, of a wanted column.
    pub(super) fn column(&self, wanted: usize) -> usize {
        self.places[wanted] + 1
    }
}

/// Reads the wanted columns of a file; there can be others, in every line the same number.
pub(super) fn read(path: &Path, layout: Layout, wanted: &[Column]) -> Result<Table, Error> {
    let bytes = std::fs::read(path).map_err(|reason| Error::Unreadable { path: path.to_owned(), reason })?;
    let text = decode(path, layout.encoding, &bytes)?;
    let (text, separator) = single_separator(text.trim_end_matches(['\r', '\n']), layout.separator);
    let first_line = text.lines().next().unwrap_or_default();
    if text.lines().nth(usize::from(layout.header)).is_none() {
        return Err(Error::Empty { path: path.to_owned(), expected: layout.expected });
    }
    let header: Vec<Cow<'_, str>> = fields(first_line, separator, layout.header).collect();
    let places = places(path, layout, &header, wanted)?;
    let lines = Lines { path, layout, text: &text, separator, width: header.len(), wanted, places: &places };
    if lines.width < wanted.len() {
        lines.check()?;
    }
    let frame = match parse(&lines) {
        Ok(frame) if frame.columns().iter().all(|column| column.null_count() == 0) => frame,
        Ok(frame) => lines.check().map(|()| frame)?,
        Err(reason) => {
            lines.check()?;
            return Err(Error::Unparsable { path: path.to_owned(), reason, expected: layout.expected });
        }
    };
    Ok(Table { path: path.to_owned(), layout, frame, places })
}

fn decode<'a>(path: &Path, encoding: Encoding, bytes: &'a [u8]) -> Result<Cow<'a, str>, Error> {
    match encoding {
        Encoding::Latin1 => Ok(encoding_rs::mem::decode_latin1(bytes)),
        Encoding::Utf8 => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(text).into()),
            Err(error) => {
                let line = bytes[..error.valid_up_to()].iter().filter(|&&byte| byte == b'\n').count() + 1;
                Err(Error::NotUtf8 { path: path.to_owned(), line })
            }
        },
    }
}

/// The text with a separator of one byte, which is all that polars can split at.
fn single_separator<'a>(text: &'a str, separator: &str) -> (Cow<'a, str>, u8) {
    if let &[byte] = separator.as_bytes() {
        return (text.into(), byte);
    }
    let unused = (1..b' ').find(|&byte| !matches!(byte, b'\n' | b'\r') && !text.as_bytes().contains(&byte));
    // A text that holds every control character is not one of fields and separators: any choice gives an error.
    let byte = unused.unwrap_or(1);
    (text.replace(separator, char::from(byte).encode_utf8(&mut [0])).into(), byte)
}

/// The fields of a line, without the quotes around them.
fn fields(line: &str, separator: u8, quotes: bool) -> impl Iterator<Item = Cow<'_, str>> {
    let mut quoted = false;
    line.split(move |character| {
        quoted ^= quotes && character == '"';
        character == char::from(separator) && !quoted
    })
    .map(move |field| match field.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) if quotes => inner.replace("\"\"", "\"").into(),
        _ => field.into(),
    })
}

/// Where the wanted columns are.
fn places(path: &Path, layout: Layout, header: &[Cow<'_, str>], wanted: &[Column]) -> Result<Vec<usize>, Error> {
    if !layout.header {
        return Ok((0..wanted.len()).collect());
    }
    let place = |column: &Column| header.iter().position(|name| name == column.name);
    let missing = |column: &Column| Error::MissingColumn {
        path: path.to_owned(),
        column: column.name,
        found: header.iter().map(ToString::to_string).collect(),
        expected: layout.expected,
    };
    wanted.iter().map(|column| place(column).ok_or_else(|| missing(column))).collect()
}

/// A file's text, and what is known of its lines.
struct Lines<'a> {
    path: &'a Path,
    layout: Layout,
    text: &'a str,
    separator: u8,
    /// The number of fields of the first line.
    width: usize,
    wanted: &'a [Column],
    places: &'a [usize],
}

fn parse(lines: &Lines<'_>) -> PolarsResult<DataFrame> {
    let content =
        |place| lines.places.iter().position(|&wanted| wanted == place).map(|wanted| lines.wanted[wanted].content);
    let schema: Schema = (0..lines.width)
        .map(|place| {
            let data_type = if content(place) == Some(Content::Number) { DataType::Float32 } else { DataType::String };
            Field::new(PlSmallStr::from_string(place.to_string()), data_type)
        })
        .collect();
    CsvReadOptions::default()
        .with_has_header(lines.layout.header)
        .with_schema(Some(Arc::new(schema)))
        .map_parse_options(|options| {
            options.with_separator(lines.separator).with_quote_char(lines.layout.header.then_some(b'"'))
        })
        .into_reader_with_file_handle(Cursor::new(lines.text.as_bytes()))
        .finish()
}

impl Lines<'_> {
    /// Names the first line that is wrong; slow, and only run when polars has met one.
    fn check(&self) -> Result<(), Error> {
        for (index, line) in self.text.lines().enumerate().skip(usize::from(self.layout.header)) {
            let values: Vec<_> = fields(line, self.separator, self.layout.header).collect();
            let found = if line.is_empty() { 0 } else { values.len() };
            let wanted = self.width.max(self.wanted.len());
            if found != wanted {
                let (path, line, expected) = (self.path.to_owned(), index + 1, self.layout.expected);
                return Err(Error::FieldCount { path, line, found, wanted, expected });
            }
            for (column, &place) in self.wanted.iter().zip(self.places) {
                self.check_field(index + 1, place, column, values[place].trim())?;
            }
        }
        Ok(())
    }

    fn check_field(&self, line: usize, place: usize, column: &Column, value: &str) -> Result<(), Error> {
        let (path, column_number, field, expected) =
            (self.path.to_owned(), place + 1, column.name, self.layout.expected);
        if value.is_empty() {
            return Err(Error::EmptyField { path, line, column: column_number, field, expected });
        }
        if column.content == Content::Number && value.parse::<f32>().is_err() {
            let value = value.to_owned();
            return Err(Error::NotANumber { path, line, column: column_number, field, value, expected });
        }
        Ok(())
    }
}
