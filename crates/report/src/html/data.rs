//! What the script of a page works with, as JSON within it.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use serde::Serialize;
use serde_json::Value;

use super::Page;
use super::curves::columns;
use super::runs::metrics;
use crate::{EpochTable, Layout, ReportError, Run, format};

#[derive(Serialize)]
struct Data {
    runs: Vec<RunData>,
    /// Places of runs, the best first: those of the first seed of each setting.
    ranked: Vec<usize>,
    columns: Vec<String>,
    curves: Vec<Option<Curves>>,
    keys: Vec<Key>,
    metrics: Vec<MetricData>,
}

#[derive(Serialize)]
struct RunData {
    /// Trial and seed.
    name: String,
    /// The same with the setting.
    label: String,
    setting: String,
    /// Of its setting, from 0; none without a value.
    rank: Option<usize>,
}

/// The curves of a run.
#[derive(Serialize)]
struct Curves {
    /// Epochs.
    e: Vec<usize>,
    /// Values at these, for each column; none where the run does not have it.
    v: Vec<Option<Vec<Option<f64>>>>,
}

/// A key of settings that is not the same in all runs.
#[derive(Serialize)]
struct Key {
    key: String,
    values: Vec<String>,
    /// For each run, the place of its value.
    of: Vec<Option<usize>>,
}

#[derive(Serialize)]
struct MetricData {
    name: String,
    of: Vec<Option<String>>,
}

/// Numbers of all curves of a page, at most: about seven bytes each.
const MOST_NUMBERS: usize = 110_000;
/// Points of a curve, at most: a screen shows no more, and at least: fewer are no curve.
const MOST_POINTS: usize = 200;
const LEAST_POINTS: usize = 12;

/// The JSON, which no text in it can end.
pub(super) fn json(page: &Page) -> Result<String, ReportError> {
    let tables = epochs_of(page.runs)?;
    let columns = columns(page, &tables);
    let each = MOST_NUMBERS / (page.runs.len() * columns.len()).max(1);
    let points = each.clamp(LEAST_POINTS, MOST_POINTS);
    let ranks = ranks(page);
    let data = Data {
        runs: page
            .runs
            .iter()
            .enumerate()
            .map(|(place, run)| run_data(page, run, ranks.get(&place).copied()))
            .collect(),
        ranked: ranked(page),
        curves: tables.iter().map(|table| curves(table, &columns, points)).collect(),
        columns,
        keys: keys(page.runs),
        metrics: metrics(page.runs).into_iter().map(|name| metric(page.runs, name)).collect(),
    };
    let json = serde_json::to_string(&data).expect("texts and finite numbers are JSON");
    // `</script>` and `<!--` mean something also within a text.
    Ok(json.replace('<', "\\u003c").replace('>', "\\u003e"))
}

/// The log of each run; without rows where it is not there yet.
pub(super) fn epochs_of(runs: &[Run]) -> Result<Vec<EpochTable>, ReportError> {
    let read = |run: &Run| {
        let name = run.folder.file_name().unwrap_or_default().to_string_lossy();
        let path = Layout::new(run.folder.parent().unwrap_or(&run.folder)).trial(&name).epochs();
        if path.exists() { EpochTable::read(&path) } else { Ok(EpochTable::default()) }
    };
    runs.par_iter().map(read).collect()
}

fn run_data(page: &Page, run: &Run, rank: Option<usize>) -> RunData {
    let record = &run.record;
    let setting = match page.swept(run) {
        empty if empty.is_empty() => record.experiment.clone(),
        swept => swept,
    };
    let name = format!("{} · seed {}", record.trial, record.seed);
    RunData { label: format!("{name} · {setting}"), name, setting, rank }
}

/// The rank of each run's setting.
fn ranks(page: &Page) -> BTreeMap<usize, usize> {
    let settings = page.comparison.settings.iter().enumerate();
    settings.flat_map(|(rank, setting)| setting.repeats.values().map(move |(run, _)| (*run, rank))).collect()
}

fn ranked(page: &Page) -> Vec<usize> {
    page.comparison.settings.iter().filter_map(|setting| Some(setting.repeats.values().next()?.0)).collect()
}

/// At most so many epochs, evenly spread, the first and the last among them.
fn curves(table: &EpochTable, columns: &[String], points: usize) -> Option<Curves> {
    let rows = table.rows.len();
    let shown = rows.min(points);
    let places: Vec<usize> =
        (0..shown).map(|place| if shown < 2 { 0 } else { place * (rows - 1) / (shown - 1) }).collect();
    let column = |name: &String| {
        let index = table.columns.iter().position(|column| column == name)?;
        Some(
            places
                .iter()
                .map(|&row| table.rows[row].cells[index].filter(|value| value.is_finite()).map(rounded))
                .collect(),
        )
    };
    (rows > 0).then(|| Curves {
        e: places.iter().map(|&row| table.rows[row].epoch).collect(),
        v: columns.iter().map(column).collect(),
    })
}

/// Five digits are more than a screen shows.
fn rounded(value: f64) -> f64 {
    format!("{value:.4e}").parse().unwrap_or(value)
}

/// Keys of settings, dotted, that are not the same in all runs.
fn keys(runs: &[Run]) -> Vec<Key> {
    let flat: Vec<BTreeMap<String, String>> = runs.iter().map(|run| flat(&run.setting)).collect();
    let names: BTreeSet<&String> = flat.iter().flat_map(BTreeMap::keys).collect();
    let key = |name: &String| {
        let mut values: Vec<String> = Vec::new();
        let of: Vec<Option<usize>> = flat
            .iter()
            .map(|setting| {
                let value = setting.get(name)?;
                let known = values.iter().position(|known| known == value);
                Some(known.unwrap_or_else(|| {
                    values.push(value.clone());
                    values.len() - 1
                }))
            })
            .collect();
        let differs = of.windows(2).any(|pair| pair[0] != pair[1]);
        differs.then(|| Key { key: name.clone(), values, of })
    };
    names.into_iter().filter_map(key).collect()
}

/// What names or draws an experiment is no part of what was trained.
const NOT_A_SETTING: [&str; 5] = ["name", "description", "report", "reference", "sweep"];

fn flat(setting: &Value) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (key, value) in
        setting.as_object().into_iter().flatten().filter(|(key, _)| !NOT_A_SETTING.contains(&key.as_str()))
    {
        collect(key, value, &mut found);
    }
    found
}

fn collect(path: &str, value: &Value, found: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(table) if !table.is_empty() => {
            table.iter().for_each(|(key, value)| collect(&format!("{path}.{key}"), value, found));
        }
        Value::String(text) => _ = found.insert(path.to_owned(), text.clone()),
        other => _ = found.insert(path.to_owned(), other.to_string()),
    }
}

fn metric(runs: &[Run], name: String) -> MetricData {
    let of = |run: &Run| run.record.outcome.finished()?.metric(&name).map(|value| format::metric(Some(value)));
    MetricData { of: runs.iter().map(of).collect(), name }
}
