//! The table of runs.

use std::collections::BTreeSet;

use maud::{Markup, html};
use serde_json::Value;

use super::Page;
use super::link::link;
use crate::{Layout, Run, format, metrics_of};

/// More parameters than this make a table that nobody reads: then each run has one cell with all of them.
const MOST_PARAMETERS: usize = 12;

/// A line for each run, with links to its files.
pub(super) fn table(page: &Page, with_experiments: bool) -> Markup {
    let paths: BTreeSet<&String> = page.runs.iter().flat_map(|run| run.record.swept.keys()).collect();
    let paths: Vec<&String> = paths.into_iter().collect();
    let one_cell = with_experiments || paths.len() > MOST_PARAMETERS;
    let paths = if one_cell { Vec::new() } else { paths };
    let metrics = metrics(page.runs);
    html! {
        div.controls.js-only {
            label.grow { "Filter: words, or comparisons such as test.rmse<0.88" input id="filter" type="search" autocomplete="off" spellcheck="false"; }
            button id="best" type="button" { "Choose the best" }
            button id="clear" type="button" { "Choose none" }
            output id="shown" for="filter" {}
        }
        div.scroll tabindex="0" role="region" aria-label="runs" {
            table.sortable id="runs" {
                thead { tr {
                    @if with_experiments { th scope="col" data-name="experiment" { "experiment" } }
                    th scope="col" data-name="trial" { "trial" }
                    th.number scope="col" data-name="seed" { "seed" }
                    @if one_cell { th scope="col" data-name="setting" { "setting" } }
                    @for path in &paths { th scope="col" data-name=(path) title=(path) { (page.labels.name(path)) } }
                    th scope="col" data-name="outcome" { "outcome" }
                    th.number scope="col" data-name="epochs" { "epochs" }
                    @for metric in &metrics { th.number scope="col" data-name=(metric) { (metric) } }
                    th.number scope="col" data-name="seconds" { "time" }
                    th scope="col" data-name="files" { "files" }
                } }
                tbody { @for (place, run) in page.runs.iter().enumerate() {
                    tr data-run=(place) {
                        @if with_experiments { td { div { (run.record.experiment) } } }
                        td { a href=(link(page.folder, &run.folder)) { (run.record.trial) } }
                        td.number data-value=(run.record.seed) { (run.record.seed) }
                        @if one_cell { td { div { (page.swept(run)) } } }
                        @for path in &paths { (value_cell(page, path, run.record.swept.get(*path))) }
                        (outcome(run))
                        (epochs(run))
                        @for metric in &metrics { (number_cell(run.record.outcome.finished().and_then(|finished| finished.metric(metric)))) }
                        td.number data-value=(run.record.seconds) { (format::duration(run.record.seconds)) }
                        td.links { (files(page, run)) }
                    }
                } }
            }
        }
    }
}

/// Of the test, then of validation.
pub(super) fn metrics(runs: &[Run]) -> Vec<String> {
    let names = metrics_of(runs);
    let of = |split: &'static str| names.iter().filter(move |name| name.starts_with(split)).cloned();
    of("test.").chain(of("validation.")).collect()
}

/// A metric with its full precision for sorting.
pub(super) fn number_cell(value: Option<f64>) -> Markup {
    let key = value.filter(|value| value.is_finite()).map_or(String::new(), |value| value.to_string());
    html! { td.number data-value=(key) { (format::metric(value)) } }
}

/// A swept value: numbers are sorted as such.
pub(super) fn value_cell(page: &Page, path: &str, value: Option<&Value>) -> Markup {
    let text = value.map_or_else(|| format::MISSING.to_owned(), |value| page.labels.value(path, value));
    let number = value.and_then(|value| match value {
        Value::Array(list) if list.len() == 1 => list[0].as_f64(),
        other => other.as_f64(),
    });
    html! { @if let Some(number) = number { td data-value=(number) { (text) } } @else { td { div { (text) } } } }
}

fn outcome(run: &Run) -> Markup {
    let name = run.record.outcome.name();
    let reason = match &run.record.outcome {
        crate::Outcome::Failed { reason, .. } => Some(reason),
        crate::Outcome::StoppedEarly(stopped) => Some(&stopped.reason),
        _ => None,
    };
    html! { @if let Some(reason) = reason { td class=(name) title=(reason) { div { (name) ": " (shortened(reason)) } } } @else { td class=(name) { (name) } } }
}

fn shortened(reason: &str) -> String {
    const MOST: usize = 60;
    if reason.chars().count() <= MOST {
        reason.to_owned()
    } else {
        reason.chars().take(MOST).collect::<String>() + "…"
    }
}

fn epochs(run: &Run) -> Markup {
    let finished = run.record.outcome.finished();
    let text = finished.map_or_else(
        || format::MISSING.to_owned(),
        |finished| {
            if finished.selected_epoch == finished.epochs {
                finished.epochs.to_string()
            } else {
                format!("{} of {}", finished.selected_epoch, finished.epochs)
            }
        },
    );
    let key = finished.map_or(String::new(), |finished| finished.selected_epoch.to_string());
    html! { td.number data-value=(key) { (text) } }
}

/// The files of a run that are there.
fn files(page: &Page, run: &Run) -> Markup {
    let name = run.folder.file_name().unwrap_or_default().to_string_lossy();
    let trial = Layout::new(run.folder.parent().unwrap_or(&run.folder)).trial(&name);
    let known = [
        ("setting", trial.trial_toml()),
        ("record", trial.record()),
        ("epochs", trial.epochs()),
        ("loss", trial.chart("loss.svg")),
        ("predictions", trial.chart("predictions.svg")),
    ];
    let there: Vec<_> = known.iter().filter(|(_, path)| path.is_file()).collect();
    html! { @for (name, path) in there { a href=(link(page.folder, path)) { (name) } } }
}
