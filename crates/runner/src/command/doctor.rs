//! `hourglass doctor`: what a reviewer would question in an experiment file.

use anyhow::{Context, Result};

use super::print;
use crate::cli;
use crate::doctor::{Diagnosis, Finding, Severity, examine};
use crate::prepare::DataCache;

/// Prints what there is to question; with `--strict`, it is a failure where anything is wrong or doubtful.
///
/// # Errors
/// When the file is no experiment.
pub fn doctor(arguments: &cli::Doctor) -> Result<u8> {
    let experiment = &arguments.experiment;
    let data = (!arguments.without_data).then(|| DataCache::beside(&arguments.results.root));
    let diagnosis = examine(&experiment.file, &experiment.assignments, data)?;
    match arguments.json {
        true => {
            print(&(serde_json::to_string_pretty(&diagnosis).context("cannot write the findings as JSON")? + "\n"))?
        }
        false => print(&text(&experiment.file.display().to_string(), &diagnosis))?,
    }
    let is_grave = |finding: &Finding| finding.severity < Severity::Note;
    let fails = arguments.strict && diagnosis.findings.iter().any(is_grave);
    Ok(u8::from(fails))
}

fn text(name: &str, diagnosis: &Diagnosis) -> String {
    let findings: String = diagnosis.findings.iter().map(|finding| of_finding(finding, diagnosis.settings)).collect();
    let settings = match (diagnosis.settings, diagnosis.more) {
        (1, _) => "one setting".to_owned(),
        (settings, false) => format!("{settings} settings"),
        (settings, true) => format!("the first {settings} settings"),
    };
    let data = match &diagnosis.without_data {
        None => String::new(),
        Some(reason) => format!("the data was not looked at, and some questions not asked: {reason}\n"),
    };
    findings + &data + &format!("{name}: {} ({settings})\n", summary(&diagnosis.findings))
}

/// `1 wrong, 2 doubtful, 1 note`.
fn summary(findings: &[Finding]) -> String {
    let counts = [Severity::Wrong, Severity::Doubtful, Severity::Note].map(|severity| {
        let count = findings.iter().filter(|finding| finding.severity == severity).count();
        let several = if severity == Severity::Note && count > 1 { "s" } else { "" };
        (count > 0).then(|| format!("{count} {}{several}", severity.name()))
    });
    let counts: Vec<String> = counts.into_iter().flatten().collect();
    if counts.is_empty() { "nothing to question".to_owned() } else { counts.join(", ") }
}

fn of_finding(finding: &Finding, settings: usize) -> String {
    let place = &finding.place;
    let value = finding.value.as_ref().map_or_else(String::new, |value| format!(" = {value}"));
    let trap = finding.trap.map_or_else(String::new, |trap| format!(", T{trap}"));
    let share = if finding.settings < settings {
        format!(", in {} of {settings} settings", finding.settings)
    } else {
        String::new()
    };
    format!(
        "{}:{}:{}: {}: {}{value}: {} [{}{trap}{share}]\n  why: {}\n  remedy: {}\n",
        place.file,
        place.line,
        place.column,
        finding.severity.name(),
        finding.key,
        finding.says,
        finding.check,
        finding.why,
        finding.remedy,
    )
}
