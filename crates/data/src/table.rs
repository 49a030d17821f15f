//! Tables of results, for other programs: Parquet or CSV, by the ending of the file's name.

use crate::Error;
use crate::convert::whole;
use polars::prelude::{Column, DataFrame, ParquetWriter, PolarsResult};
use std::fs::{self, File};
use std::io;
use std::path::Path;

/// A named column of a table.
#[derive(Debug, Clone, PartialEq)]
pub enum TableColumn {
    /// Whole numbers.
    Count(String, Vec<u32>),
    /// Numbers.
    Number(String, Vec<f32>),
    /// Numbers with all their digits; `None` is an empty cell.
    Value(String, Vec<Option<f64>>),
    /// Texts.
    Text(String, Vec<String>),
    /// Whole numbers that can be large or negative; `None` is an empty cell.
    Whole(String, Vec<Option<i64>>),
    /// Truth values; `None` is an empty cell.
    Flag(String, Vec<Option<bool>>),
    /// Texts; `None` is an empty cell.
    OptionalText(String, Vec<Option<String>>),
}

impl TableColumn {
    fn name(&self) -> &str {
        match self {
            Self::Count(name, _) | Self::Number(name, _) | Self::Value(name, _) | Self::Text(name, _) => name,
            Self::Whole(name, _) | Self::Flag(name, _) | Self::OptionalText(name, _) => name,
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Count(_, values) => values.len(),
            Self::Number(_, values) => values.len(),
            Self::Value(_, values) => values.len(),
            Self::Text(_, values) => values.len(),
            Self::Whole(_, values) => values.len(),
            Self::Flag(_, values) => values.len(),
            Self::OptionalText(_, values) => values.len(),
        }
    }

    /// A number has as many digits as tell it from its neighbours.
    fn cell(&self, row: usize) -> String {
        match self {
            Self::Count(_, values) => values[row].to_string(),
            Self::Number(_, values) => values[row].to_string(),
            Self::Value(_, values) => values[row].map_or_else(String::new, |value| value.to_string()),
            Self::Text(_, values) => values[row].clone(),
            Self::Whole(_, values) => values[row].map_or_else(String::new, |value| value.to_string()),
            Self::Flag(_, values) => values[row].map_or_else(String::new, |value| value.to_string()),
            Self::OptionalText(_, values) => values[row].clone().unwrap_or_default(),
        }
    }

    fn column(&self) -> Column {
        match self {
            Self::Count(name, values) => Column::new(name.into(), values),
            Self::Number(name, values) => Column::new(name.into(), values),
            Self::Value(name, values) => Column::new(name.into(), values),
            Self::Text(name, values) => Column::new(name.into(), values),
            Self::Whole(name, values) => Column::new(name.into(), values),
            Self::Flag(name, values) => Column::new(name.into(), values),
            Self::OptionalText(name, values) => Column::new(name.into(), values),
        }
    }
}

/// Writes columns of the same length, as Parquet to `….parquet` and as comma-separated text to `….csv`. Missing folders are
/// made.
///
/// # Errors
///
/// If the file's name ends otherwise, or it cannot be written. It is there whole or not at all.
pub fn write_table(path: &Path, columns: &[TableColumn]) -> Result<(), Error> {
    let write: fn(&[TableColumn], File) -> io::Result<()> = match path.extension().and_then(|ending| ending.to_str()) {
        Some("parquet") => |columns, file| parquet(columns, file).map_err(io::Error::other),
        Some("csv") => csv,
        _ => return Err(Error::UnknownTable { path: path.to_owned() }),
    };
    let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
    folder.map_err(|reason| Error::Unwritable { path: path.to_owned(), reason })?;
    whole(path, |file| write(columns, file))
}

fn rows(columns: &[TableColumn]) -> usize {
    columns.first().map_or(0, TableColumn::len)
}

fn parquet(columns: &[TableColumn], file: File) -> PolarsResult<()> {
    let mut frame = DataFrame::new(rows(columns), columns.iter().map(TableColumn::column).collect())?;
    ParquetWriter::new(file).finish(&mut frame)?;
    Ok(())
}

fn csv(columns: &[TableColumn], file: File) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(file);
    writer.write_record(columns.iter().map(TableColumn::name))?;
    for row in 0..rows(columns) {
        writer.write_record(columns.iter().map(|column| column.cell(row)))?;
    }
    writer.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::{ParquetReader, SerReader};

    fn table() -> [TableColumn; 7] {
        [
            TableColumn::Text("user".into(), vec!["7".into(), "a, b".into()]),
            TableColumn::Count("ratings".into(), vec![3, 0]),
            TableColumn::Number("code_0".into(), vec![0.1, -2.5e-7]),
            TableColumn::Value("rmse".into(), vec![Some(0.1 + 0.2), None]),
            TableColumn::Whole("epochs".into(), vec![None, Some(-1 << 40)]),
            TableColumn::Flag("bias".into(), vec![Some(true), None]),
            TableColumn::OptionalText("fill".into(), vec![None, Some("zero".into())]),
        ]
    }

    #[test]
    fn both_forms_hold_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let [text, parquet] = ["t.csv", "t.parquet"].map(|name| folder.path().join(name));
        write_table(&text, &table()).unwrap();
        assert_eq!(
            std::fs::read_to_string(&text).unwrap(),
            "user,ratings,code_0,rmse,epochs,bias,fill\n7,3,0.1,0.30000000000000004,,true,\n\
             \"a, b\",0,-0.00000025,,-1099511627776,,zero\n"
        );
        write_table(&parquet, &table()).unwrap();
        let frame = ParquetReader::new(File::open(&parquet).unwrap()).finish().unwrap();
        assert_eq!(frame.get_column_names(), ["user", "ratings", "code_0", "rmse", "epochs", "bias", "fill"]);
        let numbers: Vec<f32> = frame.column("code_0").unwrap().f32().unwrap().into_no_null_iter().collect();
        assert_eq!(numbers, [0.1, -2.5e-7]);
        let values: Vec<Option<f64>> = frame.column("rmse").unwrap().f64().unwrap().iter().collect();
        assert_eq!(values, [Some(0.1 + 0.2), None]);
        let counts: Vec<u32> = frame.column("ratings").unwrap().u32().unwrap().into_no_null_iter().collect();
        assert_eq!(counts, [3, 0]);
        let epochs: Vec<Option<i64>> = frame.column("epochs").unwrap().i64().unwrap().iter().collect();
        assert_eq!(epochs, [None, Some(-1 << 40)]);
        let flags: Vec<Option<bool>> = frame.column("bias").unwrap().bool().unwrap().iter().collect();
        assert_eq!(flags, [Some(true), None]);
        let fills: Vec<Option<&str>> = frame.column("fill").unwrap().str().unwrap().iter().collect();
        assert_eq!(fills, [None, Some("zero")]);
        let users: Vec<&str> = frame.column("user").unwrap().str().unwrap().iter().flatten().collect();
        assert_eq!(users, ["7", "a, b"]);
    }

    #[test]
    fn other_endings_are_refused() {
        let error = write_table(Path::new("codes.xlsx"), &table()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "codes.xlsx: a table is written as .parquet or as .csv; name a file that ends so"
        );
    }
}
