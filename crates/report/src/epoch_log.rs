//! Logs of one row per epoch: `epochs.csv` and `timing.csv`.
//!
//! A row is handed to the operating system the moment it is complete, so that a killed run keeps every finished epoch.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::{ReportError, write_atomically};

/// A log that is being written.
#[derive(Debug)]
pub struct EpochLog {
    path: PathBuf,
    file: File,
    columns: usize,
}

impl EpochLog {
    /// Starts a new log with the column `epoch` and `columns` after it; an old file at `path` is replaced.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn create<C: AsRef<str>>(path: &Path, columns: &[C]) -> Result<EpochLog, ReportError> {
        write_atomically(path, header(columns).as_bytes())?;
        EpochLog::append_to(path, columns.len())
    }

    /// Continues the log at `path` after its first `epochs_kept` rows; later rows and a torn last line are dropped.
    /// With `epochs_kept == 0` the log need not exist.
    ///
    /// # Errors
    /// If the disk refuses, the columns are others, or there are fewer than `epochs_kept` complete rows.
    pub fn open_at<C: AsRef<str>>(path: &Path, columns: &[C], epochs_kept: usize) -> Result<EpochLog, ReportError> {
        if epochs_kept == 0 {
            return EpochLog::create(path, columns);
        }
        let text = fs::read_to_string(path).map_err(ReportError::file("read", path))?;
        let (found, expected) = (text.split_inclusive('\n').next().unwrap_or_default(), header(columns));
        if found != expected {
            let [found, expected] = [found, &expected].map(|line| line.trim_end().to_owned());
            return Err(ReportError::Columns { path: path.to_owned(), found, expected });
        }
        let complete: Vec<_> = text.split_inclusive('\n').filter(|line| line.ends_with('\n')).collect();
        let rows = complete.len() - 1;
        if rows < epochs_kept {
            return Err(ReportError::Shorter { path: path.to_owned(), found: rows, expected: epochs_kept });
        }
        write_atomically(path, complete[..=epochs_kept].concat().as_bytes())?;
        EpochLog::append_to(path, columns.len())
    }

    fn append_to(path: &Path, columns: usize) -> Result<EpochLog, ReportError> {
        let file = OpenOptions::new().append(true).open(path).map_err(ReportError::file("open", path))?;
        Ok(EpochLog { path: path.to_owned(), file, columns })
    }

    /// Appends the row of `epoch`, one cell per column after `epoch`, in one write without a buffer in between. `None` is an
    /// empty cell; a number is the shortest text that reads back as the same `f64`.
    ///
    /// # Errors
    /// If the disk refuses.
    ///
    /// # Panics
    /// If the number of cells is not the number of columns.
    pub fn append(&mut self, epoch: usize, cells: &[Option<f64>]) -> Result<(), ReportError> {
        assert_eq!(cells.len(), self.columns, "one cell per column of {}", self.path.display());
        let mut line = epoch.to_string();
        for cell in cells {
            line.push(',');
            line.push_str(&cell.map_or(String::new(), |value| format!("{value:?}")));
        }
        line.push('\n');
        self.file.write_all(line.as_bytes()).map_err(ReportError::file("write", &self.path))
    }
}

fn header<C: AsRef<str>>(columns: &[C]) -> String {
    let names: Vec<_> = std::iter::once("epoch").chain(columns.iter().map(AsRef::as_ref)).collect();
    names.join(",") + "\n"
}

/// Complete rows of the log at `path`; none where there is no log.
pub(crate) fn epochs_recorded(path: &Path) -> usize {
    fs::read(path).map_or(0, |text| text.iter().filter(|&&byte| byte == b'\n').count().saturating_sub(1))
}

/// A log that was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EpochTable {
    /// Names of the columns after `epoch`.
    pub columns: Vec<String>,
    /// The rows, in the order of the file.
    pub rows: Vec<EpochRow>,
}

/// A row of a log.
#[derive(Clone, Debug, PartialEq)]
pub struct EpochRow {
    /// The epoch, from 1.
    pub epoch: usize,
    /// One cell per column of the table.
    pub cells: Vec<Option<f64>>,
}

impl EpochTable {
    /// Reads a log, also one that is being written: a torn last line is passed over.
    ///
    /// # Errors
    /// If the file cannot be read, or a complete line is malformed: path, line, column.
    pub fn read(path: &Path) -> Result<EpochTable, ReportError> {
        let text = fs::read_to_string(path).map_err(ReportError::file("read", path))?;
        let complete = &text[..text.rfind('\n').map_or(0, |end| end + 1)];
        let mut lines = complete.lines();
        let columns: Vec<String> = lines.next().unwrap_or("epoch").split(',').skip(1).map(str::to_owned).collect();
        let rows = lines.enumerate().map(|(row, line)| {
            parse_row(line, &columns).map_err(|(column, problem)| ReportError::Cell {
                path: path.to_owned(),
                line: row + 2,
                column,
                problem,
            })
        });
        Ok(EpochTable { rows: rows.collect::<Result<_, _>>()?, columns })
    }

    /// `(epoch, value)` of the column with this name; `None` when there is no such column.
    pub fn points(&self, column: &str) -> Option<Vec<(usize, Option<f64>)>> {
        let index = self.columns.iter().position(|name| name == column)?;
        Some(self.rows.iter().map(|row| (row.epoch, row.cells[index])).collect())
    }
}

/// One line; the error is the column and the problem.
fn parse_row(line: &str, columns: &[String]) -> Result<EpochRow, (String, String)> {
    let mut texts = line.split(',');
    let epoch = texts.next().unwrap_or_default();
    let epoch = epoch.parse().map_err(|_| ("epoch".to_owned(), format!("`{epoch}` is not a whole number")))?;
    let texts: Vec<_> = texts.collect();
    if texts.len() != columns.len() {
        let column = columns.get(texts.len()).or(columns.last()).map_or("epoch", String::as_str);
        let problem = format!("the line has {} cells, the header has {}", texts.len() + 1, columns.len() + 1);
        return Err((column.to_owned(), problem));
    }
    let cells = columns.iter().zip(texts).map(|(column, text)| match text {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| (column.clone(), format!("`{text}` is not a number"))),
    });
    Ok(EpochRow { epoch, cells: cells.collect::<Result<_, _>>()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [&str; 2] = ["loss", "validation.rmse"];

    #[test]
    fn rows_reach_the_file_at_once_and_read_back_exactly() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("epochs.csv");
        let mut log = EpochLog::create(&path, &COLUMNS).unwrap();
        let rows = [(1, [Some(0.1 + 0.2), None]), (2, [Some(1e-9), Some(f64::MIN_POSITIVE)]), (3, [None, Some(1.0)])];
        for (epoch, cells) in rows {
            log.append(epoch, &cells).unwrap();
            let table = EpochTable::read(&path).unwrap();
            assert_eq!(table.rows.last(), Some(&EpochRow { epoch, cells: cells.to_vec() }));
        }
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(
            text,
            "epoch,loss,validation.rmse\n1,0.30000000000000004,\n2,1e-9,2.2250738585072014e-308\n3,,1.0\n"
        );
        let table = EpochTable::read(&path).unwrap();
        assert_eq!(table.points("loss").unwrap(), [(1, Some(0.1 + 0.2)), (2, Some(1e-9)), (3, None)]);
        assert_eq!(table.points("train.rmse"), None);
    }

    #[test]
    fn resuming_keeps_the_first_rows_and_drops_torn_lines() {
        let whole = "epoch,loss,validation.rmse\n1,3.0,\n2,2.0,0.9\n";
        let cases = [
            (whole, 2, whole),
            ("epoch,loss,validation.rmse\n1,3.0,\n2,2.0,0.9\n3,1.0,0.8\n4,0.", 2, whole),
            ("epoch,loss,validation.rmse\n1,3.0,\n2,2.0,0.9\n3,", 2, whole),
            (whole, 1, "epoch,loss,validation.rmse\n1,3.0,\n"),
            (whole, 0, "epoch,loss,validation.rmse\n"),
            ("epo", 0, "epoch,loss,validation.rmse\n"),
        ];
        for (before, kept, after) in cases {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("epochs.csv");
            fs::write(&path, before).unwrap();
            let mut log = EpochLog::open_at(&path, &COLUMNS, kept).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), after);
            log.append(kept + 1, &[Some(0.5), None]).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), format!("{after}{},0.5,\n", kept + 1));
        }
    }

    #[test]
    fn a_log_that_cannot_be_continued_says_why() {
        let cases = [
            ("epoch,loss,validation.rmse\n1,3.0,\n2,2", "holds 1 epochs, the checkpoint beside it was made after 2"),
            (
                "epoch,loss\n1,3.0\n2,2.0\n",
                "the columns are `epoch,loss`, this run writes `epoch,loss,validation.rmse`",
            ),
            ("", "the columns are ``"),
        ];
        for (before, expected) in cases {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("epochs.csv");
            fs::write(&path, before).unwrap();
            let text = EpochLog::open_at(&path, &COLUMNS, 2).unwrap_err().to_string();
            assert!(text.contains(expected), "{text}");
            assert_eq!(fs::read_to_string(&path).unwrap(), before, "nothing is lost");
        }
    }

    #[test]
    fn a_malformed_line_names_line_and_column() {
        let cases = [
            ("epoch,loss\n1,2.0\n2,abc\n", "line 3, column `loss`: `abc` is not a number"),
            ("epoch,loss\nx,2.0\n", "line 2, column `epoch`: `x` is not a whole number"),
            ("epoch,loss\n1\n", "line 2, column `loss`: the line has 1 cells, the header has 2"),
            ("epoch,loss\n1,2.0,3.0\n", "line 2, column `loss`: the line has 3 cells, the header has 2"),
        ];
        for (text, expected) in cases {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("epochs.csv");
            fs::write(&path, text).unwrap();
            let error = EpochTable::read(&path).unwrap_err().to_string();
            assert!(error.contains(expected) && error.contains("epochs.csv"), "{error}");
        }
    }

    #[test]
    fn a_log_without_a_complete_line_is_empty() {
        for text in ["", "epoch,lo", "epoch,loss\n", "epoch,loss\n1,2."] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("epochs.csv");
            fs::write(&path, text).unwrap();
            assert_eq!(EpochTable::read(&path).unwrap().rows, []);
        }
    }
}
