//! What a reviewer would question in an experiment file.
//!
//! Each check is one function in the file of its family, and a line in that file's list. It looks at one resolved setting of the
//! experiment; settings that say the same become one finding, with the place in the file where it is written.

mod check;
mod data;
mod loss;
mod metrics;
mod published;
mod references;
mod selection;
mod setting;

use std::path::Path;

use anyhow::Result;
use serde::Serialize;

use crate::cli::Choice;
use crate::experiment_file::{ExperimentFile, Place};
use crate::overrides::Assignment;
use crate::plan::{Plan, Trial};
use crate::prepare::DataCache;
use crate::spec::Seeds;

pub use check::{Check, Raised, Severity};
pub use setting::Setting;

/// Every check, by family.
const FAMILIES: [&[Check]; 5] = [data::CHECKS, loss::CHECKS, selection::CHECKS, metrics::CHECKS, references::CHECKS];

/// So many settings of a sweep are looked at, the first ones.
const MOST_SETTINGS: usize = 500;

/// Something that a reviewer would question.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// How much it weighs.
    pub severity: Severity,
    /// The name of the check.
    pub check: &'static str,
    /// The number of the trap of `docs/traps.md` that it belongs to.
    pub trap: Option<u8>,
    /// Where it is written, or else what it would be a part of.
    pub place: Place,
    /// The dotted path of the setting.
    pub key: String,
    /// What is set there, unless it is a table.
    pub value: Option<String>,
    /// What there is to question.
    pub says: String,
    /// Why it matters.
    pub why: &'static str,
    /// What would settle it.
    pub remedy: String,
    /// In how many settings.
    pub settings: usize,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diagnosis {
    /// The gravest first, then in the order of the file.
    pub findings: Vec<Finding>,
    /// Settings that were looked at.
    pub settings: usize,
    /// Whether the sweep has more.
    pub more: bool,
    /// Why the data was not looked at, if it was not.
    pub without_data: Option<String>,
}

/// Looks at an experiment file, and at its data where there is a place to prepare it.
///
/// # Errors
/// When the file is no experiment.
pub fn examine(path: &Path, assignments: &[Assignment], mut data: Option<DataCache>) -> Result<Diagnosis> {
    let file = ExperimentFile::open(path)?;
    let experiment = file.spec.clone().with(assignments)?;
    // Seeds change no setting.
    let one_seed = crate::spec::Spec { seeds: Seeds::only(experiment.seeds.list()[0]), ..experiment.clone() };
    let choice = Choice { limit: Some(MOST_SETTINGS + 1), ..Choice::default() };
    let mut trials = Plan::chosen(one_seed, &choice).map_err(|error| file.locate(error))?.trials;
    let more = trials.len() > MOST_SETTINGS;
    trials.truncate(MOST_SETTINGS);
    let mut without_data = data.is_none().then(|| "--without-data".to_owned());
    let mut findings: Vec<Finding> = Vec::new();
    for trial in &trials {
        let loaded = data.as_mut().filter(|_| without_data.is_none()).map(|cache| cache.load(&trial.config));
        let dataset = match loaded.transpose() {
            Ok(dataset) => dataset,
            Err(error) => {
                without_data = Some(format!("{error:#}"));
                None
            }
        };
        let setting = Setting::new(&experiment, trial, trials.len(), dataset);
        look(&setting, &file, trial, &mut findings);
    }
    findings.sort_by(|a, b| (a.severity, &a.place).cmp(&(b.severity, &b.place)));
    Ok(Diagnosis { findings, settings: trials.len(), more, without_data })
}

/// Adds what this setting raises, or counts it, where another setting has raised the same.
fn look(setting: &Setting<'_>, file: &ExperimentFile, trial: &Trial, findings: &mut Vec<Finding>) {
    for check in FAMILIES.into_iter().flatten() {
        let Some(raised) = (check.look)(setting) else { continue };
        let same = |finding: &&mut Finding| finding.check == check.name && finding.says == raised.says;
        if let Some(known) = findings.iter_mut().find(same) {
            known.settings += 1;
            continue;
        }
        findings.push(Finding {
            severity: raised.severity,
            check: check.name,
            trap: check.trap,
            place: file.place(&raised.key, setting.swept(trial, &raised.key)),
            value: setting.written(&raised.key),
            key: raised.key,
            says: raised.says,
            why: check.why,
            remedy: raised.remedy,
            settings: 1,
        });
    }
}
