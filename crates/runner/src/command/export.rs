//! `hourglass export`: runs in the files of other programs.

use std::path::Path;

use anyhow::{Result, ensure};

use crate::cli::{self, ExportCommand};
use crate::export::{History, dvc, mlflow, parquet, tensorboard};
use crate::places;

/// Writes them, and says where they are and what to do with them.
///
/// # Errors
/// When a place has no run, the filter is wrong, a file cannot be written, or a server refuses.
pub fn export(arguments: &cli::Export) -> Result<()> {
    match &arguments.command {
        ExportCommand::Tensorboard(to) => {
            write(to, tensorboard::write, |folder| format!("show them: tensorboard --logdir {folder}"))
        }
        ExportCommand::Dvc(to) => write(to, dvc::write, |folder| format!("show them: cd {folder} && dvc metrics show")),
        ExportCommand::Parquet(to) => {
            write(to, parquet::write, |folder| format!("tables: {folder}/runs.parquet, {folder}/epochs.parquet"))
        }
        ExportCommand::Mlflow(arguments) => export_mlflow(arguments),
    }
}

fn export_mlflow(arguments: &cli::ExportMlflow) -> Result<()> {
    let histories = histories(&arguments.exported)?;
    if let Some(folder) = &arguments.to {
        mlflow::write(&histories, folder)?;
        let next = format!("mlflow migrate-filestore --source {} --target sqlite:///mlflow.db", folder.display());
        tracing::info!("{} runs: {}; take them over: {next}", histories.len(), folder.display());
    }
    if let Some(address) = &arguments.uri {
        let mlflow::Sent { created, updated, unchanged } = mlflow::send(&histories, address)?;
        tracing::info!("{address}: {created} runs created, {updated} updated, {unchanged} there already");
    }
    Ok(())
}

fn write(
    arguments: &cli::ExportTo,
    write: fn(&[History], &Path) -> Result<()>,
    next: impl Fn(std::path::Display<'_>) -> String,
) -> Result<()> {
    let histories = histories(&arguments.exported)?;
    write(&histories, &arguments.to)?;
    let folder = arguments.to.display();
    tracing::info!("{} runs: {folder}; {}", histories.len(), next(arguments.to.display()));
    Ok(())
}

/// The runs with their epochs. Broken ones are told in a line each, and left out.
fn histories(exported: &cli::Exported) -> Result<Vec<History>> {
    let runs = places::runs_told_apart(&exported.places, &exported.results.root)?;
    let runs = places::filtered(runs, exported.filter.as_deref())?;
    let read = |run| History::read(run).inspect_err(|error| tracing::warn!("left out: {error:#}")).ok();
    let histories: Vec<History> = runs.into_iter().filter_map(read).collect();
    ensure!(!histories.is_empty(), "there is no run to export; see what there is: hourglass list");
    Ok(histories)
}
