//! Everything that can be wrong with data, each with its place and its remedy.

use crate::Scale;
use polars::error::PolarsError;
use std::io;
use std::path::PathBuf;

/// Why there is no data, or none that can be used.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the fields are what the message of the variant says they are")]
pub enum Error {
    /// The folder of a data set is not there.
    #[error(
        "{}: there is no such folder; download a MovieLens data set from https://grouplens.org/datasets/movielens/ and \
         unpack it there, or link the folder there",
        folder.display()
    )]
    MissingFolder { folder: PathBuf },

    /// A file is given where a folder belongs.
    #[error("{}: this is a file; give the folder that holds it", path.display())]
    NotAFolder { path: PathBuf },

    /// The folder holds none of the known files.
    #[error(
        "{}: no ratings file in this folder; expected one of {}; download a MovieLens data set from \
         https://grouplens.org/datasets/movielens/ and unpack it there",
        folder.display(), accepted.join(", ")
    )]
    NoRatingsFile { folder: PathBuf, accepted: Vec<&'static str> },

    /// A file that is there cannot be read.
    #[error("{}: cannot be read: {reason}", path.display())]
    Unreadable { path: PathBuf, reason: io::Error },

    /// A file holds bytes that are no text in its encoding.
    #[error("{}, line {line}: not UTF-8 text; convert the file to UTF-8", path.display())]
    NotUtf8 { path: PathBuf, line: usize },

    /// A file holds no lines.
    #[error("{}: holds no data; expected lines of {expected}", path.display())]
    Empty { path: PathBuf, expected: &'static str },

    /// The header lacks a column.
    #[error(
        "{}, line 1: no column {column:?} among {}; expected a header with {expected}",
        path.display(), found.join(", ")
    )]
    MissingColumn { path: PathBuf, column: &'static str, found: Vec<String>, expected: &'static str },

    /// A line has too few or too many fields.
    #[error("{}, line {line}: the number of fields is {found}, not {wanted}; expected {expected}", path.display())]
    FieldCount { path: PathBuf, line: usize, found: usize, wanted: usize, expected: &'static str },

    /// A field that must not be empty is.
    #[error("{}, line {line}, column {column}: {field} is empty; expected {expected}", path.display())]
    EmptyField { path: PathBuf, line: usize, column: usize, field: &'static str, expected: &'static str },

    /// A field holds something other than a number.
    #[error("{}, line {line}, column {column}: {field} {value:?} is not a number; expected {expected}", path.display())]
    NotANumber { path: PathBuf, line: usize, column: usize, field: &'static str, value: String, expected: &'static str },

    /// A rating is outside the data set's scale.
    #[error(
        "{}, line {line}, column {column}: rating {value} is outside the scale {scale}; correct the line, or declare \
         the scale of this data set, as scale = [0.5, 5]",
        path.display()
    )]
    OutsideScale { path: PathBuf, line: usize, column: usize, value: f32, scale: Scale },

    /// A user rates an item for the second time.
    #[error(
        "{}, line {line}: user {user:?} has rated item {item:?} in line {first_line} already; remove one of the lines",
        path.display()
    )]
    RepeatedRating { path: PathBuf, line: usize, first_line: usize, user: String, item: String },

    /// A user is described for the second time.
    #[error("{}, line {line}: user {user:?} is described above already; remove one of the lines", path.display())]
    RepeatedUser { path: PathBuf, line: usize, user: String },

    /// A user who rates is not described.
    #[error(
        "{}: no line for user {user:?}, who has ratings; add one, or remove the file to do without attributes of users",
        path.display()
    )]
    UndescribedUser { path: PathBuf, user: String },

    /// A file cannot be parsed for a reason that no single field explains.
    #[error("{}: cannot be parsed: {reason}; expected lines of {expected}", path.display())]
    Unparsable { path: PathBuf, reason: PolarsError, expected: &'static str },

    /// The generator cannot make such data.
    #[error("data.synthetic.{key} must be at most {most} ({why}), not {value}")]
    TooLarge { key: &'static str, value: f64, most: f64, why: &'static str },

    /// Side information that the data does not have.
    #[error("side_info.users: unknown attribute {attribute:?}; this data set knows {}", known_attributes(known))]
    UnknownAttribute { attribute: String, known: Vec<String> },

    /// Side information that is listed twice.
    #[error("side_info.users: attribute {attribute:?} is listed twice; list it once")]
    RepeatedAttribute { attribute: String },

    /// A part is larger than what its users (or items) can give.
    #[error(
        "{key} = {fraction} asks for {total} ratings, but only {capacity} can be taken when every user or item with two \
         ratings or more keeps one to train on; lower it, or set split.random.stratify = \"none\""
    )]
    StrataTooSmall { key: &'static str, fraction: f64, total: usize, capacity: usize },

    /// Nothing is left to learn from.
    #[error(
        "split.random: test = {test} and validation = {validation} leave none of the {ratings} ratings to train on; \
         lower them"
    )]
    NoTrainingRatings { ratings: usize, test: f64, validation: f64 },
}

fn known_attributes(known: &[String]) -> String {
    if known.is_empty() { "no attributes of users".to_owned() } else { known.join(", ") }
}
