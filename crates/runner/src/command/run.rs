//! `hourglass run`: train what is not finished, then draw.

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::thread::available_parallelism;

use anyhow::{Result, bail};

use crate::cli;
use crate::execute::{self, Execution, Tally};
use crate::interrupt;
use crate::jobs;
use crate::plan::Plan;
use crate::spec::Spec;

use super::report::draw;

/// The exit code of a run in which a trial failed: the others were still run.
pub const SOME_FAILED: u8 = 3;

/// Runs the trials and draws their charts.
///
/// # Errors
/// When the experiment is wrong, data cannot be read, or results cannot be written.
pub fn run(arguments: &cli::Run) -> Result<ExitCode> {
    let experiment = &arguments.experiment;
    let plan = Plan::new(Spec::read(&experiment.file, &experiment.assignments)?)?;
    let chosen = choose(&plan, &arguments.only)?;
    let threads = threads(arguments);
    tch::set_num_threads(i32::from(threads));
    interrupt::listen()?;
    let execution = Execution {
        folder: arguments.results.root.join(plan.spec.name.as_str()),
        device: arguments.device.open()?,
        checkpoint_every: arguments.checkpoint_every,
    };
    let tally = match arguments.jobs {
        1 => execute::run(&plan, &chosen, &execution)?,
        _ => jobs::run(&plan, &chosen, arguments, threads)?,
    };
    if arguments.only.is_empty() || arguments.jobs > 1 {
        draw(&plan.spec, &execution.folder)?;
    }
    Ok(conclude(&tally))
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

fn threads(arguments: &cli::Run) -> u16 {
    let all = available_parallelism().map_or(1, NonZeroUsize::get);
    arguments.threads.unwrap_or_else(|| u16::try_from(all / usize::from(arguments.jobs)).unwrap_or(u16::MAX).max(1))
}

fn conclude(tally: &Tally) -> ExitCode {
    let Tally { finished, skipped, failed, interrupted } = tally;
    tracing::info!("{finished} finished, {skipped} finished before, {failed} failed, {interrupted} interrupted");
    match tally {
        Tally { interrupted: 1.., .. } => ExitCode::from(interrupt::EXIT_CODE),
        Tally { failed: 1.., .. } => ExitCode::from(SOME_FAILED),
        _ => ExitCode::SUCCESS,
    }
}
