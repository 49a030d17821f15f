//! What can go wrong with records: every error names the file and the remedy.

use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

/// An error of the records on disk.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The operating system refused.
    #[error("cannot {action} {}: {cause}; {}", path.display(), remedy(cause.kind()))]
    File {
        /// What was tried: "write", "read", …
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The answer of the operating system.
        cause: Error,
    },
    /// A `run.json` that is not a record.
    #[error(
        "{}: not a record of a run: {cause}; restore the file, or delete its folder and run again to train this trial anew",
        path.display()
    )]
    Record {
        /// The `run.json`.
        path: PathBuf,
        /// Place (line, column) and kind of the problem.
        cause: serde_json::Error,
    },
    /// A `trial.toml` that is no setting.
    #[error(
        "{}: not a setting of a run: {problem}; restore the file, or delete its folder and run again to train this trial anew",
        path.display()
    )]
    Setting {
        /// The `trial.toml`.
        path: PathBuf,
        /// Place and kind of the problem.
        problem: String,
    },
    /// A `run.json` of another version of the program.
    #[error(
        "{}: schema_version is {found}, this program reads {}; use the version that wrote it, or another results folder",
        path.display(), crate::SCHEMA_VERSION
    )]
    SchemaVersion {
        /// The `run.json`.
        path: PathBuf,
        /// The version it states.
        found: u32,
    },
    /// A log whose columns are not those of the run that wants to continue it.
    #[error(
        "{}: line 1: the columns are `{found}`, this run writes `{expected}`; delete its folder and run again to train this trial anew",
        path.display()
    )]
    Columns {
        /// The log.
        path: PathBuf,
        /// Its header.
        found: String,
        /// The header of the run.
        expected: String,
    },
    /// A cell of a log that is no number, or a line with too few or too many cells.
    #[error(
        "{}: line {line}, column `{column}`: {problem}; restore the file, or delete its folder and run again to train this trial anew",
        path.display()
    )]
    Cell {
        /// The log.
        path: PathBuf,
        /// Line in the file, from 1.
        line: usize,
        /// Name of the column.
        column: String,
        /// The value, and what is accepted.
        problem: String,
    },
    /// A table of a test that is none.
    #[error("{}: not a table of a test: {cause}; delete the file, and the charts of it are left out", path.display())]
    TestTable {
        /// The table.
        path: PathBuf,
        /// Place (line, column) and kind of the problem.
        cause: csv::Error,
    },
    /// A log that is shorter than the checkpoint says.
    #[error(
        "{}: holds {found} epochs, the checkpoint beside it was made after {expected}; delete the folder and run again to train this trial anew",
        path.display()
    )]
    Shorter {
        /// The log.
        path: PathBuf,
        /// Complete rows in it.
        found: usize,
        /// Rows to keep.
        expected: usize,
    },
}

impl ReportError {
    /// For `map_err`: an error of the operating system while doing `action` to `path`.
    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(Error) -> ReportError {
        let path = path.to_owned();
        move |cause| ReportError::File { action, path, cause }
    }
}

fn remedy(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "no space left: free some, then run again; finished epochs are kept"
        }
        ErrorKind::PermissionDenied => "grant access to it, or choose another results folder",
        ErrorKind::ReadOnlyFilesystem => "this disk cannot be written to: choose another results folder",
        ErrorKind::NotFound => "check the path",
        ErrorKind::AlreadyExists | ErrorKind::NotADirectory | ErrorKind::IsADirectory => {
            "something else has this name: move it away, or choose another results folder"
        }
        _ => "check the disk, then run again; finished epochs are kept",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_the_disk_names_path_and_remedy() {
        let cases = [
            (ErrorKind::StorageFull, "free some"),
            (ErrorKind::PermissionDenied, "grant access"),
            (ErrorKind::ReadOnlyFilesystem, "another results folder"),
            (ErrorKind::NotADirectory, "move it away"),
            (ErrorKind::Other, "check the disk"),
        ];
        for (kind, remedy) in cases {
            let text = ReportError::file("write", Path::new("results/a/run.json"))(kind.into()).to_string();
            assert!(text.starts_with("cannot write results/a/run.json: "), "{text}");
            assert!(text.contains(remedy), "{text}");
        }
    }
}
