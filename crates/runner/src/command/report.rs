//! `hourglass report`: charts, summaries and pages from the records alone.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use hourglass_report::chart::Reference as Known;
use hourglass_report::comparison::Test;
use hourglass_report::html::{PageOptions, experiment_page, results_page};
use hourglass_report::{CompareOptions, RedrawOptions, Run, format, redraw, write_atomically};
use hourglass_train::metric::higher_is_better;
use serde::de::DeserializeOwned;

use super::compare::metric;
use crate::cli;
use crate::places;
use crate::spec::{Reference, ReportConfig, Spec};

/// Draws everything again: of an experiment, or of all in a folder.
///
/// # Errors
/// When there are no results, a record is broken, or a file cannot be written.
pub fn report(arguments: &cli::Report) -> Result<()> {
    let place = &arguments.place;
    if place.is_dir() {
        ensure!(
            arguments.assignments.is_empty(),
            "--set changes what an experiment file says, and {} is a folder; name the file instead",
            place.display()
        );
        return report_folder(place);
    }
    let spec = Spec::read(place, &arguments.assignments)?;
    let folder = arguments.results.root.join(spec.name.as_str());
    ensure!(
        folder.is_dir(),
        "there are no results in {}; run the experiment first: hourglass run {}",
        folder.display(),
        place.display(),
    );
    draw(&spec, &folder)
}

/// Draws charts, writes summaries and the page of an experiment, and says where they are.
///
/// # Errors
/// When a record is broken or a file cannot be written.
pub fn draw(spec: &Spec, folder: &Path) -> Result<()> {
    draw_experiment(folder, spec.report.skip_epochs, &spec.reference)
}

/// The experiment whose results these are, or all below; then also a page of all of them.
fn report_folder(folder: &Path) -> Result<()> {
    let runs = places::runs_told_apart(&[folder.display().to_string()], folder)?;
    let mut experiments: Vec<PathBuf> = runs.iter().filter_map(|run| run.folder.parent().map(Path::to_owned)).collect();
    experiments.sort();
    experiments.dedup();
    // First, so that the others find it, and have a link to it.
    if experiments.iter().all(|experiment| experiment != folder) {
        let page = results_page(folder, &runs, &page_options(&runs, skip_epochs(&runs)))?;
        write_page(folder, &page)?;
    }
    for experiment in &experiments {
        let of_experiment: Vec<&Run> = runs.iter().filter(|run| run.folder.parent() == Some(experiment)).collect();
        // Whatever was typed last: runs of a time before may have drawn otherwise.
        let last =
            of_experiment.iter().max_by_key(|run| run.record.ended.as_ref().unwrap_or(&run.record.environment.started));
        let report: ReportConfig = last.map_or_else(|| Ok(ReportConfig::default()), |run| section(run, "report"))?;
        let reference = last.map_or_else(|| Ok(BTreeMap::new()), |run| section(run, "reference"))?;
        draw_experiment(experiment, report.skip_epochs, &reference)?;
    }
    Ok(())
}

/// A section of a run's setting, empty where there is none.
fn section<T: DeserializeOwned + Default>(run: &Run, key: &str) -> Result<T> {
    let Some(value) = run.setting.get(key) else { return Ok(T::default()) };
    serde_json::from_value(value.clone()).with_context(|| {
        format!(
            "[{key}] in {}: correct it there, or report on the experiment file",
            run.folder.join("trial.toml").display()
        )
    })
}

fn draw_experiment(folder: &Path, skip_epochs: usize, references: &BTreeMap<String, Reference>) -> Result<()> {
    let runs = places::runs_of_experiment(folder);
    let told_apart = runs.iter().map(|run| (run.record.trial.clone(), run.record.swept.clone())).collect();
    let mut options = RedrawOptions { skip_epochs, references: BTreeMap::new(), told_apart, higher_is_better };
    for (metric, reference) in references {
        let label = format!("{}: {}", reference.source, format::metric(Some(reference.value)));
        options.references.entry(metric.clone()).or_default().push(Known { label, value: reference.value });
    }
    let drawn = redraw(folder, &options)?;
    tracing::info!("{} trials, {} files: {}", drawn.trials, drawn.files.len(), folder.display());
    if !runs.is_empty() {
        let options = PageOptions { charts: drawn.charts, ..page_options(&runs, skip_epochs) };
        write_page(folder, &experiment_page(folder, &runs, &options)?)?;
    }
    Ok(())
}

/// Ranked by the first test metric; where no run is finished there is nothing to rank.
fn page_options(runs: &[Run], skip_epochs: usize) -> PageOptions {
    let metric = metric(runs, None).unwrap_or_else(|_| "test.rmse".to_owned());
    let compare =
        CompareOptions { higher_is_better: higher_is_better(&metric), metric, test: Test::PairedT, over: None };
    PageOptions { compare, skip_epochs, charts: Vec::new() }
}

fn skip_epochs(runs: &[Run]) -> usize {
    runs.iter().filter_map(|run| run.value("report.skip_epochs")?.as_u64()).max().unwrap_or(0) as usize
}

fn write_page(folder: &Path, page: &str) -> Result<()> {
    let path = folder.join("index.html");
    // What has not changed keeps its time of writing.
    if !fs::read(&path).is_ok_and(|old| old == page.as_bytes()) {
        write_atomically(&path, page.as_bytes())?;
    }
    tracing::info!("page: {}", path.display());
    Ok(())
}
