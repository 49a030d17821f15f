//! All trials that are watched.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::row::{Read, Row};
use crate::cli;
use crate::overrides::Assignment;
use crate::places;
use crate::plan::Plan;

/// More trials than this that wait are not listed.
const MOST_WAITING: usize = 10_000;

/// The trials at some places, read again when their files change.
#[derive(Debug)]
pub struct Board {
    places: Vec<String>,
    results: PathBuf,
    /// Trials that an experiment file declares.
    planned: Vec<Row>,
    read: BTreeMap<PathBuf, Read>,
}

impl Board {
    /// The trials at these places, or all in `results`. An experiment file, with these changes to it, tells which trials are
    /// still to come.
    ///
    /// # Errors
    /// When a place has no trial, or an experiment file is wrong.
    pub fn open(places: &[String], assignments: &[Assignment], results: &Path) -> Result<Self> {
        let mut planned = Vec::new();
        for file in places.iter().map(Path::new).filter(|place| place.is_file()) {
            let experiment = cli::Experiment { file: file.to_owned(), assignments: assignments.to_vec() };
            let choice = cli::Choice { limit: Some(MOST_WAITING), ..cli::Choice::default() };
            let plan = Plan::read(&experiment, &choice)?;
            planned.extend(plan.trials.iter().map(Row::waiting));
        }
        let (places, results) = (places.to_vec(), results.to_owned());
        let mut board = Self { places, results, planned, read: BTreeMap::new() };
        board.refresh()?;
        Ok(board)
    }

    /// Reads what has changed.
    ///
    /// # Errors
    /// When a place has no trial any more.
    pub fn refresh(&mut self) -> Result<()> {
        let folders = match places::folders(&self.places, &self.results) {
            // Nothing has begun yet.
            Err(_) if !self.planned.is_empty() => Vec::new(),
            folders => folders?,
        };
        let mut before = std::mem::take(&mut self.read);
        self.read = folders
            .into_iter()
            .map(|folder| {
                let read = Read::of(&folder, before.remove(&folder));
                (folder, read)
            })
            .collect();
        Ok(())
    }

    /// All trials, in the order of their experiments and plans.
    pub fn rows(&self) -> Vec<Row> {
        let mut rows: Vec<Row> = self.read.values().map(|read| read.row.clone()).collect();
        let begun: BTreeSet<(String, String)> =
            rows.iter().map(|row| (row.experiment.clone(), row.trial.clone())).collect();
        let waits = |row: &&Row| !begun.contains(&(row.experiment.clone(), row.trial.clone()));
        rows.extend(self.planned.iter().filter(waits).cloned());
        rows.sort_by(|a, b| (&a.experiment, a.position, &a.trial).cmp(&(&b.experiment, b.position, &b.trial)));
        rows
    }
}
