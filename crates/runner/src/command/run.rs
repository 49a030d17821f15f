//! `hourglass run`: train what is not finished, then draw.

use std::path::Path;

use anyhow::Result;
use hourglass_report::comparison::Test;
use hourglass_report::{CompareOptions, Comparison, Layout, format};
use hourglass_train::metric::higher_is_better;

use crate::cli;
use crate::execute::{self, Execution};
use crate::interrupt;
use crate::jobs;
use crate::places;
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
            if let Some(best) = best(&plan, &folder) {
                tracing::info!("{best}");
            }
        }
    }
    tracing::info!("{tally}");
    Ok(tally.exit_code(plan.trials.len()))
}

/// Which of the plan's settings is best by the metric of validation ratings that training looks at; nothing where it looks at another
/// column, or settings differ in their data, so that the best has but the easiest.
fn best(plan: &Plan, folder: &Path) -> Option<String> {
    let monitor = Some(&plan.spec.train.monitor).filter(|monitor| monitor.needs_validation())?;
    let metric = monitor.name().to_owned();
    let trials = plan.trials.iter().map(|trial| Layout::new(folder).trial(&trial.id));
    let begun = trials.filter(|trial| trial.record().is_file()).map(|trial| trial.folder().to_owned());
    let options =
        CompareOptions { higher_is_better: higher_is_better(&metric), metric, test: Test::PairedT, over: None };
    let comparison = Comparison::of(&places::read(&begun.collect::<Vec<_>>()), &options);
    let is_of_data = |path: &String| ["data", "ratings", "split", "fingerprint"].iter().any(|of| path.starts_with(of));
    let settings = comparison.settings.len();
    let best = comparison.settings.first().filter(|_| settings > 1 && !comparison.parameters.iter().any(is_of_data))?;
    let estimate = best.estimate?;
    let half_width = estimate.half_width.map_or_else(String::new, |half| format!(" ± {}", format::metric(Some(half))));
    let (label, mean, metric) = (comparison.label(best), format::metric(Some(estimate.mean)), &comparison.metric);
    let name = &plan.spec.name;
    Some(format!(
        "best of {settings} settings by {metric}: {label} ({mean}{half_width}); all of them: hourglass compare {name} --by {metric}"
    ))
}
