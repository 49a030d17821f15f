//! `hourglass run`: train what is not finished, then draw.

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::cli;
use crate::execute::{self, Execution};
use crate::interrupt;
use crate::jobs;
use crate::plan::Plan;
use crate::spec::Spec;
use crate::tally::Tally;

use super::report::draw;

/// Runs the trials and draws their charts.
///
/// # Errors
/// When the experiment is wrong, data cannot be read, or results cannot be written.
pub fn run(arguments: &cli::Run) -> Result<ExitCode> {
    let experiment = &arguments.experiment;
    let plan = Plan::new(Spec::read(&experiment.file, &experiment.assignments)?)?;
    let chosen = choose(&plan, &arguments.only)?;
    interrupt::listen()?;
    let execution = Execution {
        results: arguments.results.root.clone(),
        folder: arguments.results.root.join(plan.spec.name.as_str()),
        device: arguments.device.open()?,
        checkpoint_every: arguments.checkpoint_every,
        threads: jobs::threads_of_each(arguments),
    };
    let tally = match arguments.jobs {
        1 => execute::run(&plan, &chosen, &execution)?,
        _ => jobs::run(&plan, &chosen, arguments)?,
    };
    // Where every trial was refused, there is nothing to draw.
    if (arguments.only.is_empty() || arguments.jobs > 1) && execution.folder.is_dir() {
        draw(&plan.spec, &execution.folder)?;
    }
    let Tally { finished, skipped, failed, interrupted } = tally;
    tracing::info!("{finished} finished, {skipped} finished before, {failed} failed, {interrupted} interrupted");
    Ok(tally.exit_code(chosen.len()))
}

/// Positions in the plan of the trials to run.
fn choose(plan: &Plan, only: &[String]) -> Result<Vec<usize>> {
    if let Some(unknown) = only.iter().find(|id| !plan.trials.iter().any(|trial| trial.id.starts_with(id.as_str()))) {
        let known = plan.trials.iter().map(|trial| trial.id.as_str()).collect::<Vec<_>>().join(", ");
        bail!("--only {unknown}: no trial's id begins so; this experiment has {known}");
    }
    let wanted = |id: &str| only.is_empty() || only.iter().any(|prefix| id.starts_with(prefix.as_str()));
    Ok((0..plan.trials.len()).filter(|&position| wanted(&plan.trials[position].id)).collect())
}
