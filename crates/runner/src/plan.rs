//! What will run: every trial of an experiment, resolved.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Error, Result, bail};
use hourglass_report::comparison::NOT_A_PARAMETER;
use hourglass_report::{SCHEMA_VERSION, Swept};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use toml::{Table, Value};

use crate::cli::{self, Choice};
use crate::experiment_file::ExperimentFile;
use crate::overrides::Assignment;
use crate::spec::{Seeds, Spec};
use crate::sweep::{Point, Points, Wrong, value_at};

/// An experiment and its trials, in the order they run.
#[derive(Debug)]
pub struct Plan {
    /// As read.
    pub spec: Spec,
    /// Those that are asked for.
    pub trials: Vec<Trial>,
    /// Whether these are all that there are.
    pub is_whole: bool,
}

/// One setting with one seed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Trial {
    /// A hash of everything that can change its numbers.
    pub id: String,
    /// Its place in the experiment, from 0, whichever trials are asked for.
    pub position: usize,
    /// The only seed of `config`.
    pub seed: u32,
    /// The value of every swept path, with all defaults.
    pub swept: BTreeMap<String, Value>,
    /// What the sweep says of this trial, as it was typed: `input.fill=zero seed=1`.
    pub label: String,
    /// The setting, as an experiment without a sweep.
    pub config: Spec,
}

impl Plan {
    /// Expands the sweep and the seeds.
    ///
    /// # Errors
    /// When a swept path or value is wrong, or two points of the sweep are the same trial.
    pub fn new(spec: Spec) -> Result<Self> {
        Self::chosen(spec, &Choice::default())
    }

    /// The trials that are asked for of the experiment that the command line names.
    ///
    /// # Errors
    /// As [`chosen`](Self::chosen), with their place in the file.
    pub fn read(experiment: &cli::Experiment, choice: &Choice) -> Result<Self> {
        let file = ExperimentFile::open(&experiment.file)?;
        let spec = file.spec.clone().with(&experiment.assignments)?;
        Self::chosen(spec, choice).map_err(|error| file.locate(error))
    }

    /// The same of some trials alone: no others are kept, and none is made after the last that is asked for.
    ///
    /// # Errors
    /// As [`new`](Self::new), and when there is no trial of an id.
    pub fn chosen(spec: Spec, choice: &Choice) -> Result<Self> {
        let trials = choice.of(&Expansion::new(&spec)?)?;
        Ok(Self { spec, trials, is_whole: choice.only.is_empty() && choice.limit.is_none() })
    }
}

/// A sweep on its way to trials.
struct Expansion<'a> {
    spec: &'a Spec,
    /// The experiment without its sweep.
    defaults: Value,
    points: Points,
}

impl<'a> Expansion<'a> {
    fn new(spec: &'a Spec) -> Result<Self> {
        let mut defaults = spec.to_table();
        defaults.remove("sweep");
        if spec.seeds.list().len() > 1 && spec.sweep.paths().contains(&SEED) {
            let listed = spec.seeds.list().len();
            let message = format!("`seeds` lists {listed} seeds and the sweep sets `seed` too; remove one of them");
            return Err(Wrong::new(SEED, message).into());
        }
        Ok(Self { spec, points: Points::new(&spec.sweep, &defaults)?, defaults: Value::Table(defaults) })
    }

    /// One after the other, each made when it is asked for.
    fn trials(&self) -> impl Iterator<Item = Result<Trial>> {
        let trials = self.points.iter(&self.defaults).map(|point| self.at(&point));
        let trials = trials.flat_map(|trials| match trials {
            Ok(trials) => trials.into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error)],
        });
        trials.enumerate().map(|(position, trial)| Ok(Trial { position, ..trial? }))
    }

    /// The trials of one point: one for each seed.
    fn at(&self, point: &Point) -> Result<Vec<Trial>> {
        let mut table = self.defaults.as_table().cloned().unwrap_or_default();
        for assignment in point {
            put(assignment, &mut table).map_err(|error| {
                Wrong::value(assignment, format!("in the sweep over `{}`: {error:#}", assignment.path))
            })?;
        }
        let config = Spec::from_table(&table).map_err(|error| self.explain(point, &error))?;
        let swept = swept(self.spec, &config);
        Ok(config.seeds.list().iter().map(|&seed| Trial::new(&config, seed, &swept, point)).collect())
    }

    /// Names the first assignment that makes the setting wrong.
    fn explain(&self, point: &Point, error: &Error) -> Wrong {
        let mut table = self.defaults.as_table().cloned().unwrap_or_default();
        let wrong =
            |assignment: &&Assignment| put(assignment, &mut table).is_err() || Spec::from_table(&table).is_err();
        let culprit = point.iter().find(wrong).unwrap_or(&point[0]);
        Wrong::value(culprit, format!("in the sweep, where {}: {error:#}", describe(point)))
    }
}

impl Choice {
    /// # Errors
    /// When a trial is wrong, repeated, or not there.
    fn of(&self, expansion: &Expansion<'_>) -> Result<Vec<Trial>> {
        let mut trials: Vec<Trial> = Vec::new();
        let mut seen = BTreeSet::new();
        for trial in expansion.trials() {
            if self.limit.is_some_and(|limit| trials.len() >= limit) || self.is_complete(&trials) {
                break;
            }
            let trial = trial?;
            if !seen.insert(u32::from_str_radix(&trial.id, 16).expect("an id is a hexadecimal number")) {
                bail!("the sweep has the same trial twice: {}; remove the repeated value", trial.label);
            }
            if self.only.is_empty() || self.only.iter().any(|id| trial.id.starts_with(id.as_str())) {
                trials.push(trial);
            }
        }
        if seen.is_empty() && self.limit != Some(0) {
            bail!("no point of the sweep is left; its conditions leave out every one");
        }
        self.refuse_unknown(&trials, expansion)?;
        Ok(trials)
    }

    /// Whether every id is whole and met: then the rest of the sweep need not be looked at.
    fn is_complete(&self, trials: &[Trial]) -> bool {
        !self.only.is_empty() && self.only.iter().all(|id| trials.iter().any(|trial| trial.id == *id))
    }

    fn refuse_unknown(&self, trials: &[Trial], expansion: &Expansion<'_>) -> Result<()> {
        let met = |id: &&String| trials.iter().any(|trial| trial.id.starts_with(id.as_str()));
        let Some(unknown) = self.only.iter().find(|id| !met(id)).filter(|_| self.limit.is_none()) else {
            return Ok(());
        };
        let known = expansion.trials().take(NAMED + 1).map(|trial| Ok(trial?.id)).collect::<Result<Vec<_>>>()?;
        let more = if known.len() > NAMED { ", …" } else { "" };
        let known = known.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
        bail!("--only {unknown}: no trial's id begins so; this experiment has {known}{more}")
    }
}

/// The ids that an error names.
const NAMED: usize = 20;

/// In a sweep, the only seed of a point.
const SEED: &str = "seed";

/// Puts a swept value into a setting.
fn put(assignment: &Assignment, table: &mut Table) -> Result<()> {
    match assignment.path.as_str() {
        SEED => {
            table.insert("seeds".to_owned(), Value::Array(vec![assignment.value.clone()]));
            Ok(())
        }
        _ => assignment.apply(table),
    }
}

impl Trial {
    fn new(config: &Spec, seed: u32, swept: &BTreeMap<String, Value>, point: &Point) -> Self {
        // What is claimed is of the whole experiment.
        let config = Spec { seeds: Seeds::only(seed), expect: Vec::new(), ..config.clone() };
        let (label, swept) = (label(point, seed, swept), swept.clone());
        Self { id: identity(&config.to_table()), position: 0, seed, swept, label, config }
    }

    /// What the sweep set here, as a record holds it.
    pub fn recorded_swept(&self) -> Swept {
        let json = |value: &Value| serde_json::to_value(value).expect("TOML without dates is JSON");
        self.swept.iter().map(|(path, value)| (path.clone(), json(value))).collect()
    }
}

/// The swept values in one line, as they were typed, and the seed. What a case does not mention is at its default, which is told unless
/// it is a whole table.
fn label(point: &Point, seed: u32, swept: &BTreeMap<String, Value>) -> String {
    let value = |(path, resolved): (&String, &Value)| {
        let typed = point.iter().find(|assignment| assignment.path == *path).map(|assignment| &assignment.value);
        let value = typed.or((!resolved.is_table()).then_some(resolved))?;
        (path != SEED).then(|| format!("{path}={value} "))
    };
    swept.iter().filter_map(value).chain([format!("seed={seed}")]).collect()
}

/// The value of every swept path in this trial, also where a case leaves it at its default.
fn swept(spec: &Spec, config: &Spec) -> BTreeMap<String, Value> {
    let table = Value::Table(config.to_table());
    spec.sweep.paths().into_iter().filter_map(|path| Some((path.to_owned(), value_at(&table, path)?.clone()))).collect()
}

fn describe(point: &Point) -> String {
    point.iter().map(|assignment| format!("{} = {}", assignment.path, assignment.value)).collect::<Vec<_>>().join(", ")
}

/// The first 8 hexadecimal digits of the SHA-256 of the sorted, resolved setting and the version of what is recorded. The content
/// of the data is not in it, because then nothing could be planned before all data is read: it is compared when a trial runs.
fn identity(config: &Table) -> String {
    identity_in(SCHEMA_VERSION, config)
}

fn identity_in(schema_version: u32, config: &Table) -> String {
    let hashed: BTreeMap<&str, serde_json::Value> = config
        .iter()
        .filter(|(key, _)| !NOT_A_PARAMETER.contains(&key.as_str()))
        .map(|(key, value)| (key.as_str(), serde_json::to_value(value).expect("TOML without dates is JSON")))
        .chain([("schema_version", schema_version.into())])
        .collect();
    let text = serde_json::to_string(&hashed).expect("a map with text keys is JSON");
    Sha256::digest(text).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_of_one_version_of_what_is_recorded() {
        let config: Table = "train = { epochs = 3 }".parse().unwrap();
        assert_eq!(identity(&config), identity_in(SCHEMA_VERSION, &config));
        assert_ne!(identity(&config), identity_in(SCHEMA_VERSION + 1, &config));
    }
}
