//! Ratings as a matrix of text, for programs that read one.

use crate::convert::whole;
use crate::{Axis, Csr, Error, Interactions};
use csv::Writer;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::{self, BufWriter, Write};
use std::iter;
use std::path::Path;

/// Writes a matrix with names of its rows and columns, where a blank is no rating: what [`wide`](crate::wide) reads, and pandas with
/// `index_col=0`. A file whose name ends in `.gz` is compressed by gzip.
///
/// # Errors
///
/// If the file cannot be written. It is there whole or not at all.
pub fn write_wide(interactions: &Interactions, rows: Axis, path: &Path) -> Result<(), Error> {
    let is_compressed = path.extension().is_some_and(|ending| ending == "gz");
    whole(path, |file| {
        let mut file = BufWriter::new(file);
        if is_compressed {
            let mut encoder = GzEncoder::new(file, Compression::default());
            write(interactions, rows, &mut encoder)?;
            file = encoder.finish()?;
        } else {
            write(interactions, rows, &mut file)?;
        }
        file.flush()
    })
}

fn write(interactions: &Interactions, rows: Axis, to: &mut impl Write) -> io::Result<()> {
    let (users, items) = (interactions.users.ids.names(), interactions.items.ids.names());
    let (matrix, rows, columns) = match rows {
        Axis::Users => (interactions.matrix(), users, items),
        Axis::Items => (interactions.matrix().transpose(), items, users),
    };
    let mut writer = Writer::from_writer(to);
    writer.write_record(iter::once("").chain(columns.iter().map(String::as_str)))?;
    for (index, name) in rows.iter().enumerate() {
        writer.write_record(iter::once(name).chain(&cells(&matrix, index)))?;
    }
    writer.flush()
}

/// The texts of a row, blank where there is no rating: `[columns]`.
fn cells(matrix: &Csr, row: usize) -> Vec<String> {
    let mut cells = vec![String::new(); matrix.columns()];
    for (column, rating) in matrix.row(row).iter() {
        cells[column as usize] = rating.to_string();
    }
    cells
}
