//! `hourglass check`: what experiments claim, beside what was measured.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use hourglass_report::{Layout, Run, format, write_atomically};

use super::print;
use crate::claim::Checked;
use crate::cli;
use crate::experiment_file::ExperimentFile;
use crate::places;
use crate::plan::Plan;
use crate::spec::Spec;

/// The exit code where a claim is missed, or cannot be told yet.
const NOT_ALL_MET: u8 = 4;

/// An experiment with claims, and what came of them.
struct Experiment {
    file: PathBuf,
    spec: Spec,
    /// Trials that are not finished, and all.
    unfinished: (usize, usize),
    checked: Vec<Checked>,
}

/// Prints a table for each experiment that claims something.
///
/// # Errors
/// When there is none, one cannot be read, or a file cannot be written.
pub fn check(arguments: &cli::Check) -> Result<u8> {
    let mut files = Vec::new();
    for place in &arguments.places {
        files.extend(experiment_files(place)?);
    }
    let mut experiments = Vec::new();
    for file in files {
        let spec = ExperimentFile::open(&file)?.spec;
        if !spec.expect.is_empty() {
            experiments.push(Experiment::check(file, spec, &arguments.results.root)?);
        }
    }
    ensure!(
        !experiments.is_empty(),
        "no experiment there claims anything; a claim is a table [[expect]], see docs/checking.md"
    );
    if let Some(path) = &arguments.markdown {
        let text = experiments.iter().map(Experiment::markdown).collect::<Vec<_>>().join("\n");
        write_atomically(path, text.as_bytes())?;
    }
    print(&experiments.iter().map(Experiment::text).collect::<Vec<_>>().join("\n"))?;
    let verdicts = || experiments.iter().flat_map(|experiment| &experiment.checked);
    let open = verdicts().filter(|checked| !checked.verdict.is_settled()).count();
    print(&format!("\n{} claims in {} experiments, {open} open\n", verdicts().count(), experiments.len()))?;
    Ok(if open > 0 { NOT_ALL_MET } else { 0 })
}

/// A file itself, or all experiment files in a folder and below, by name; those of trials are none.
fn experiment_files(place: &Path) -> Result<Vec<PathBuf>> {
    if !place.is_dir() {
        return Ok(vec![place.to_owned()]);
    }
    let entries = fs::read_dir(place).with_context(|| format!("cannot read {}", place.display()))?;
    let mut paths: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    paths.sort();
    let is_trial = |path: &Path| path.join("run.json").is_file();
    let is_file = |path: &Path| path.extension().is_some_and(|extension| extension == "toml");
    paths.retain(|path| if path.is_dir() { !is_trial(path) } else { is_file(path) });
    Ok(paths.iter().map(|path| experiment_files(path)).collect::<Result<Vec<_>>>()?.concat())
}

impl Experiment {
    fn check(file: PathBuf, spec: Spec, results: &Path) -> Result<Self> {
        let layout = Layout::new(results.join(spec.name.as_str()));
        let trials = Plan::new(spec.clone())?.trials;
        let folders = trials.iter().map(|trial| layout.trial(&trial.id)).filter(|trial| trial.record().is_file());
        let runs: Vec<Run> = places::read(&folders.map(|trial| trial.folder().to_owned()).collect::<Vec<_>>());
        let finished = runs.iter().filter(|run| run.record.is_finished()).count();
        let checked = spec.expect.iter().map(|claim| claim.check(&runs)).collect();
        Ok(Self { file, unfinished: (trials.len() - finished, trials.len()), spec, checked })
    }

    fn rows(&self) -> Vec<Vec<String>> {
        let head = ["claim", "measured", "expected", "source", "verdict"].map(str::to_owned).to_vec();
        let rows = self.spec.expect.iter().zip(&self.checked).map(|(claim, checked)| {
            let measured = checked.measured.as_ref().map_or(format::MISSING.to_owned(), format::estimate);
            vec![claim.text(), measured, checked.expected.clone(), claim.source.clone(), checked.verdict.text()]
        });
        std::iter::once(head).chain(rows).collect()
    }

    fn unfinished(&self) -> String {
        match (self.unfinished, absent(&self.spec)) {
            ((0, _), _) => String::new(),
            ((left, all), Some(absent)) => {
                format!("{left} of {all} trials are not finished, and their data is not there: {absent}\n")
            }
            ((left, all), None) => {
                format!("{left} of {all} trials are not finished: hourglass run {}\n", self.file.display())
            }
        }
    }

    fn text(&self) -> String {
        let Spec { name, description, .. } = &self.spec;
        let title = if description.is_empty() { name.to_string() } else { format!("{name}: {description}") };
        format!("{title}\n{}{}", format::columns(&self.rows()), self.unfinished())
    }

    fn markdown(&self) -> String {
        let (name, description) = (&self.spec.name, &self.spec.description);
        let table = format::markdown(&self.rows());
        format!(
            "## {name}\n\n{description}\n\n`hourglass run {}`\n\n{table}\n{}",
            self.file.display(),
            self.unfinished()
        )
    }
}

/// What of an experiment's data is not there; ratings that are made up always are.
fn absent(spec: &Spec) -> Option<String> {
    match spec.data.files() {
        Ok(files) => files.iter().find(|file| !file.exists()).map(|file| format!("no {}", file.display())),
        Err(error) => Some(error.to_string()),
    }
}
