//! Settings side by side, across experiments: ranked by a metric, told apart by what differs, and tested against the best.

mod apart;
mod curves;
mod difference;
mod table;
mod test;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use rayon::prelude::*;
use serde_json::{Value, json};

use crate::label::Labels;
use crate::{Estimate, Run, Swept, estimate};

pub use apart::tell_apart;
pub use curves::MOST_CURVES;
use difference::Difference;
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
    /// The dotted path of a parameter that repeats a setting as seeds do: that of a split, where differences are to hold for any.
    pub over: Option<String>,
}

/// Settings, the best first.
#[derive(Debug)]
pub struct Comparison {
    /// The full name of the metric.
    pub metric: String,
    /// How differences from the best were tested.
    pub test: Test,
    /// What repeats a setting besides the seed.
    pub over: Option<String>,
    /// The dotted paths of the parameters that are not the same in all settings.
    pub parameters: Vec<String>,
    /// By the mean of the metric; those without a value come last.
    pub settings: Vec<Compared>,
    labels: Labels,
}

/// What tells a run from the others of its setting.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Repeat {
    /// The value of [`CompareOptions::over`].
    pub over: Option<String>,
    /// Of the model.
    pub seed: u64,
}

/// A setting: runs that differ in nothing but what repeats it.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// The experiments that ran it.
    pub experiments: BTreeSet<String>,
    /// Its values of [`Comparison::parameters`].
    pub values: Vec<Option<Value>>,
    /// Of each repeat the run, as its place in what was compared, and its metric. A run that two experiments share counts once.
    pub repeats: BTreeMap<Repeat, (usize, f64)>,
    /// Runs without a value: not finished, or not measured.
    pub without_value: usize,
    /// Over the repeats; `None` when there is no value.
    pub estimate: Option<Estimate>,
    /// How it stands to the best setting.
    pub against_best: Against,
}

/// What names, describes or draws an experiment, or says which trials it has, and cannot change the numbers of one.
pub const NOT_A_PARAMETER: [&str; 6] = ["name", "description", "sweep", "report", "reference", "expect"];

impl Comparison {
    /// Compares `runs`.
    pub fn of(runs: &[Run], options: &CompareOptions) -> Comparison {
        let (parameters, mut settings) = settings(runs, options);
        let direction = if options.higher_is_better { -1.0 } else { 1.0 };
        let rank = |setting: &Compared| setting.estimate.map_or(f64::INFINITY, |estimate| direction * estimate.mean);
        settings.sort_by(|a, b| rank(a).total_cmp(&rank(b)));
        test::against_best(&mut settings, runs, options);
        let swept: Vec<Swept> = settings.iter().map(|setting| setting.swept(&parameters)).collect();
        let labels = Labels::of(swept.iter());
        let CompareOptions { metric, test, over, .. } = options.clone();
        Comparison { metric, test, over, parameters, settings, labels }
    }

    /// What a setting has several of.
    pub fn several(&self) -> String {
        format!("{}s", one(self.over.as_deref()))
    }

    /// What is averaged over, in full.
    pub fn repeated(&self) -> String {
        self.over.as_ref().map_or("seeds".to_owned(), |over| format!("seeds and {over}"))
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
    /// How many repeats have a value: `3`, or `2 of 3`.
    pub(crate) fn count(&self) -> String {
        match self.without_value {
            0 => self.repeats.len().to_string(),
            without => format!("{} of {}", self.repeats.len(), self.repeats.len() + without),
        }
    }

    fn swept(&self, parameters: &[String]) -> Swept {
        let known = parameters.iter().zip(&self.values);
        known.filter_map(|(path, value)| Some((path.clone(), value.clone()?))).collect()
    }
}

/// What a run of a setting is called beside the others.
pub fn one(over: Option<&str>) -> &'static str {
    if over.is_some() { "repeat" } else { "seed" }
}

/// The parameters that differ, and the settings in the order of the runs.
fn settings(runs: &[Run], options: &CompareOptions) -> (Vec<String>, Vec<Compared>) {
    let (different, groups) = by_setting(runs, options.over.as_deref());
    let settings = groups.iter().enumerate().map(|(place, members)| {
        compared(runs, members, options, different.iter().map(|difference| difference.values[place].clone()).collect())
    });
    let settings = settings.collect();
    (different.into_iter().map(|difference| difference.path).collect(), settings)
}

/// The parameters that differ between settings, and the runs of each setting by their index, in the order of the runs.
fn by_setting<'r>(runs: impl IntoIterator<Item = &'r Run>, over: Option<&str>) -> (Vec<Difference>, Vec<Vec<usize>>) {
    let mut groups: IndexMap<_, Vec<usize>> = IndexMap::new();
    for (index, run) in runs.into_iter().enumerate() {
        groups.entry(sections(run, over)).or_default().push(index);
    }
    let tables: Vec<Value> = groups.keys().collect::<Vec<_>>().par_iter().map(|sections| json!(sections)).collect();
    let mut different = difference::differences(&tables.iter().collect::<Vec<_>>());
    // Other data or another split has other fingerprints; they tell something where nothing else does.
    let told = different.iter().any(|difference| {
        let section = difference.path.split('.').next().unwrap_or_default();
        ["data", "ratings", "split"].contains(&section)
    });
    different.retain(|difference| !told || !difference.path.starts_with("fingerprint"));
    (different, groups.into_values().collect())
}

/// The setting of a run without its seed, with what it learned from: the same for runs that differ in nothing but the seed; nor in
/// this parameter, if there is one, and in the split that may come with it.
pub fn parameters(run: &Run, over: Option<&str>) -> Value {
    json!(sections(run, over))
}

/// The same, section by section.
fn sections<'r>(run: &'r Run, over: Option<&str>) -> BTreeMap<&'r str, Cow<'r, Value>> {
    let table = run.setting.as_object().into_iter().flatten();
    let told = table.map(|(key, value)| (key.as_str(), Cow::Borrowed(value)));
    let mut sections: BTreeMap<_, _> =
        told.filter(|(key, _)| *key != "seeds" && !NOT_A_PARAMETER.contains(key)).collect();
    let data = &run.record.data;
    let split = over.is_none().then_some(&data.split_fingerprint);
    sections.insert("fingerprint", Cow::Owned(json!({"data": data.fingerprint, "split": split})));
    let Some(path) = over else { return sections };
    match path.split_once('.') {
        None => _ = sections.remove(path),
        Some((key, rest)) => sections.get_mut(key).into_iter().for_each(|section| remove(section.to_mut(), rest)),
    }
    sections
}

/// Takes away what is at a dotted path.
fn remove(setting: &mut Value, path: &str) {
    let Some(table) = setting.as_object_mut() else { return };
    match path.split_once('.') {
        None => _ = table.remove(path),
        Some((key, rest)) => table.get_mut(key).into_iter().for_each(|inner| remove(inner, rest)),
    }
}

/// What tells this run from the others of its setting.
pub fn repeat(run: &Run, over: Option<&str>) -> Repeat {
    let value = over.and_then(|path| run.value(path));
    Repeat { over: value.map(|value| plain_text(Some(&value))), seed: run.record.seed }
}

fn compared(runs: &[Run], members: &[usize], options: &CompareOptions, values: Vec<Option<Value>>) -> Compared {
    let mut repeats = BTreeMap::new();
    let mut without = BTreeSet::new();
    for &index in members {
        let finished = runs[index].record.outcome.finished();
        let value = finished.and_then(|finished| finished.metric(&options.metric)).filter(|value| value.is_finite());
        let repeat = repeat(&runs[index], options.over.as_deref());
        match value {
            Some(value) => _ = repeats.entry(repeat).or_insert((index, value)),
            None => _ = without.insert(repeat),
        }
    }
    Compared {
        experiments: members.iter().map(|index| runs[*index].record.experiment.clone()).collect(),
        values,
        estimate: estimate(&repeats.values().map(|(_, value)| *value).collect::<Vec<_>>()),
        without_value: without.iter().filter(|repeat| !repeats.contains_key(repeat)).count(),
        repeats,
        against_best: Against::Untested("no value".to_owned()),
    }
}

#[cfg(test)]
mod tests;
