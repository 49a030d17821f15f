//! `hourglass plan`: which trials would run, and what each would cost.

use std::collections::BTreeSet;

use anyhow::Result;
use hourglass_report::{Layout, format};
use hourglass_train::engine::choose;

use super::layers;
use crate::cli;
use crate::cost::{Cost, measured_speed};
use crate::execute::record_before;
use crate::plan::Plan;
use crate::prepare::{DataCache, Prepared};
use crate::spec::Spec;

/// Prints one line a trial, and the layers of the networks where asked.
///
/// # Errors
/// When the experiment is wrong or its data cannot be read.
pub fn plan(arguments: &cli::Plan) -> Result<()> {
    let experiment = &arguments.experiment;
    let plan = Plan::new(Spec::read(&experiment.file, &experiment.assignments)?)?;
    let layout = Layout::new(arguments.results.root.join(plan.spec.name.as_str()));
    let device = arguments.device.open()?;
    let speed = measured_speed(device);
    let mut cache = DataCache::beside(&arguments.results.root);
    let mut lines = vec![["trial", "state", "engine", "parameters", "memory", "time", "setting"].map(str::to_owned)];
    let (mut seconds_left, mut left) = (0.0, 0);
    let mut networks: Vec<(String, String)> = Vec::new();
    let mut reasons = BTreeSet::new();
    for trial in &plan.trials {
        let data = cache.load(&trial.config)?;
        let prepared = Prepared::new(&trial.config, data)?;
        let task = prepared.task(&trial.config, data, device)?;
        let cost = Cost::of(&task);
        if arguments.layers {
            let layers = layers::table(&task);
            if networks.iter().all(|(_, known)| *known != layers) {
                networks.push((trial.label(), layers));
            }
        }
        let choice = choose(&task);
        reasons.insert(format!("{} engine: {}\n", choice.engine, choice.reason));
        let finished = record_before(&layout.trial(&trial.id))?.is_some_and(|record| record.is_finished());
        let seconds = cost.seconds(speed);
        if !finished {
            left += 1;
            seconds_left += seconds;
        }
        lines.push([
            trial.id.clone(),
            if finished { "finished" } else { "to run" }.to_owned(),
            choice.engine.to_string(),
            format::count(cost.parameters),
            format::bytes(cost.memory),
            format!("~{}", format::duration(seconds)),
            trial.label(),
        ]);
    }
    let total = format!(
        "{} of {} trials to run, about {} one after the other on this machine\n",
        left,
        plan.trials.len(),
        format::duration(seconds_left),
    );
    let networks = networks.iter().map(|(label, layers)| format!("\nThe layers of {label}\n{layers}"));
    let reasons = reasons.into_iter().collect::<String>();
    super::print(&(table(&lines) + &reasons + &total + &networks.collect::<String>()))
}

/// Columns padded to their widest cell; the last is left as it is.
pub(super) fn table<const COLUMNS: usize>(lines: &[[String; COLUMNS]]) -> String {
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..COLUMNS - 1).map(width).collect();
    let pad = |(cell, width): (&String, &usize)| format!("{cell:<width$}  ");
    let line = |line: &[String]| line.iter().zip(&widths).map(pad).collect::<String>() + &line[COLUMNS - 1] + "\n";
    lines.iter().map(|cells| line(cells)).collect()
}
