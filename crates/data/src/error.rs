//! Everything that can be wrong with data, each with its place and its remedy.

use crate::Scale;
use std::io;
use std::path::{Path, PathBuf};

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
    #[error("{}: cannot be read: {reason}{}", path.display(), looked_for(path, reason))]
    Unreadable { path: PathBuf, reason: io::Error },

    /// A file holds bytes that are no text in its encoding.
    #[error(
        "{}, line {line}: not {encoding} text; declare the encoding of the file, as format = {{ encoding = \"latin-1\" }}, \
         or convert it to UTF-8",
        path.display()
    )]
    NotText { path: PathBuf, line: u64, encoding: &'static str },

    /// A file in an encoding that does not extend ASCII.
    #[error("{}: UTF-16 text; convert the file to UTF-8", path.display())]
    Utf16 { path: PathBuf },

    /// A compressed file ends in the middle.
    #[error("{}: the compressed file ends in the middle of line {line}; get it anew", path.display())]
    CutOff { path: PathBuf, line: u64 },

    /// A compressed file is not what it was when it was written.
    #[error("{}: the compressed file is damaged at line {line}: {reason}; get it anew", path.display())]
    Damaged { path: PathBuf, line: u64, reason: io::Error },

    /// A quote is not closed.
    #[error(
        "{}, line {line}: a quote opens in this line and is not closed; close it, or set format = {{ quotes = false }} for a \
         file in which quotes are text",
        path.display()
    )]
    OpenQuote { path: PathBuf, line: u64 },

    /// A file holds no lines.
    #[error("{}: holds no data; expected lines of {expected}", path.display())]
    Empty { path: PathBuf, expected: String },

    /// The header lacks a column.
    #[error(
        "{}, line 1: no column {column:?} among {}; expected a header with {expected}{}",
        path.display(), found.join(", "), other_separator(found)
    )]
    MissingColumn { path: PathBuf, column: String, found: Vec<String>, expected: String },

    /// The header names a column twice.
    #[error(
        "{}, line 1: column {column:?} is there twice, as columns {first} and {second}; rename one, or give its place \
         instead of its name",
        path.display()
    )]
    RepeatedColumn { path: PathBuf, column: String, first: usize, second: usize },

    /// A column is asked for by name in a file without names.
    #[error(
        "{}: column {column:?} is asked for by its name, but the file is declared to have no header; give its place, \
         from 1, or set header = true",
        path.display()
    )]
    NameWithoutHeader { path: PathBuf, column: String },

    /// A line has too few or too many fields.
    #[error("{}, line {line}: the number of fields is {found}, not {wanted}; expected {expected}", path.display())]
    FieldCount { path: PathBuf, line: u64, found: usize, wanted: usize, expected: String },

    /// A field that must not be empty is.
    #[error("{}, line {line}, column {column}: {field} is empty; expected {expected}", path.display())]
    EmptyField { path: PathBuf, line: u64, column: usize, field: String, expected: String },

    /// A field holds something other than a number.
    #[error("{}, line {line}, column {column}: {field} {value:?} is not a number; expected {expected}", path.display())]
    NotANumber { path: PathBuf, line: u64, column: usize, field: String, value: String, expected: String },

    /// A rating is outside the data set's scale.
    #[error(
        "{}, line {line}{}: rating {value} is outside the scale {scale}; correct the line, or declare \
         the scale of this data set, as ratings.scale = [0.5, 5]",
        path.display(), in_column(*column)
    )]
    OutsideScale { path: PathBuf, line: u64, column: Option<usize>, value: f32, scale: Scale },

    /// A generated rating is outside the declared scale.
    #[error("ratings.scale: the generated rating {value} is outside the scale {scale}; leave the scale out")]
    GeneratedOutsideScale { value: f32, scale: Scale },

    /// A user rates an item for the second time.
    #[error(
        "{}, line {line}: user {user:?} has rated item {item:?} in line {first_line}{} already; remove one of the lines, \
         or set ratings.duplicates = \"last\", \"mean\" or \"sum\"",
        path.display(), other_file(path, first_path)
    )]
    RepeatedRating { path: PathBuf, line: u64, first_path: PathBuf, first_line: u64, user: String, item: String },

    /// Ids are to be places, and are not.
    #[error(
        "ratings.catalogue = \"numbered\" takes ids from 1 to {largest} as places, and {id:?} is none; use \"rated\" or \
         \"listed\""
    )]
    NotNumbered { id: String, largest: u32 },

    /// A user or an item is described for the second time.
    #[error("{}, line {line}: {id:?} is described above already; remove one of the lines", path.display())]
    RepeatedDescription { path: PathBuf, line: u64, id: String },

    /// A file or a folder cannot be written.
    #[error("{}: cannot be written: {reason}", path.display())]
    Unwritable { path: PathBuf, reason: io::Error },

    /// A table is to be written as what it is not written as.
    #[error("{}: a table is written as .parquet or as .csv; name a file that ends so", path.display())]
    UnknownTable { path: PathBuf },

    /// An archive cannot be had.
    #[error("{url}: cannot be downloaded: {reason}; try again: what is there already is not fetched twice")]
    Download { url: String, reason: String },

    /// An archive is not the one that is expected.
    #[error("{url}: the SHA-256 is {found}, not {expected}; the file was removed: try again, or fetch it by hand")]
    WrongContent { url: String, found: String, expected: String },

    /// An archive holds a path that leaves its folder, or a link.
    #[error("{}: the entry {entry:?} would be written outside of its folder; nothing was unpacked", path.display())]
    UnsafeArchive { path: PathBuf, entry: String },

    /// A wide file is declared to have no names of its columns.
    #[error("{}: the first line of a wide file names its columns; leave header = false out of data.wide.format", path.display())]
    WideWithoutHeader { path: PathBuf },

    /// Two columns of a wide file have the same name.
    #[error("{}, line 1: columns {first} and {second} are both named {name:?}; rename one, or merge them", path.display())]
    RepeatedWideColumn { path: PathBuf, name: String, first: usize, second: usize },

    /// Two lines of a wide file have the same name.
    #[error("{}, line {line}: row {name:?} is in line {first_line} already; rename one, or merge them", path.display())]
    RepeatedWideRow { path: PathBuf, name: String, first_line: u64, line: u64 },

    /// A cell of a wide file holds something other than a number.
    #[error(
        "{}, line {line}, column {column} (row {row:?}, column {name:?}): rating {value:?} is not a number; expected a \
         number, or nothing where there is no rating",
        path.display()
    )]
    WideCell { path: PathBuf, line: u64, column: usize, row: String, name: String, value: String },

    /// A column of a RecBole file without one of the known types.
    #[error(
        "{}, line 1, column {column}: {field:?} has no type; expected a name and its type, as user_id:token, where a type is \
         token, token_seq, float or float_seq",
        path.display()
    )]
    UntypedColumn { path: PathBuf, column: usize, field: String },

    /// Something else is in the place of a Parquet file.
    #[error("{}: not a Parquet file; expected one that starts with PAR1 (text files are read by [data.delimited])", path.display())]
    NotParquet { path: PathBuf },

    /// A Parquet file lacks a column.
    #[error(
        "{}: no column {column:?} among {}; name one of these in data.parquet.columns",
        path.display(), found.join(", ")
    )]
    MissingParquetColumn { path: PathBuf, column: String, found: Vec<String> },

    /// A column of a Parquet file has a type that is not read.
    #[error("{}, column {column:?}: {field} is of type {found}; expected {accepted}", path.display())]
    ParquetType { path: PathBuf, column: String, field: &'static str, found: String, accepted: &'static str },

    /// A row of a Parquet file lacks a value, or has one that is no number.
    #[error("{}, row {row}, column {column:?}: {field} is {value}; remove the row, or give it a value", path.display())]
    ParquetValue { path: PathBuf, row: u64, column: String, field: &'static str, value: &'static str },

    /// A file of images, or of their labels, is not one.
    #[error("{}: {reason}", path.display())]
    Images { path: PathBuf, reason: String },

    /// A generator is given nothing to choose from.
    #[error("data.uniform.values is empty; list the ratings there can be, as [1, 2, 3, 4, 5]")]
    NoValues,

    /// The generator cannot make such data.
    #[error("data.synthetic.{key} must be at most {most} ({why}), not {value}")]
    TooLarge { key: &'static str, value: f64, most: f64, why: &'static str },

    /// Side information that the data does not have.
    #[error("{key}: unknown attribute {attribute:?}; this data set knows {}", known_attributes(known))]
    UnknownAttribute { key: &'static str, attribute: String, known: Vec<String> },

    /// Two encoders of side information make the same column.
    #[error("{key}: the column {column:?} is made twice; list its attribute with one such encoder only")]
    RepeatedColumnOfSideInfo { key: &'static str, column: String },

    /// Side information that is needed as a number is none.
    #[error(
        "{key}: the {attribute} {value:?} of {id:?} is not a number; correct it, or make each value a column, as \
         {{ one-hot = {attribute:?} }}"
    )]
    AttributeIsNotANumber { key: &'static str, attribute: String, id: String, value: String },

    /// A part is larger than what its users (or items) can give.
    #[error(
        "{table}.{part} = {fraction} asks for {total} ratings, but only {capacity} can be taken when every user or item \
         with two ratings or more keeps one to train on; lower it, or set {table}.stratify = \"none\""
    )]
    StrataTooSmall { table: &'static str, part: &'static str, fraction: f64, total: usize, capacity: usize },

    /// Nothing is left to learn from.
    #[error("{split} leaves none of the {ratings} ratings to train on; hold out fewer")]
    NoTrainingRatings { split: String, ratings: usize },

    /// A setting of a split that the data, or another setting, does not allow.
    #[error("{key} must be {accepted}, not {value}")]
    SplitSetting { key: &'static str, accepted: String, value: String },

    /// Ratings without times are to be divided by time.
    #[error(
        "{key} needs the time of each rating, and the source has none; name the column of times \
         (data.delimited.columns.time), or {remedy}"
    )]
    NoTimes { key: &'static str, remedy: &'static str },

    /// A name that is not that of one file.
    #[error(
        "{key}: {name:?} names {} of the files that ratings were read from ({}); give one file's name, with as many of its \
         folders as tell it from the others",
        if *several { "several" } else { "none" }, listed(read)
    )]
    NotOneFile { key: &'static str, name: PathBuf, several: bool, read: Vec<PathBuf> },

    /// A file that is to be two parts.
    #[error(
        "split.files.validation.files: {name:?} is listed in split.files.test, too; remove it from one of the lists"
    )]
    FileInTwoParts { name: PathBuf },

    /// The number of a row that the data does not have.
    #[error(
        "{}, line {line}: there is no row {row} among the {rows} rows of the data, which are counted from 0; use the rows \
         of this data set",
        path.display()
    )]
    NoSuchRow { path: PathBuf, line: u64, row: u32, rows: usize },

    /// A row that is listed twice.
    #[error(
        "{}, line {line}: row {row} is in line {first_line}{} already; remove one of the lines",
        path.display(), other_file(path, first_path)
    )]
    RepeatedRow { path: PathBuf, line: u64, row: u32, first_path: PathBuf, first_line: u64 },

    /// More clusters than rows.
    #[error(
        "input.groups.clusters.count = {count}, and only {rows} rows have training ratings; set at most as many clusters"
    )]
    TooManyClusters { count: usize, rows: usize },

    /// No text gives anything to learn.
    #[error(
        "input.text: no token of the attribute {attribute:?} is in {minimum} texts of rows with training ratings; lower \
         input.text.minimum, or name another attribute"
    )]
    NoTokens { attribute: String, minimum: u32 },

    /// No user is as the experiment wants them.
    #[error("ratings.users: none of the {users} users has {wanted}; {known}")]
    NoSuchUsers { users: usize, wanted: String, known: String },
}

fn known_attributes(known: &[String]) -> String {
    if known.is_empty() { "no attributes".to_owned() } else { known.join(", ") }
}

/// Where in its line a rating stands, if it has a column.
fn in_column(column: Option<usize>) -> String {
    column.map(|column| format!(", column {column}")).unwrap_or_default()
}

/// Names the first of two files where they are not the same.
fn other_file(path: &Path, first: &Path) -> String {
    if path == first { String::new() } else { format!(" of {}", first.display()) }
}

fn listed(paths: &[PathBuf]) -> String {
    let paths: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    if paths.is_empty() { "no file was read".to_owned() } else { paths.join(", ") }
}
/// Where a path that does not begin at the root was looked for.
fn looked_for(path: &Path, reason: &io::Error) -> String {
    match std::env::current_dir() {
        Ok(folder) if path.is_relative() && reason.kind() == io::ErrorKind::NotFound => {
            format!("; paths begin at the folder where the program is run, here {}", folder.display())
        }
        _ => String::new(),
    }
}

/// What separates the columns of a header that was taken for one column.
fn other_separator(found: &[String]) -> String {
    let [header] = found else { return String::new() };
    let separator = [";", "\t", "|", "::", ","].into_iter().find(|&separator| header.contains(separator));
    separator.map_or_else(String::new, |separator| {
        format!("; where it is {separator:?} that separates columns, set format = {{ separator = {separator:?} }}")
    })
}
