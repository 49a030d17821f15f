//! Public data sets, fetched from those who publish them.

mod archive;
mod download;

use crate::Error;
use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// A published archive, pinned by its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archive {
    /// The folder that it becomes.
    pub name: Cow<'static, str>,
    /// Where it is published.
    pub url: Cow<'static, str>,
    /// The SHA-256 of the archive, in hexadecimal digits.
    pub sha256: Cow<'static, str>,
}

const fn movielens(name: &'static str, url: &'static str, sha256: &'static str) -> Archive {
    Archive { name: Cow::Borrowed(name), url: Cow::Borrowed(url), sha256: Cow::Borrowed(sha256) }
}

/// The archives that are known by name.
pub static KNOWN: [Archive; 6] = [
    movielens(
        "ml-latest-small",
        "https://files.grouplens.org/datasets/movielens/ml-latest-small.zip",
        "696d65a3dfceac7c45750ad32df2c259311949efec81f0f144fdfb91ebc9e436",
    ),
    movielens(
        "ml-100k",
        "https://files.grouplens.org/datasets/movielens/ml-100k.zip",
        "50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229",
    ),
    movielens(
        "ml-1m",
        "https://files.grouplens.org/datasets/movielens/ml-1m.zip",
        "a6898adb50b9ca05aa231689da44c217cb524e7ebd39d264c56e2832f2c54e20",
    ),
    movielens(
        "ml-20m",
        "https://files.grouplens.org/datasets/movielens/ml-20m.zip",
        "96f243c338a8665f6bcc89c53edf6ee39162a846940de6b7c8c48aeada765ff3",
    ),
    movielens(
        "ml-25m",
        "https://files.grouplens.org/datasets/movielens/ml-25m.zip",
        "8b21cfb7eb1706b4ec0aac894368d90acf26ebdfb6aced3ebd4ad5bd1eb9c6aa",
    ),
    movielens(
        "ml-32m",
        "https://files.grouplens.org/datasets/movielens/ml-32m.zip",
        "e4a68655d7386b8f95f2f2424b2ff975dfdd15ffd59e0d864a14dca43e99d6ee",
    ),
];

/// Fetches an archive and unpacks it as `folder/<name>`, unless that is there. What an interrupted call has downloaded is
/// gone on with; the folder appears when it is whole. `progress` is told how many bytes there are, and of how many.
///
/// # Errors
///
/// If the archive cannot be downloaded, is not the one that is pinned, or would write outside of its folder.
pub fn fetch(archive: &Archive, folder: &Path, progress: &mut dyn FnMut(u64, Option<u64>)) -> Result<PathBuf, Error> {
    let target = folder.join(&*archive.name);
    if target.exists() {
        return Ok(target);
    }
    let writable = |reason| Error::Unwritable { path: folder.to_owned(), reason };
    std::fs::create_dir_all(folder).map_err(writable)?;
    let part = folder.join(format!(".{}.zip.part", archive.name));
    download::download(archive, &part, progress)?;
    archive::unpack(&part, &target)?;
    std::fs::remove_file(&part).map_err(writable)?;
    Ok(target)
}
