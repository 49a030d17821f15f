//! Whole files, right and wrong, made up and real.

#![cfg(test)]

mod bad_files;
mod caching;
mod fetching;
mod good_files;
mod images;
mod real_data;
mod real_splits;
mod row_order;
mod side_info;

use hourglass_data::{Error, Interactions};
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

/// What a source holds, with `FOLDER` in its TOML for the place of the files, after `[ratings]`.
fn load(folder: &Path, source: &str, ratings: &str) -> Result<Interactions, Error> {
    let source = source.replace("FOLDER", &folder.display().to_string());
    let source = toml::from_str(&source).unwrap_or_else(|error| panic!("{source}\n{error}"));
    hourglass_data::load(&source, &toml::from_str(ratings).expect("[ratings]"))
}

/// A MovieLens data set in a folder.
const MOVIELENS: &str = "[movielens]\npath = \"FOLDER\"";
