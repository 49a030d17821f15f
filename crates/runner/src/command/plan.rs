//! `hourglass plan`: which trials would run, and what each would cost.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use hourglass_report::{Layout, format};
use hourglass_train::Task;
use hourglass_train::engine::choose;

use super::layers;
use crate::cli;
use crate::cost::{Needed, Speed, Time, available, refuse_what_cannot_fit};
use crate::execute::record_before;
use crate::plan::{Plan, Trial};
use crate::prepare::{DataCache, Prepared};

/// Prints one line a trial, and the layers of the networks where asked.
///
/// # Errors
/// When the experiment is wrong, its data cannot be read, or a trial has parts that do not go together or does not fit into memory.
pub fn plan(arguments: &cli::Plan) -> Result<()> {
    let experiment = &arguments.experiment;
    let plan = Plan::read(experiment, &arguments.choice)?;
    let layout = Layout::new(arguments.results.root.join(plan.spec.name.as_str()));
    let device = arguments.device.open()?;
    let mut told = Told { speed: Speed::measured(device), available: available(), ..Told::default() };
    let mut cache = DataCache::beside(&arguments.results.root);
    for trial in &plan.trials {
        let data = cache.load(&trial.config)?;
        let finished = record_before(&layout.trial(&trial.id))?.is_some_and(|record| record.is_finished());
        let told_of = Prepared::new(&trial.config, data).and_then(|prepared| {
            let task = prepared.task(&trial.config, data, device)?;
            told.tell(trial, &task, Needed::of(&task, &prepared, data), finished, arguments.layers);
            Ok(())
        });
        if let Err(error) = told_of {
            told.refused.push(format!("trial {} ({}): {error:#}", trial.id, trial.label));
        }
    }
    if !told.lines.is_empty() {
        super::print(&told.text(plan.trials.len()))?;
    }
    ensure!(told.refused.is_empty(), "{}", told.refused.join("\n"));
    Ok(())
}

/// What is said of trials, put together one after the other.
#[derive(Default)]
struct Told {
    speed: Speed,
    available: Option<u64>,
    lines: Vec<[String; 7]>,
    reasons: BTreeSet<String>,
    /// By the first trial that has them.
    networks: Vec<(String, String)>,
    refused: Vec<String>,
    left: usize,
    seconds_left: f64,
}

impl Told {
    fn tell(&mut self, trial: &Trial, task: &Task<'_>, needed: Needed, finished: bool, layers: bool) {
        let fit = refuse_what_cannot_fit(task, &trial.config, needed, self.available);
        let state = match (finished, &fit) {
            (true, _) => "finished",
            (false, Ok(())) => "to run",
            (false, Err(_)) => "does not fit",
        };
        let seconds = Time::of(task).seconds(self.speed);
        if !finished {
            self.left += 1;
            self.seconds_left += seconds;
            self.refused
                .extend(fit.as_ref().err().map(|error| format!("trial {} ({}) {error}", trial.id, trial.label)));
        }
        // The table is made of the network itself.
        if layers && fit.is_ok() {
            self.tell_layers(trial, task);
        }
        let engine = match task.baseline() {
            Some(_) => "baseline".to_owned(),
            None => {
                let choice = choose(task);
                self.reasons.insert(format!("{} engine: {}\n", choice.engine, choice.reason));
                choice.engine.to_string()
            }
        };
        self.reasons.extend(needed.elsewhere());
        self.lines.push([
            trial.id.clone(),
            state.to_owned(),
            engine,
            format::count(task.model.parameter_count(task.dims())),
            format::bytes(needed.total()),
            format!("~{}", format::duration(seconds)),
            trial.label.clone(),
        ]);
    }

    fn tell_layers(&mut self, trial: &Trial, task: &Task<'_>) {
        let layers = layers::table(task);
        if self.networks.iter().all(|(_, known)| *known != layers) {
            self.networks.push((trial.label.clone(), layers));
        }
    }

    fn text(&self, trials: usize) -> String {
        let head = ["trial", "state", "engine", "parameters", "memory", "time", "setting"].map(str::to_owned);
        let lines = [&[head], &self.lines[..]].concat();
        let reasons: String = self.reasons.iter().map(String::as_str).collect();
        let (left, time) = (self.left, format::duration(self.seconds_left));
        let total = format!("{left} of {trials} trials to run, about {time} one after the other on this machine\n");
        let networks = self.networks.iter().map(|(label, layers)| format!("\nThe layers of {label}\n{layers}"));
        table(&lines) + &reasons + &total + &networks.collect::<String>()
    }
}

/// Columns padded to their widest cell; the last is left as it is.
pub(super) fn table<const COLUMNS: usize>(lines: &[[String; COLUMNS]]) -> String {
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..COLUMNS - 1).map(width).collect();
    let pad = |(cell, width): (&String, &usize)| format!("{cell:<width$}  ");
    let line = |line: &[String]| line.iter().zip(&widths).map(pad).collect::<String>() + &line[COLUMNS - 1] + "\n";
    lines.iter().map(|cells| line(cells)).collect()
}
