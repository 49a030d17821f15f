//! Tables over the trials of an experiment: one row per trial, and one row per setting over its seeds.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::record::{RunRecord, Swept};
use crate::{Estimate, Trial, estimate};

/// The seeds of one setting: trials that differ in nothing but the seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// What the setting has for the swept parameters.
    pub swept: Swept,
    /// The values of the metric, in the order of the trials; never empty.
    pub values: Vec<f64>,
    /// Their mean and interval.
    pub estimate: Estimate,
}

/// The finished trials grouped by setting, in the order of the trials, with the metric of this full name (`test.rmse`).
/// A trial without a value is left out, and so is a setting of which no trial has one.
pub fn groups(trials: &[Trial], metric: &str) -> Vec<Group> {
    let group = |swept: &Swept| {
        let values = values_of(trials, swept, metric);
        estimate(&values).map(|estimate| Group { swept: swept.clone(), values, estimate })
    };
    settings(trials).into_iter().filter_map(group).collect()
}

/// `summary.csv`: one row per trial. What is not known, or not there yet, is an empty cell.
pub fn summary_csv(trials: &[Trial]) -> String {
    let (paths, metrics) = (swept_paths(trials), metric_names(trials));
    let mut header = vec!["trial".to_owned(), "seed".to_owned()];
    header.extend(paths.iter().cloned());
    header.extend(["outcome", "epochs", "selected_epoch", "parameters", "seconds"].map(str::to_owned));
    header.extend(metrics.iter().cloned());
    table(header, trials.iter().map(|trial| trial_row(&trial.record, &paths, &metrics)))
}

fn trial_row(record: &RunRecord, paths: &[String], metrics: &[String]) -> Vec<String> {
    let finished = record.outcome.finished();
    let mut row = vec![record.trial.clone(), record.seed.to_string()];
    row.extend(paths.iter().map(|path| swept_text(&record.swept, path)));
    row.push(record.outcome.name().to_owned());
    row.push(finished.map_or(String::new(), |finished| finished.epochs.to_string()));
    row.push(finished.map_or(String::new(), |finished| finished.selected_epoch.to_string()));
    row.push(record.parameters.to_string());
    row.push(record.seconds.to_string());
    row.extend(metrics.iter().map(|metric| number(finished.and_then(|finished| finished.metric(metric)))));
    row
}

/// `summary_by_setting.csv`: one row per setting; for each metric the number of seeds with a value, their mean, and half the
/// width of its 95 % t-interval, which is empty, not 0, for a single seed.
pub fn settings_csv(trials: &[Trial]) -> String {
    let (paths, metrics) = (swept_paths(trials), metric_names(trials));
    let mut header = paths.clone();
    for metric in &metrics {
        header.extend(["n", "mean", "half_width"].map(|part| format!("{metric}.{part}")));
    }
    let rows = settings(trials).into_iter().map(|swept| {
        let mut row: Vec<_> = paths.iter().map(|path| swept_text(swept, path)).collect();
        for metric in &metrics {
            let estimate = estimate(&values_of(trials, swept, metric));
            row.push(estimate.map_or(0, |estimate| estimate.n).to_string());
            row.push(number(estimate.map(|estimate| estimate.mean)));
            row.push(number(estimate.and_then(|estimate| estimate.half_width)));
        }
        row
    });
    table(header, rows)
}

/// The swept parameters of any trial, in alphabetical order.
pub(crate) fn swept_paths(trials: &[Trial]) -> Vec<String> {
    let paths: BTreeSet<_> = trials.iter().flat_map(|trial| trial.record.swept.keys()).collect();
    paths.into_iter().cloned().collect()
}

/// The metrics of any finished trial, in the order of [`Finished::metric_names`](crate::Finished::metric_names).
pub(crate) fn metric_names(trials: &[Trial]) -> Vec<String> {
    let mut names = Vec::new();
    for name in trials.iter().filter_map(|trial| trial.record.outcome.finished()).flat_map(|f| f.metric_names()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.sort_by_key(|name| (name.starts_with("train."), name.starts_with("test.")));
    names
}

/// The different settings, in the order of the trials.
fn settings(trials: &[Trial]) -> Vec<&Swept> {
    let mut settings: Vec<&Swept> = Vec::new();
    for trial in trials {
        if !settings.contains(&&trial.record.swept) {
            settings.push(&trial.record.swept);
        }
    }
    settings
}

fn values_of(trials: &[Trial], swept: &Swept, metric: &str) -> Vec<f64> {
    let of_setting = trials.iter().map(|trial| &trial.record).filter(|record| record.swept == *swept);
    of_setting.filter_map(|record| record.outcome.finished()?.metric(metric)).collect()
}

/// A swept value as a cell: text as it is, anything else as JSON.
fn swept_text(swept: &Swept, path: &str) -> String {
    match swept.get(path) {
        None => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    }
}

/// The shortest text that reads back as the same number.
fn number(value: Option<f64>) -> String {
    value.map_or(String::new(), |value| format!("{value:?}"))
}

fn table(header: Vec<String>, rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in std::iter::once(header).chain(rows) {
        writer.write_record(row).expect("every row has one cell per column and memory takes it");
    }
    let bytes = writer.into_inner().expect("memory takes the last row");
    String::from_utf8(bytes).expect("text in, text out")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::record::tests::record;
    use crate::{EpochTable, Outcome};

    fn trials() -> Vec<Trial> {
        let trial = |record| Trial { record, epochs: EpochTable::default() };
        let deep = ("model.autoencoder.layers", json!([256, 512, 256]));
        let zero = [("input.fill", json!("zero")), deep.clone()];
        let three = [("input.fill", json!({"constant": 3})), deep];
        let failed = Outcome::Failed { reason: "loss is NaN".into(), epoch: Some(3) };
        vec![
            trial(record("a1", 1, &zero, Some(0.87))),
            trial(record("a2", 2, &zero, Some(0.88))),
            trial(record("b1", 1, &three, Some(0.9))),
            trial(RunRecord { outcome: failed, ..record("b2", 2, &three, None) }),
            trial(RunRecord { outcome: Outcome::Running, ..record("c1", 1, &[], None) }),
        ]
    }

    #[test]
    fn one_row_per_trial() {
        insta::assert_snapshot!(summary_csv(&trials()));
    }

    #[test]
    fn one_row_per_setting() {
        insta::assert_snapshot!(settings_csv(&trials()));
    }

    #[test]
    fn settings_without_a_value_are_left_out() {
        let found = groups(&trials(), "test.rmse");
        let table: Vec<_> = found.iter().map(|g| (g.swept["input.fill"].clone(), g.values.clone())).collect();
        assert_eq!(table, [(json!("zero"), vec![0.87, 0.88]), (json!({"constant": 3}), vec![0.9])]);
        assert_eq!(found[1].estimate.half_width, None);
        assert_eq!(groups(&trials(), "test.mae"), []);
    }

    #[test]
    fn an_experiment_without_trials_has_headers_only() {
        assert_eq!(summary_csv(&[]), "trial,seed,outcome,epochs,selected_epoch,parameters,seconds\n");
    }
}
