//! `hourglass blend`: an experiment of finished runs, run at once.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use anyhow::{Context, Error, Result, ensure};
use clap::Parser;
use hourglass_report::{Filter, Finished, Layout, Run, RunRecord, format, write_atomically};
use hourglass_train::baseline::blend::{self, Members, TrialId, Weighting};
use hourglass_train::config::Metrics;
use hourglass_train::{EvaluationConfig, Metric, ModelConfig};
use tch::Device;

use super::{print, run};
use crate::blend::in_order_of;
use crate::cli::{self, Cli, Command, Torch, Weights};
use crate::places;
use crate::plan::Plan;
use crate::spec::Spec;
use crate::trained::Trained;

/// Writes the experiment, runs it, and prints how much each member counts.
///
/// # Errors
/// When a run is not finished, predicts no ratings or is of other data, or files cannot be written.
pub fn blend(arguments: &cli::Blend) -> Result<u8> {
    let results = &arguments.results.root;
    let like = arguments.like.as_deref().map(|name| id(name, results)).transpose()?;
    let members = match &like {
        Some(like) => in_order_of(like, members(arguments)?, results)?,
        None => members(arguments)?,
    };
    let experiment = experiment(arguments, &members, like)?;
    let spec = Spec::from_table(&experiment)?;
    let folder = results.join(spec.name.as_str());
    let file = arguments.to.clone().unwrap_or_else(|| folder.join("blend.toml"));
    if let Some(parent) = file.parent() {
        fs::create_dir_all(parent).with_context(|| format!("cannot create {}", parent.display()))?;
    }
    write_atomically(&file, toml::to_string_pretty(&experiment)?.as_bytes())?;
    tracing::info!("wrote {}", file.display());
    let code = run(&file, results)?;
    if code == 0 {
        let trial = &Plan::new(spec)?.trials[0].id;
        print(&table(&members, Layout::new(folder).trial(trial).folder())?)?;
    }
    Ok(code)
}

/// `hourglass run FILE`.
fn run(file: &Path, results: &Path) -> Result<u8> {
    let line =
        [OsStr::new("hourglass"), OsStr::new("run"), file.as_os_str(), OsStr::new("--results"), results.as_os_str()];
    match Cli::parse_from(line).command {
        Command::Torch(Torch::Run(arguments)) => run::run(&arguments),
        _ => unreachable!("it was asked to run"),
    }
}

/// The runs that are named, each once.
fn members(arguments: &cli::Blend) -> Result<Vec<Run>> {
    let filter = arguments.filter.as_deref();
    let runs = places::filtered(places::runs(&arguments.places, &arguments.results.root)?, filter)?;
    let asks = |filter: Filter| filter.paths().iter().any(|asked| asked.path.starts_with("test."));
    if filter.map(Filter::parse).transpose()?.is_some_and(asks) {
        tracing::warn!(
            "--where chooses members by the test ratings: what the blend measures on them is too good to be published"
        );
    }
    ensure!(!runs.is_empty(), "the filter leaves no run to blend; see what there is: hourglass list");
    for Run { record, .. } in &runs {
        ensure!(
            record.is_finished(),
            "trial {} of {} is {}, not finished; run it to its end, or leave it out, for example by --where \"validation.rmse < 9\"",
            record.trial,
            record.experiment,
            record.outcome.name(),
        );
    }
    Ok(runs)
}

/// The experiment: the ratings, split and rating metrics of the first member, and nothing else of it.
fn experiment(arguments: &cli::Blend, members: &[Run], like: Option<TrialId>) -> Result<toml::Table> {
    let first = Spec::read(&members[0].folder.join("trial.toml"), &[])?;
    let weights = match arguments.weights {
        Weights::Equal => Weighting::Equal,
        Weights::Ridge => Weighting::Ridge,
        Weights::NonNegative => Weighting::NonNegative,
        Weights::FeatureWeighted => Weighting::FeatureWeighted,
    };
    let ids: Vec<String> = members.iter().map(|run| run.record.trial.clone()).collect();
    let members = Members::try_from(ids).map_err(Error::msg)?;
    let model = ModelConfig::Blend(blend::Config { members, weights, like });
    let evaluation = EvaluationConfig { metrics: of_ratings(&first.evaluation.metrics), ..first.evaluation.clone() };
    let mut table = toml::Table::new();
    table.insert("name".to_owned(), arguments.name.as_str().into());
    let of_first = first.to_table();
    for key in ["data", "ratings", "split"] {
        table.insert(key.to_owned(), of_first[key].clone());
    }
    table.insert("model".to_owned(), toml::Value::try_from(model)?);
    table.insert("input".to_owned(), toml::toml! { rows = "users" }.into());
    table.insert("evaluation".to_owned(), toml::Value::try_from(evaluation)?);
    Ok(table)
}

/// Of the blend of this name.
fn id(name: &str, results: &Path) -> Result<TrialId> {
    let folder = places::one_run(name, None, results)?;
    let id = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    TrialId::try_from(id).map_err(Error::msg)
}

/// Those of the metrics that a blend has; the default ones, where there are none.
fn of_ratings(metrics: &Metrics) -> Metrics {
    let of_ratings = metrics.list().iter().copied().filter(|metric| matches!(metric, Metric::Rating(_)));
    Metrics::try_from(of_ratings.collect::<Vec<_>>()).unwrap_or(EvaluationConfig::default().metrics)
}

/// A line for each member, and one for all together.
fn table(members: &[Run], folder: &Path) -> Result<String> {
    let blend = Trained::of(folder, Device::Cpu)?;
    let learned = blend.model.weights();
    let numbers = |name: &str| -> Vec<f32> {
        let found = learned.iter().find(|(known, _)| known == name);
        found.and_then(|(_, tensor)| Vec::try_from(tensor).ok()).unwrap_or_default()
    };
    let metric =
        |finished: Option<&Finished>, name: &str| format::metric(finished.and_then(|finished| finished.metric(name)));
    let row = |record: &RunRecord, weight: String| {
        let finished = record.outcome.finished();
        let [validation, test] = ["validation.rmse", "test.rmse"].map(|name| metric(finished, name));
        vec![record.trial.clone(), record.experiment.clone(), record.seed.to_string(), validation, test, weight]
    };
    let head = ["trial", "experiment", "seed", "validation rmse", "test rmse", "weight"].map(str::to_owned).to_vec();
    let members = members.iter().zip(numbers("weights")).map(|(run, weight)| row(&run.record, format!("{weight:.4}")));
    let offset = numbers("offset").first().map_or(String::new(), |offset| format!("offset {offset:+.4}"));
    let rows: Vec<Vec<String>> = [head].into_iter().chain(members).chain([row(&blend.record, offset)]).collect();
    Ok(format::columns(&rows))
}
