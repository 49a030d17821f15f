//! Runs in the files of other programs, made of the records alone: they can be made again at any time, and making them twice
//! changes nothing.

pub mod dvc;
mod history;
pub mod mlflow;
mod parameters;
pub mod parquet;
pub mod tensorboard;

pub use history::{History, Point, Series};
pub use parameters::{Parameters, parameters, text};

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};

/// Makes the file hold `bytes`. One that holds them is left alone, and one that holds their beginning is continued, so that
/// a program which is showing it sees what was added.
///
/// # Errors
/// When the disk refuses.
fn put(path: &Path, bytes: &[u8]) -> Result<()> {
    let write = || {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        match fs::read(path) {
            Ok(old) if old == bytes => Ok(()),
            Ok(old) if !old.is_empty() && bytes.starts_with(&old) => {
                fs::OpenOptions::new().append(true).open(path)?.write_all(&bytes[old.len()..])
            }
            _ => {
                let mut part = path.as_os_str().to_owned();
                part.push(format!(".{}.part", std::process::id()));
                fs::write(&part, bytes)?;
                fs::rename(&part, path)
            }
        }
    };
    write().with_context(|| format!("cannot write {}; free some space, or choose another folder", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_left_alone_continued_or_replaced_as_a_whole() {
        use std::os::unix::fs::MetadataExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b.txt");
        let number_after = |text: &str| {
            put(&path, text.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
            fs::metadata(&path).unwrap().ino()
        };
        let first = number_after("one");
        assert_eq!(number_after("one"), first);
        assert_eq!(number_after("one, two"), first, "continued");
        assert_ne!(number_after("two"), first, "replaced");
        assert_eq!(fs::read_dir(folder.path().join("a")).unwrap().count(), 1);
        let error = put(&path.join("c"), b"").unwrap_err();
        assert!(format!("{error:#}").starts_with("cannot write "), "{error:#}");
    }
}
