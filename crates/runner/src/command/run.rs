//! `hourglass run`: train what is not finished, then draw.

use anyhow::Result;

use crate::cli;
use crate::execute::{self, Execution};
use crate::interrupt;
use crate::jobs;
use crate::plan::Plan;
use crate::queue::Queue;

use super::drawn;
use super::report::draw;

/// Runs the trials and draws their charts.
///
/// # Errors
/// When the experiment is wrong, data cannot be read, or results cannot be written.
pub fn run(arguments: &cli::Run) -> Result<u8> {
    let experiment = &arguments.experiment;
    let plan = Plan::read(experiment, &arguments.choice)?;
    interrupt::listen()?;
    let execution = Execution {
        results: arguments.results.root.clone(),
        device: arguments.device.open()?,
        checkpoint_every: arguments.checkpoint_every,
        threads: jobs::threads_of_each(arguments),
        system_metrics: arguments.system_metrics,
    };
    let queue = Queue::new(&plan, &execution.results)?;
    let tally = match arguments.jobs {
        1 => execute::run(&queue, &execution)?,
        _ => jobs::run(&queue, arguments)?,
    };
    let folder = execution.results.join(plan.spec.name.as_str());
    // Where every trial was refused, there is nothing to draw.
    if arguments.choice.only.is_empty() && folder.is_dir() {
        let sources = drawn::sources(&plan.spec, &folder)?;
        if !drawn::is_up_to_date(&folder, &sources) {
            draw(&plan.spec, &folder)?;
            drawn::remember(&folder, &sources)?;
        }
    }
    tracing::info!("{tally}");
    Ok(tally.exit_code(plan.trials.len()))
}
