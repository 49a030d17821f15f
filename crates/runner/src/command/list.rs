//! `hourglass list`: the runs that there are, and what they are.

use std::collections::BTreeSet;

use anyhow::Result;
use hourglass_report::{Run, format};

use super::print;
use crate::cli;
use crate::places;

/// Prints a line for each run.
///
/// # Errors
/// When a place has no run, or the filter is wrong.
pub fn list(arguments: &cli::List) -> Result<()> {
    let runs = places::runs_told_apart(&arguments.places, &arguments.results.root)?;
    let all = runs.len();
    let runs = places::filtered(runs, arguments.filter.as_deref())?;
    let metrics = test_metrics(&runs);
    let mut lines = vec![head(&metrics)];
    lines.extend(runs.iter().map(|run| line(run, &metrics)));
    print(&format!("{}{} of {all} runs\n", format::columns(&lines), runs.len()))
}

fn head(metrics: &BTreeSet<String>) -> Vec<String> {
    let mut head = ["experiment", "trial", "seed", "outcome", "epochs"].map(str::to_owned).to_vec();
    head.extend(metrics.iter().cloned());
    head.push("setting".to_owned());
    head
}

fn line(run: &Run, metrics: &BTreeSet<String>) -> Vec<String> {
    let record = &run.record;
    let finished = record.outcome.finished();
    let mut line = vec![
        record.experiment.clone(),
        record.trial.clone(),
        record.seed.to_string(),
        record.outcome.name().to_owned(),
        finished.map_or(format::MISSING.to_owned(), |finished| finished.epochs.to_string()),
    ];
    line.extend(metrics.iter().map(|name| format::metric(finished.and_then(|finished| finished.metric(name)))));
    let swept = record.swept.iter().map(|(path, value)| format!("{path} {}", format::setting(value)));
    line.push(swept.collect::<Vec<_>>().join(", "));
    line
}

/// Full names of the test metrics that any run has.
fn test_metrics(runs: &[Run]) -> BTreeSet<String> {
    let finished = runs.iter().filter_map(|run| run.record.outcome.finished());
    finished.flat_map(|finished| finished.test.keys()).map(|metric| format!("test.{metric}")).collect()
}
