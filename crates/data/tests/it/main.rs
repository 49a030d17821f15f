//! Whole files, right and wrong, made up and real.

#![cfg(test)]

mod bad_files;
mod good_files;
mod real_data;

use hourglass_data::{Error, Interactions, SourceConfig, movielens};
use std::path::Path;
use tempfile::TempDir;

/// A folder with these files.
fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, content) in files {
        std::fs::write(folder.path().join(name), content).expect("a file in the temporary folder");
    }
    folder
}

/// What the folder of a MovieLens data set holds.
fn load(path: &Path) -> Result<Interactions, Error> {
    SourceConfig::Movielens(movielens::Config { path: path.to_owned(), scale: None }).load()
}
