//! What will run: every trial of an experiment, resolved.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use toml::{Table, Value};

use crate::spec::{Seeds, Spec};
use crate::sweep;

/// An experiment and its trials, in the order they run.
#[derive(Debug)]
pub struct Plan {
    /// As read.
    pub spec: Spec,
    /// At least one.
    pub trials: Vec<Trial>,
}

/// One setting with one seed.
#[derive(Debug, Clone)]
pub struct Trial {
    /// A hash of everything that can change its numbers.
    pub id: String,
    /// The only seed of `config`.
    pub seed: u32,
    /// What the sweep set here, by dotted path.
    pub swept: BTreeMap<String, Value>,
    /// The setting, as an experiment without a sweep.
    pub config: Spec,
}

/// What names or describes an experiment but cannot change its numbers.
const NOT_HASHED: [&str; 5] = ["name", "description", "report", "reference", "sweep"];

impl Plan {
    /// Expands the sweep and the seeds.
    ///
    /// # Errors
    /// When a swept path or value is wrong, or two points of the sweep are the same trial.
    pub fn new(spec: Spec) -> Result<Self> {
        let defaults = spec.to_table();
        let mut trials = Vec::new();
        for point in spec.sweep.points()? {
            let mut table = defaults.clone();
            table.remove("sweep");
            sweep::apply(&point, &mut table)?;
            let config =
                Spec::from_table(&table).with_context(|| format!("in the sweep, where {}", describe(&point)))?;
            let swept = swept(&spec, &config);
            trials.extend(spec.seeds.list().iter().map(|&seed| Trial::new(&config, seed, &swept)));
        }
        refuse_repetition(&trials)?;
        Ok(Self { spec, trials })
    }
}

impl Trial {
    fn new(config: &Spec, seed: u32, swept: &BTreeMap<String, Value>) -> Self {
        let config = Spec { seeds: Seeds::only(seed), ..config.clone() };
        Self { id: identity(&config.to_table()), seed, swept: swept.clone(), config }
    }

    /// `input.fill=zero seed=1`.
    pub fn label(&self) -> String {
        let swept = self.swept.iter().map(|(path, value)| format!("{path}={value} "));
        swept.chain([format!("seed={}", self.seed)]).collect()
    }
}

/// The value of every swept path in this trial, also where a case leaves it at its default.
fn swept(spec: &Spec, config: &Spec) -> BTreeMap<String, Value> {
    let table = Value::Table(config.to_table());
    let value = |path: &str| path.split('.').try_fold(&table, |value, key| value.get(key)).cloned();
    spec.sweep.paths().into_iter().filter_map(|path| Some((path.to_owned(), value(path)?))).collect()
}

fn describe(point: &sweep::Point) -> String {
    point.iter().map(|assignment| format!("{} = {}", assignment.path, assignment.value)).collect::<Vec<_>>().join(", ")
}

/// The first 8 hexadecimal digits of the SHA-256 of the sorted, resolved setting.
fn identity(config: &Table) -> String {
    let hashed: BTreeMap<&String, serde_json::Value> = config
        .iter()
        .filter(|(key, _)| !NOT_HASHED.contains(&key.as_str()))
        .map(|(key, value)| (key, serde_json::to_value(value).expect("TOML without dates is JSON")))
        .collect();
    let text = serde_json::to_string(&hashed).expect("a map with text keys is JSON");
    Sha256::digest(text).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

fn refuse_repetition(trials: &[Trial]) -> Result<()> {
    let mut seen = BTreeSet::new();
    match trials.iter().find(|trial| !seen.insert(&trial.id)) {
        Some(trial) => bail!("the sweep has the same trial twice: {}; remove the repeated value", trial.label()),
        None => Ok(()),
    }
}
