//! Settings side by side, across experiments: ranked by a metric, told apart by what differs, and tested against the best.

mod curves;
mod difference;
mod table;
mod test;

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use serde_json::{Value, json};

use crate::label::Labels;
use crate::{Estimate, Run, Swept, estimate};

pub use curves::MOST_CURVES;
pub use table::plain_text;
pub(crate) use table::probability;
pub use test::{Against, Test, Tested};

/// By what settings are compared.
#[derive(Clone, Debug, PartialEq)]
pub struct CompareOptions {
    /// The full name of the metric: `test.rmse`.
    pub metric: String,
    /// Its direction.
    pub higher_is_better: bool,
    /// How differences from the best are tested.
    pub test: Test,
}

/// Settings, the best first.
#[derive(Debug)]
pub struct Comparison {
    /// The full name of the metric.
    pub metric: String,
    /// How differences from the best were tested.
    pub test: Test,
    /// The dotted paths of the parameters that are not the same in all settings.
    pub parameters: Vec<String>,
    /// By the mean of the metric; those without a value come last.
    pub settings: Vec<Compared>,
    labels: Labels,
}

/// A setting: runs that differ in nothing but the seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// The experiments that ran it.
    pub experiments: BTreeSet<String>,
    /// Its values of [`Comparison::parameters`].
    pub values: Vec<Option<Value>>,
    /// By seed, the run, as its place in what was compared, and its metric. A run that two experiments share counts once.
    pub seeds: BTreeMap<u64, (usize, f64)>,
    /// Runs without a value: not finished, or not measured.
    pub without_value: usize,
    /// Over the seeds; `None` when there is no value.
    pub estimate: Option<Estimate>,
    /// How it stands to the best setting.
    pub against_best: Against,
}

/// What names, describes or draws an experiment, or says which trials it has, and is no part of a setting.
const NOT_A_PARAMETER: [&str; 7] = ["name", "description", "seeds", "sweep", "report", "reference", "expect"];

impl Comparison {
    /// Compares `runs`.
    pub fn of(runs: &[Run], options: &CompareOptions) -> Comparison {
        let (parameters, mut settings) = settings(runs, &options.metric);
        let direction = if options.higher_is_better { -1.0 } else { 1.0 };
        let rank = |setting: &Compared| setting.estimate.map_or(f64::INFINITY, |estimate| direction * estimate.mean);
        settings.sort_by(|a, b| rank(a).total_cmp(&rank(b)));
        test::against_best(&mut settings, runs, options.test);
        let swept: Vec<Swept> = settings.iter().map(|setting| setting.swept(&parameters)).collect();
        let labels = Labels::of(swept.iter());
        Comparison { metric: options.metric.clone(), test: options.test, parameters, settings, labels }
    }

    /// `fill zero, layers 64-4-64`: a setting by what tells it from the others.
    pub fn label(&self, setting: &Compared) -> String {
        let differing = self.parameters.iter().zip(&setting.values);
        let part = |(path, value): (&String, &Option<Value>)| {
            Some(format!("{} {}", self.labels.name(path), self.labels.value(path, value.as_ref()?)))
        };
        let label = differing.filter_map(part).collect::<Vec<_>>().join(", ");
        if label.is_empty() { setting.experiments.iter().cloned().collect::<Vec<_>>().join(", ") } else { label }
    }
}

impl Compared {
    fn swept(&self, parameters: &[String]) -> Swept {
        let known = parameters.iter().zip(&self.values);
        known.filter_map(|(path, value)| Some((path.clone(), value.clone()?))).collect()
    }
}

/// The parameters that differ, and the settings in the order of the runs.
fn settings(runs: &[Run], metric: &str) -> (Vec<String>, Vec<Compared>) {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut groups: Vec<(Value, Vec<usize>)> = Vec::new();
    let written = runs.par_iter().map(|run| {
        let setting = parameters(run);
        (setting.to_string(), setting)
    });
    for (index, (text, setting)) in written.collect::<Vec<_>>().into_iter().enumerate() {
        let place = *places.entry(text).or_insert(groups.len());
        if place == groups.len() {
            groups.push((setting, Vec::new()));
        }
        groups[place].1.push(index);
    }
    let mut different = difference::differences(&groups.iter().map(|(setting, _)| setting).collect::<Vec<_>>());
    // Other data or another split has other fingerprints; they tell something where nothing else does.
    let told = different.iter().any(|difference| {
        let section = difference.path.split('.').next().unwrap_or_default();
        ["data", "ratings", "split"].contains(&section)
    });
    different.retain(|difference| !told || !difference.path.starts_with("fingerprint"));
    let settings = groups.iter().enumerate().map(|(place, (_, members))| {
        compared(runs, members, metric, different.iter().map(|difference| difference.values[place].clone()).collect())
    });
    let settings = settings.collect();
    (different.into_iter().map(|difference| difference.path).collect(), settings)
}

/// The setting of a run without its seed, with what it learned from: the same for runs that differ in nothing but the seed.
pub fn parameters(run: &Run) -> Value {
    let mut setting = run.setting.clone();
    if let Some(table) = setting.as_object_mut() {
        table.retain(|key, _| !NOT_A_PARAMETER.contains(&key.as_str()));
        let data = &run.record.data;
        table.insert("fingerprint".into(), json!({"data": data.fingerprint, "split": data.split_fingerprint}));
    }
    setting
}

fn compared(runs: &[Run], members: &[usize], metric: &str, values: Vec<Option<Value>>) -> Compared {
    let mut seeds = BTreeMap::new();
    let mut without: BTreeSet<u64> = BTreeSet::new();
    for &index in members {
        let record = &runs[index].record;
        match record.outcome.finished().and_then(|finished| finished.metric(metric)).filter(|value| value.is_finite()) {
            Some(value) => _ = seeds.entry(record.seed).or_insert((index, value)),
            None => _ = without.insert(record.seed),
        }
    }
    Compared {
        experiments: members.iter().map(|index| runs[*index].record.experiment.clone()).collect(),
        values,
        estimate: estimate(&seeds.values().map(|(_, value)| *value).collect::<Vec<_>>()),
        without_value: without.iter().filter(|seed| !seeds.contains_key(seed)).count(),
        seeds,
        against_best: Against::Untested("no value".to_owned()),
    }
}

#[cfg(test)]
mod tests;
