//! Text files of fields between separators, read line by line, plain or compressed.
//!
//! Nothing is held but the line at hand, so that the size of a file does not matter.

use crate::Error;
use csv::{ByteRecord, StringRecord};
use encoding_rs::Encoding;
use flate2::bufread::MultiGzDecoder;
use memchr::memmem::Finder;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

/// How a file is written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layout {
    /// What stands between two fields: one character or several.
    pub(super) separator: String,
    pub(super) encoding: TextEncoding,
    /// Whether the first line names the columns.
    pub(super) header: bool,
    /// Whether a field can stand in double quotes, with separators and line ends inside it.
    pub(super) quotes: bool,
    /// A line of the file as errors show it.
    pub(super) expected: String,
}

/// How a file's bytes become text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TextEncoding(&'static Encoding);

impl TextEncoding {
    /// ISO 8859-1 as people mean it, in which every byte is a character.
    pub(super) const LATIN_1: Self = Self(encoding_rs::WINDOWS_1252);
    /// The encoding of files that do not say.
    pub(super) const UTF_8: Self = Self(encoding_rs::UTF_8);
}

impl TryFrom<String> for TextEncoding {
    type Error = String;

    fn try_from(label: String) -> Result<Self, String> {
        let label = label.to_ascii_lowercase();
        let known = Encoding::for_label(if label == "latin-1" { b"latin1" } else { label.as_bytes() });
        match known.filter(|encoding| encoding.is_ascii_compatible()) {
            Some(encoding) => Ok(Self(encoding)),
            None => Err(format!(
                "unknown encoding {label:?}; expected \"utf-8\", \"latin-1\", or another name from \
                 https://encoding.spec.whatwg.org that extends ASCII"
            )),
        }
    }
}

impl From<TextEncoding> for String {
    fn from(encoding: TextEncoding) -> Self {
        encoding.0.name().to_ascii_lowercase()
    }
}

/// The records of a file, one at a time.
pub(super) struct Records<'a> {
    path: &'a Path,
    layout: &'a Layout,
    input: Input,
    record: StringRecord,
    /// The number of fields of the first record, which all must have.
    width: Option<usize>,
}

/// A file, and a line end in case the last line has none.
type QuotedReader = csv::Reader<io::Chain<Box<dyn BufRead>, &'static [u8]>>;

enum Input {
    /// With quotes: the business of the csv crate.
    Quoted { reader: QuotedReader, bytes: ByteRecord },
    /// Without: a line is what ends in a line feed, and the separator can have any length.
    Plain { reader: Box<dyn BufRead>, line: Vec<u8>, number: u64, separator: Finder<'static> },
}

impl<'a> Records<'a> {
    /// Opens a file and reads its header; a file of another length than none has a record at least.
    pub(super) fn open(path: &'a Path, layout: &'a Layout) -> Result<(Self, StringRecord), Error> {
        let reader = open(path)?;
        let input = if layout.quotes {
            // A line ends in a line feed, as without quotes, and a carriage return before it is taken off below. The csv crate
            // would end the line there already, and count the line feed to the next one.
            let mut builder = csv::ReaderBuilder::new();
            builder.terminator(csv::Terminator::Any(b'\n'));
            let separator = layout.separator.as_bytes()[0];
            let reader = builder
                .delimiter(separator)
                .has_headers(false)
                .flexible(true)
                .from_reader(reader.chain(b"\n".as_slice()));
            Input::Quoted { reader, bytes: ByteRecord::new() }
        } else {
            let separator = Finder::new(&layout.separator).into_owned();
            Input::Plain { reader, line: Vec::new(), number: 0, separator }
        };
        let mut records = Self { path, layout, input, record: StringRecord::new(), width: None };
        let header = match layout.header {
            true => records.next()?.map(|(_, header)| header.clone()).ok_or_else(|| records.empty())?,
            false => StringRecord::new(),
        };
        Ok((records, header))
    }

    /// The next record, and the number of the line, from 1, in which it starts.
    pub(super) fn next(&mut self) -> Result<Option<(u64, &StringRecord)>, Error> {
        let line = match &mut self.input {
            Input::Quoted { reader, bytes } => next_quoted(self.path, self.layout, reader, bytes, &mut self.record)?,
            Input::Plain { reader, line, number, separator } => {
                next_plain(self.path, self.layout, reader, line, number, separator, &mut self.record)?
            }
        };
        let Some(line) = line else { return Ok(None) };
        let (found, wanted) = (self.record.len(), *self.width.get_or_insert(self.record.len()));
        if found != wanted {
            let (path, expected) = (self.path.to_owned(), self.layout.expected.clone());
            // A record of several lines that is too short: everything after an open quote is one field.
            let open = self.record.iter().next_back().is_some_and(|field| field.contains('\n'));
            return Err(match open && found < wanted {
                true => Error::OpenQuote { path, line },
                false => Error::FieldCount { path, line, found, wanted, expected },
            });
        }
        Ok(Some((line, &self.record)))
    }

    /// The error of a file without data.
    pub(super) fn empty(&self) -> Error {
        Error::Empty { path: self.path.to_owned(), expected: self.layout.expected.clone() }
    }
}

fn next_quoted(
    path: &Path,
    layout: &Layout,
    reader: &mut QuotedReader,
    bytes: &mut ByteRecord,
    record: &mut StringRecord,
) -> Result<Option<u64>, Error> {
    let line = loop {
        let first = reader.position().line();
        let there = reader.read_byte_record(bytes).map_err(|error| match error.into_kind() {
            csv::ErrorKind::Io(reason) => unreadable(path, first, reason),
            other => Error::Unreadable { path: path.to_owned(), reason: io::Error::other(format!("{other:?}")) },
        })?;
        if !there {
            return Ok(None);
        }
        if bytes.len() == 1 && &bytes[0] == b"\r" {
            continue;
        }
        // `first` is where blank lines before the record start, which are passed over.
        let inside = memchr::memchr_iter(b'\n', bytes.as_slice()).count() as u64;
        break first.max(reader.position().line() - 1 - inside);
    };
    record.clear();
    for (place, field) in (1..).zip(&*bytes) {
        let field = if place == bytes.len() { field.strip_suffix(b"\r").unwrap_or(field) } else { field };
        record.push_field(&decode(path, layout, line, field)?);
    }
    Ok(Some(line))
}

fn next_plain(
    path: &Path,
    layout: &Layout,
    reader: &mut Box<dyn BufRead>,
    line: &mut Vec<u8>,
    number: &mut u64,
    separator: &Finder<'_>,
    record: &mut StringRecord,
) -> Result<Option<u64>, Error> {
    let mut blank = None;
    loop {
        line.clear();
        let length = reader.read_until(b'\n', line).map_err(|reason| unreadable(path, *number + 1, reason))?;
        if length == 0 {
            // Blank lines at the end are no records.
            return Ok(None);
        }
        *number += 1;
        let end = line.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r')).map_or(0, |last| last + 1);
        line.truncate(end);
        if !line.is_empty() {
            break;
        }
        blank.get_or_insert(*number);
    }
    record.clear();
    if let Some(blank) = blank {
        // No fields: the caller finds it too short.
        return Ok(Some(blank));
    }
    let text = decode(path, layout, *number, line)?;
    let mut start = 0;
    for end in separator.find_iter(text.as_bytes()) {
        record.push_field(&text[start..end]);
        start = end + separator.needle().len();
    }
    record.push_field(&text[start..]);
    Ok(Some(*number))
}

fn decode<'a>(path: &Path, layout: &Layout, line: u64, bytes: &'a [u8]) -> Result<Cow<'a, str>, Error> {
    let encoding = layout.encoding.0;
    encoding.decode_without_bom_handling_and_without_replacement(bytes).ok_or_else(|| Error::NotText {
        path: path.to_owned(),
        line,
        encoding: encoding.name(),
    })
}

/// The error of a file that breaks off in a line.
pub(crate) fn unreadable(path: &Path, line: u64, reason: io::Error) -> Error {
    match reason.kind() {
        io::ErrorKind::UnexpectedEof => Error::CutOff { path: path.to_owned(), line },
        // What decompressors say; the operating system's errors are of other kinds.
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::Other => {
            Error::Damaged { path: path.to_owned(), line, reason }
        }
        _ => Error::Unreadable { path: path.to_owned(), reason },
    }
}

/// Enough that the operating system is asked rarely.
const BUFFER: usize = 1 << 18;

/// Opens a file that is plain, or compressed by gzip or zstd, which its first bytes tell and not its name.
pub(crate) fn open(path: &Path) -> Result<Box<dyn BufRead>, Error> {
    let unreadable = |reason| Error::Unreadable { path: path.to_owned(), reason };
    let mut file = BufReader::with_capacity(BUFFER, File::open(path).map_err(unreadable)?);
    let start = file.fill_buf().map_err(unreadable)?;
    let mut reader: Box<dyn BufRead> = if start.starts_with(&[0x1f, 0x8b]) {
        Box::new(BufReader::with_capacity(BUFFER, MultiGzDecoder::new(file)))
    } else if start.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        let decoder = zstd::stream::read::Decoder::with_buffer(file).map_err(unreadable)?;
        Box::new(BufReader::with_capacity(BUFFER, decoder))
    } else {
        Box::new(file)
    };
    let start = reader.fill_buf().map_err(|reason| self::unreadable(path, 1, reason))?;
    if start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]) {
        return Err(Error::Utf16 { path: path.to_owned() });
    }
    if start.starts_with("\u{feff}".as_bytes()) {
        reader.consume("\u{feff}".len());
    }
    Ok(reader)
}
