//! Whether charts are up to date, so that running a finished sweep again draws nothing.

use std::fs::{self, Metadata};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::ErrorKind;
use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context, Result};
use hourglass_report::{Layout, write_atomically};

use crate::spec::Spec;

/// What charts and summaries are made of: a number that changes when they would.
///
/// # Errors
/// When the results cannot be looked at.
pub(super) fn sources(spec: &Spec, folder: &Path) -> Result<String> {
    let layout = Layout::new(folder);
    let failed = || format!("cannot look at {}", folder.display());
    let mut trials = Vec::new();
    for entry in fs::read_dir(folder).with_context(failed)? {
        let name = entry.with_context(failed)?.file_name();
        let trial = layout.trial(&name.to_string_lossy());
        if let Some(record) = mark(fs::metadata(trial.record())).with_context(failed)? {
            trials.push((name, record, mark(fs::metadata(trial.epochs())).with_context(failed)?));
        }
    }
    trials.sort_unstable();
    let mut hasher = DefaultHasher::new();
    (env!("CARGO_PKG_VERSION"), format!("{:?}{:?}", spec.report, spec.reference), trials).hash(&mut hasher);
    Ok(format!("{:016x}\n", hasher.finish()))
}

/// Time of change and length; nothing where there is no file.
fn mark(file: std::io::Result<Metadata>) -> std::io::Result<Option<(SystemTime, u64)>> {
    match file {
        Ok(file) => Ok(Some((file.modified()?, file.len()))),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether all that is there was drawn from these sources.
pub(super) fn is_up_to_date(folder: &Path, sources: &str) -> bool {
    let layout = Layout::new(folder);
    let is_there = layout.summary().is_file() && folder.join("index.html").is_file();
    is_there && fs::read_to_string(layout.chart(STAMP)).is_ok_and(|drawn| drawn == sources)
}

/// Remembers that everything was drawn from these sources.
///
/// # Errors
/// When it cannot be written.
pub(super) fn remember(folder: &Path, sources: &str) -> Result<()> {
    Ok(write_atomically(&Layout::new(folder).chart(STAMP), sources.as_bytes())?)
}

/// Beside the charts, so that who removes them removes it too.
const STAMP: &str = ".drawn";

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: &str =
        "name = \"tiny\"\n[data.synthetic]\n[split.random]\n[model.autoencoder]\n[input]\nrows = \"users\"\n";

    #[test]
    fn whatever_changes_a_chart_changes_its_sources() {
        let folder = tempfile::tempdir().unwrap();
        let trial = Layout::new(folder.path()).trial("a");
        let spec = Spec::parse(SPEC).unwrap();
        write_atomically(&trial.record(), b"{}").unwrap();
        write_atomically(&Layout::new(folder.path()).summary(), b"").unwrap();
        write_atomically(&folder.path().join("index.html"), b"").unwrap();
        let now = || sources(&spec, folder.path()).unwrap();
        remember(folder.path(), &now()).unwrap();
        assert!(is_up_to_date(folder.path(), &now()));
        let changes: [(&str, &dyn Fn()); 3] = [
            ("an epoch", &|| fs::write(trial.epochs(), "epoch,loss\n").unwrap()),
            ("a record", &|| write_atomically(&trial.record(), b"{ }").unwrap()),
            ("a trial", &|| {
                write_atomically(&Layout::new(folder.path()).trial("b").record(), b"{}").unwrap();
            }),
        ];
        for (what, change) in changes {
            change();
            assert!(!is_up_to_date(folder.path(), &now()), "{what}");
            remember(folder.path(), &now()).unwrap();
        }
        let other = Spec::parse(&format!("{SPEC}[report]\nskip_epochs = 2\n")).unwrap();
        assert!(!is_up_to_date(folder.path(), &sources(&other, folder.path()).unwrap()), "the report's setting");
        remember(folder.path(), &now()).unwrap();
        fs::remove_file(folder.path().join("index.html")).unwrap();
        assert!(!is_up_to_date(folder.path(), &now()), "the page is gone");
        write_atomically(&folder.path().join("index.html"), b"").unwrap();
        assert!(is_up_to_date(folder.path(), &now()));
        fs::remove_dir_all(folder.path().join("charts")).unwrap();
        assert!(!is_up_to_date(folder.path(), &now()), "the charts are gone");
    }
}
