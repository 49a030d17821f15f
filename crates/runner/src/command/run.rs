//! `hourglass run`: train what is not finished, then draw.

use std::process::ExitCode;

use anyhow::Result;

use crate::cli;
use crate::execute::{self, Execution};
use crate::interrupt;
use crate::jobs;
use crate::plan::{Choice, Plan};
use crate::tally::Tally;

use super::report::draw;

/// Runs the trials and draws their charts.
///
/// # Errors
/// When the experiment is wrong, data cannot be read, or results cannot be written.
pub fn run(arguments: &cli::Run) -> Result<ExitCode> {
    let experiment = &arguments.experiment;
    let plan = Plan::read(experiment, Choice { only: &arguments.only, limit: arguments.limit })?;
    let chosen: Vec<usize> = (0..plan.trials.len()).collect();
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
