//! Where results lie that the command line names: folders, experiments, trials, and the best of many.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail, ensure};
use hourglass_report::comparison::tell_apart;
use hourglass_report::{Filter, Finished, Layout, Run, metrics_of, read_runs};
use hourglass_train::metric::higher_is_better;

use crate::config_error::did_you_mean;
use crate::spec::Spec;

/// The runs at `places`, each read once; without a place, all in `results`. A place is the folder of a trial, of an experiment
/// or of several, an experiment file, the name of an experiment, the beginning of a trial's id (with or without its folder), or
/// `best:PLACE:METRIC`. Broken records are told in a line each.
///
/// # Errors
/// When a place has no run.
pub fn runs(places: &[String], results: &Path) -> Result<Vec<Run>> {
    Ok(read(&folders(places, results)?))
}

/// The same, with what else [tells those of an experiment apart](tell_apart) beside what was swept.
///
/// # Errors
/// When a place has no run.
pub fn runs_told_apart(places: &[String], results: &Path) -> Result<Vec<Run>> {
    let mut runs = runs(places, results)?;
    tell_apart(&mut runs);
    Ok(runs)
}

/// The runs of the experiment whose results these are, told apart as well; none where there are none.
pub fn runs_of_experiment(folder: &Path) -> Vec<Run> {
    let mut runs = read(&below(folder, 1));
    tell_apart(&mut runs);
    runs
}

/// The runs in these folders. Broken records are told in a line each.
pub fn read(folders: &[PathBuf]) -> Vec<Run> {
    let parse = |text: &str| toml::from_str(text).map_err(|error| error.message().to_owned());
    let found = read_runs(folders, parse);
    for broken in &found.broken {
        tracing::warn!("left out: {broken}");
    }
    found.runs
}

/// Those of `runs` for which the filter holds.
///
/// # Errors
/// When it is no filter, or asks for what no run has.
pub fn filtered(mut runs: Vec<Run>, text: Option<&str>) -> Result<Vec<Run>> {
    let Some(text) = text else { return Ok(runs) };
    let filter = Filter::parse(text).with_context(|| format!("the filter `{text}`"))?;
    if let Some(unknown) = unknown_path(&filter, &runs) {
        bail!("the filter `{text}`, {unknown}");
    }
    runs.retain(|run| filter.holds(&|path| run.value(path)));
    Ok(runs)
}

/// The first path that a filter asks for and none of `runs` has, with what may have been meant; nothing where there is no run.
pub fn unknown_path(filter: &Filter, runs: &[Run]) -> Option<String> {
    filter.paths().iter().find_map(|asked| Some(format!("{asked}: {}", not_there(&asked.path, runs)?)))
}

/// That none of `runs` has this path, with what may have been meant; nothing where one has it, or there is no run.
pub fn not_there(path: &str, runs: &[Run]) -> Option<String> {
    if runs.is_empty() || runs.iter().any(|run| run.value(path).is_some()) {
        return None;
    }
    let known: Vec<String> = runs.iter().flat_map(Run::paths).collect();
    Some(format!("no run has it{}", did_you_mean(path, known.iter().map(String::as_str))))
}

/// The folders of the trials at `places`, each once; without a place, of all in `results`.
///
/// # Errors
/// When a place has no trial.
pub fn folders(places: &[String], results: &Path) -> Result<Vec<PathBuf>> {
    ensure!(
        !places.is_empty() || results.is_dir(),
        "there is no folder {}; run an experiment, or name its results: --results FOLDER",
        results.display()
    );
    let mut folders = if places.is_empty() { below(results, 2) } else { Vec::new() };
    for place in places {
        if let Some(best) = place.strip_prefix("best:") {
            folders.push(best_run(best, results)?);
            continue;
        }
        let found = folders_of(place, results)?;
        if found.is_empty() {
            bail!("{}", nothing_at(place, results));
        }
        folders.extend(found);
    }
    folders.sort();
    folders.dedup();
    Ok(folders)
}

/// The folder of the one run that is meant: by a place where there is one only, or one that is finished and whose id begins with
/// `only`; or by `best:PLACE:METRIC`, which is the finished run of a place whose metric is best.
///
/// # Errors
/// When there is none, or several; the error lists them.
pub fn one_run(name: &str, only: Option<&str>, results: &Path) -> Result<PathBuf> {
    if let Some(best) = name.strip_prefix("best:") {
        ensure!(only.is_none(), "{name}: the best run is one already; leave --only out");
        return best_run(best, results);
    }
    let folders = folders_of(name, results)?;
    match &folders[..] {
        [only_one] if only.is_none() => return Ok(only_one.clone()),
        [] if is_experiment(Path::new(name)) => bail!("{}", not_run(name, results)?),
        [] => bail!("{}", nothing_at(name, results)),
        _ => {}
    }
    let finished: Vec<Run> =
        runs(&[name.to_owned()], results)?.into_iter().filter(|run| run.record.is_finished()).collect();
    let wanted = |run: &&Run| only.is_none_or(|id| run.record.trial.starts_with(id));
    match (finished.iter().filter(wanted).collect::<Vec<_>>().as_slice(), only) {
        // A trial that stands in several experiments is the same in each.
        ([run, others @ ..], _) if others.iter().all(|other| other.record.trial == run.record.trial) => {
            Ok(run.folder.clone())
        }
        _ if finished.is_empty() => bail!("{}", not_run(name, results)?),
        (_, Some(id)) => {
            bail!("--only {id}: not one finished trial's id begins so; choose one with --only ID:\n{}", list(&finished))
        }
        (_, None) => bail!(
            "{name} has several finished trials; choose one with --only ID, or the best with best:{name}:validation.rmse:\n{}",
            list(&finished)
        ),
    }
}

/// The best of `PLACE:METRIC`; of equally good ones, the first of the plan.
fn best_run(text: &str, results: &Path) -> Result<PathBuf> {
    let Some((place, metric)) = text.rsplit_once(':').filter(|(place, metric)| !place.is_empty() && !metric.is_empty())
    else {
        bail!("`best:{text}`: expected best:PLACE:METRIC, for example best:results/demo:validation.rmse");
    };
    let runs = runs(&[place.to_owned()], results)?;
    let finished = runs.iter().filter_map(|run| Some((run, run.record.outcome.finished()?)));
    let sign = if higher_is_better(metric) { -1.0 } else { 1.0 };
    let value = |(run, finished): (_, &Finished)| Some((sign * finished.metric(metric)?, run));
    let measured = finished.filter_map(value).filter(|(value, _)| value.is_finite());
    let best = measured.min_by(|(left, _), (right, _): &(f64, &Run)| left.total_cmp(right));
    if metric.starts_with("test.") && runs.len() > 1 {
        tracing::warn!("best:{text} chooses by the test ratings: what it measures on them is too good to be published");
    }
    best.map(|(_, run): (f64, &Run)| run.folder.clone()).ok_or_else(|| {
        let known = Vec::from_iter(metrics_of(&runs));
        let there =
            if known.is_empty() { "none is finished".to_owned() } else { format!("there are {}", known.join(", ")) };
        let near = did_you_mean(metric, known.iter().map(String::as_str));
        anyhow!("`best:{text}`: no finished run of {place} has a value of `{metric}`; {there}{near}")
    })
}

fn is_experiment(path: &Path) -> bool {
    path.is_file() || path.extension().is_some_and(|ending| ending == "toml")
}

fn not_run(name: &str, results: &Path) -> Result<String> {
    let path = Path::new(name);
    if !is_experiment(path) {
        return Ok(format!("{name} has no finished trial; see what there is: hourglass list"));
    }
    let spec = Spec::read(path, &[])?;
    let experiment = results.join(spec.name.as_str());
    Ok(format!("{} has no finished trial in {}; run it first: hourglass run {name}", spec.name, experiment.display()))
}

/// `  3fa2c1d0  seed 1  input.fill = "zero"`.
fn list(runs: &[Run]) -> String {
    let line = |Run { record, .. }: &Run| {
        let swept = record.swept.iter().map(|(path, value)| format!("  {path} = {value}")).collect::<String>();
        format!("  {}  {}  seed {}{swept}", record.experiment, record.trial, record.seed)
    };
    runs.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The folders of trials at one place.
fn folders_of(place: &str, results: &Path) -> Result<Vec<PathBuf>> {
    let path = Path::new(place);
    if is_experiment(path) {
        let name = Spec::read(path, &[])?.name;
        return Ok(below(&results.join(name.as_str()), 1));
    }
    let begin_with = |mut folders: Vec<PathBuf>, id: &str| {
        folders.retain(|folder| name_of(folder).starts_with(id));
        folders
    };
    let by_path = || below(path, 2);
    let by_name = || below(&results.join(place), 1);
    let by_path_of_id = || path.parent().map_or_else(Vec::new, |folder| begin_with(below(folder, 1), &name_of(path)));
    let by_id = || begin_with(below(results, 2), place);
    let ways: [&dyn Fn() -> Vec<PathBuf>; 4] = [&by_path, &by_name, &by_path_of_id, &by_id];
    Ok(ways.iter().map(|way| way()).find(|found| !found.is_empty()).unwrap_or_default())
}

/// Folders of trials at `folder` and down to `depth` below it.
fn below(folder: &Path, depth: usize) -> Vec<PathBuf> {
    let name = name_of(folder);
    if Layout::new(folder.parent().unwrap_or(folder)).trial(&name).record().is_file() {
        return vec![folder.to_owned()];
    }
    let entries = fs::read_dir(folder).into_iter().filter(|_| depth > 0).flatten().filter_map(Result::ok);
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    folders.flat_map(|entry| below(&entry.path(), depth - 1)).collect()
}

fn name_of(folder: &Path) -> String {
    folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Says what was looked for, and what there is.
fn nothing_at(place: &str, results: &Path) -> String {
    let mut known: Vec<String> = below(results, 2).iter().filter_map(|folder| folder.parent().map(name_of)).collect();
    known.sort();
    known.dedup();
    let there = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    format!(
        "`{place}` has no results: expected the folder of a trial or of an experiment, an experiment file, the name of an \
         experiment, or the beginning of a trial's id; experiments in {}: {there}{}",
        results.display(),
        did_you_mean(place, known.iter().map(String::as_str)),
    )
}
