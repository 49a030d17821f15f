//! `hourglass report`: charts and summaries from the records alone.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, ensure};
use hourglass_report::chart::Reference;
use hourglass_report::{RedrawOptions, format, redraw};
use hourglass_train::metric::Metric;

use crate::cli;
use crate::spec::Spec;

/// Draws everything again.
///
/// # Errors
/// When there are no results, a record is broken, or a file cannot be written.
pub fn report(arguments: &cli::Report) -> Result<()> {
    let experiment = &arguments.experiment;
    let spec = Spec::read(&experiment.file, &experiment.assignments)?;
    let folder = arguments.results.root.join(spec.name.as_str());
    ensure!(
        folder.is_dir(),
        "there are no results in {}; run the experiment first: hourglass run {}",
        folder.display(),
        experiment.file.display(),
    );
    draw(&spec, &folder)
}

/// Draws charts and writes summaries, and says where they are.
///
/// # Errors
/// When a record is broken or a file cannot be written.
pub fn draw(spec: &Spec, folder: &Path) -> Result<()> {
    let higher_is_better = Metric::ALL.into_iter().filter(|metric| metric.higher_is_better());
    let mut options = RedrawOptions {
        skip_epochs: spec.report.skip_epochs,
        references: BTreeMap::new(),
        higher_is_better: higher_is_better.map(|metric| metric.name().to_owned()).collect(),
    };
    for (metric, reference) in &spec.reference {
        let label = format!("{}: {}", reference.source, format::metric(Some(reference.value)));
        options.references.entry(metric.clone()).or_default().push(Reference { label, value: reference.value });
    }
    let drawn = redraw(folder, &options)?;
    tracing::info!("{} trials, {} files: {}", drawn.trials, drawn.files.len(), folder.display());
    Ok(())
}
