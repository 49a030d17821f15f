//! Where results lie that the command line names: folders, experiments and trials.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use hourglass_report::{Filter, Layout, Run, read_runs};

use crate::config_error::did_you_mean;
use crate::spec::Spec;

/// The runs at `places`, each read once; without a place, all in `results`. A place is the folder of a trial, of an experiment
/// or of several, an experiment file, the name of an experiment, or the beginning of a trial's id. Broken records are told in a
/// line each.
///
/// # Errors
/// When a place has no run.
pub fn runs(places: &[String], results: &Path) -> Result<Vec<Run>> {
    Ok(read(&folders(places, results)?))
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
    for asked in filter.paths() {
        if !runs.is_empty() && runs.iter().all(|run| run.value(&asked.path).is_none()) {
            let known: Vec<String> = runs.iter().flat_map(Run::paths).collect();
            let known = known.iter().map(String::as_str);
            bail!("the filter `{text}`, {asked}: no run has it{}", did_you_mean(&asked.path, known));
        }
    }
    runs.retain(|run| filter.holds(&|path| run.value(path)));
    Ok(runs)
}

/// The folders of the trials at `places`, each once; without a place, of all in `results`.
///
/// # Errors
/// When a place has no trial.
pub fn folders(places: &[String], results: &Path) -> Result<Vec<PathBuf>> {
    let mut folders = if places.is_empty() { below(results, 2) } else { Vec::new() };
    for place in places {
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

/// The folders of trials at one place.
fn folders_of(place: &str, results: &Path) -> Result<Vec<PathBuf>> {
    let path = Path::new(place);
    if path.is_file() {
        let name = Spec::read(path, &[])?.name;
        return Ok(below(&results.join(name.as_str()), 1));
    }
    let by_path = below(path, 2);
    let by_name = below(&results.join(place), 1);
    Ok(match (by_path.is_empty(), by_name.is_empty()) {
        (false, _) => by_path,
        (true, false) => by_name,
        (true, true) => below(results, 2).into_iter().filter(|folder| name_of(folder).starts_with(place)).collect(),
    })
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
