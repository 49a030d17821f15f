//! Everything that is derived from the records of an experiment, made anew.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::chart::{self, CurveOptions, Heading, Reference, Sweep, SweepPoint};
use crate::label::Labels;
use crate::record::{RunRecord, Swept};
use crate::summary::{metric_names, swept_paths};
use crate::{
    Group, Layout, ReportError, Trial, format, groups, read_trials, settings_csv, summary_csv, write_atomically,
};

/// What the charts show besides the records.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RedrawOptions {
    /// The first epochs, so many, that charts over epochs leave out.
    pub skip_epochs: usize,
    /// Published or otherwise known values by the full name of the metric, `test.rmse`. They are drawn in the sweep charts of
    /// the metric and in its charts over epochs.
    pub references: BTreeMap<String, Vec<Reference>>,
}

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Redrawn {
    /// Number of trials read.
    pub trials: usize,
    /// All files, also those that were up to date: summaries, charts over trials, charts of trials.
    pub files: Vec<PathBuf>,
}

/// Writes both summaries, the sweep charts and the charts of every trial from the records in `experiment` alone.
///
/// # Errors
/// If a record is broken, or the disk refuses.
pub fn redraw(experiment: &Path, options: &RedrawOptions) -> Result<Redrawn, ReportError> {
    let layout = Layout::new(experiment);
    let trials = read_trials(experiment)?;
    let mut files = vec![layout.summary(), layout.summary_by_setting()];
    write_atomically(&files[0], summary_csv(&trials).as_bytes())?;
    write_atomically(&files[1], settings_csv(&trials).as_bytes())?;
    let labels = Labels::of(trials.iter().map(|trial| &trial.record.swept));
    for (name, svg) in sweep_charts(&trials, &labels, options) {
        files.extend(chart::save(&svg, &layout.chart(&name))?);
    }
    let of_trials: Vec<Vec<PathBuf>> =
        trials.par_iter().map(|trial| draw_trial(trial, &layout, &labels, options)).collect::<Result<_, _>>()?;
    files.extend(of_trials.into_iter().flatten());
    Ok(Redrawn { trials: trials.len(), files })
}

/// Writes the charts of one trial, and returns their files.
fn draw_trial(
    trial: &Trial,
    layout: &Layout,
    labels: &Labels,
    options: &RedrawOptions,
) -> Result<Vec<PathBuf>, ReportError> {
    let folder = layout.trial(&trial.record.trial);
    let mut files = Vec::new();
    for (name, svg) in trial_charts(trial, labels, options) {
        files.extend(chart::save(&svg, &folder.chart(&name))?);
    }
    Ok(files)
}

/// `(name, SVG)` of the charts of one trial; none before its first epoch.
fn trial_charts(trial: &Trial, labels: &Labels, options: &RedrawOptions) -> Vec<(String, String)> {
    let (record, epochs) = (&trial.record, &trial.epochs);
    if epochs.rows.is_empty() {
        return Vec::new();
    }
    let selected_epoch = record.outcome.finished().map(|finished| finished.selected_epoch);
    let curve_options = |references| CurveOptions { skip_epochs: options.skip_epochs, references, selected_epoch };
    let heading = |title: String| Heading { title, subtitle: trial_line(record, labels) };
    let mut charts = Vec::new();
    if epochs.points("loss").is_some() {
        let svg = chart::loss(&heading("Loss over epochs".into()), epochs, &curve_options(Vec::new()));
        charts.push(("loss".to_owned(), svg));
    }
    for metric in epoch_metrics(&epochs.columns) {
        let title = format!("{} over epochs", format::metric_name(metric));
        let shown = curve_options(references(std::slice::from_ref(trial), &format!("test.{metric}"), options));
        charts.push((metric.to_owned(), chart::metric(&heading(title), metric, epochs, &shown)));
    }
    charts
}

/// `fills · trial 3fa2 · seed 1 · fill zero`: which run a chart is of.
fn trial_line(record: &RunRecord, labels: &Labels) -> String {
    let paths: Vec<_> = record.swept.keys().map(String::as_str).collect();
    let state = match record.outcome.finished() {
        Some(_) => String::new(),
        None => format!(" · {}", record.outcome.name()),
    };
    let setting = setting_line(&record.swept, &paths, labels);
    let setting = if setting.is_empty() { setting } else { format!(" · {setting}") };
    format!("{} · trial {} · seed {}{setting}{state}", record.experiment, record.trial, record.seed)
}

/// The metrics measured each epoch on train or validation, in the order of the columns; the loss is not one of them.
fn epoch_metrics(columns: &[String]) -> Vec<&str> {
    let mut metrics = Vec::new();
    for column in columns {
        let metric = column.strip_prefix("train.").or(column.strip_prefix("validation."));
        if let Some(metric) = metric.filter(|metric| *metric != "loss" && !metrics.contains(metric)) {
            metrics.push(metric);
        }
    }
    metrics
}

/// `(name, SVG)` of a chart for each test metric and swept parameter with at least two values.
fn sweep_charts(trials: &[Trial], labels: &Labels, options: &RedrawOptions) -> Vec<(String, String)> {
    let paths = swept_paths(trials);
    let mut charts = Vec::new();
    for full_name in metric_names(trials) {
        let Some(metric) = full_name.strip_prefix("test.") else { continue };
        for path in &paths {
            let data = sweep_data(trials, &full_name, path, &paths, labels, references(trials, &full_name, options));
            if data.points.iter().any(|point| point.value != data.points[0].value) {
                charts.push((
                    format!("{metric}_by_{path}"),
                    chart::sweep(&sweep_heading(trials, metric, &labels.name(path), &data.points), &data),
                ));
            }
        }
    }
    charts
}

fn sweep_heading(trials: &[Trial], metric: &str, parameter: &str, points: &[SweepPoint]) -> Heading {
    let experiment = trials.first().map_or("", |trial| &trial.record.experiment);
    let counts = || points.iter().map(|point| point.estimate.n);
    let seeds = match (counts().min().unwrap_or(0), counts().max().unwrap_or(0)) {
        (_, 0..=1) => "one seed each, so no interval".to_owned(),
        (least, most) => {
            let over = if least == most { format!("{most}") } else { format!("{least} to {most}") };
            format!("mean and 95 % t-interval over {over} seeds; faint points are single seeds")
        }
    };
    let title = format!("Test {} by {parameter}", format::metric_name(metric));
    Heading { title, subtitle: format!("{experiment} · {seeds}") }
}

fn sweep_data(
    trials: &[Trial],
    metric: &str,
    path: &str,
    paths: &[String],
    labels: &Labels,
    references: Vec<Reference>,
) -> Sweep {
    let others: Vec<_> = paths.iter().map(String::as_str).filter(|other| *other != path).collect();
    let point = |group: Group| {
        let value = group.swept.get(path)?.clone();
        let label = labels.value(path, &value);
        let series = setting_line(&group.swept, &others, labels);
        Some(SweepPoint { value, label, series, estimate: group.estimate, seeds: group.values })
    };
    let points = groups(trials, metric).into_iter().filter_map(point).collect();
    let metric = metric.strip_prefix("test.").unwrap_or(metric);
    Sweep { parameter: path.to_owned(), metric: format!("test {}", format::metric_axis(metric)), points, references }
}

/// The lines of known values for a metric: the given ones, and for RMSE the noise floor of synthetic data.
fn references(trials: &[Trial], metric: &str, options: &RedrawOptions) -> Vec<Reference> {
    let mut references = options.references.get(metric).cloned().unwrap_or_default();
    let floors: Vec<_> = trials.iter().map(|trial| trial.record.data.noise_floor).collect();
    // A sweep over data sets has several floors, none of which holds for the whole chart.
    if let (Some(Some(floor)), "test.rmse") = (floors.first(), metric)
        && floors.iter().all(|other| *other == Some(*floor))
    {
        references.push(Reference { label: format!("noise floor {}", format::metric(Some(*floor))), value: *floor });
    }
    references
}

/// `fill zero · layers 256-512-256`: the values that a setting has for `paths`. What is an empty list is not there, and is
/// said only where nothing else is.
fn setting_line(swept: &Swept, paths: &[&str], labels: &Labels) -> String {
    let there =
        |path: &&&str| swept.get(**path).is_some_and(|value| value.as_array().is_none_or(|list| !list.is_empty()));
    let value = |path: &&str| Some(format!("{} {}", labels.name(path), labels.value(path, swept.get(*path)?)));
    let line = paths.iter().filter(there).filter_map(value).collect::<Vec<_>>().join(" · ");
    if line.is_empty() && paths.iter().any(|path| swept.contains_key(*path)) { "none".to_owned() } else { line }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::record::tests::record;
    use crate::{EpochLog, Outcome};

    /// Two fills, one seed each, and a trial that failed in its third epoch.
    fn experiment(folder: &Path) {
        let layout = Layout::new(folder);
        let failed = Outcome::Failed { reason: "loss is NaN".into(), epoch: Some(3) };
        let records = [
            record("a", 1, &[("input.fill", json!("zero"))], Some(0.87)),
            record("b", 1, &[("input.fill", json!("user-mean"))], Some(0.86)),
            RunRecord { outcome: failed, ..record("c", 1, &[("input.fill", json!("bias"))], None) },
        ];
        for record in records {
            let trial = layout.trial(&record.trial);
            record.save(&trial.record()).unwrap();
            let mut log = EpochLog::create(&trial.epochs(), &["loss", "train.rmse", "validation.rmse"]).unwrap();
            log.append(1, &[Some(1.2), Some(1.0), None]).unwrap();
            log.append(2, &[Some(1.1), Some(0.9), Some(0.95)]).unwrap();
        }
    }

    #[test]
    fn everything_is_made_from_the_records() {
        let folder = tempfile::tempdir().unwrap();
        experiment(folder.path());
        let redrawn = redraw(folder.path(), &RedrawOptions::default()).unwrap();
        let mut files: Vec<_> = redrawn.files.iter().map(|file| file.strip_prefix(folder.path()).unwrap()).collect();
        files.retain(|file| file.extension().is_some_and(|extension| extension != "png"));
        let expected = [
            "summary.csv",
            "summary_by_setting.csv",
            "charts/rmse_by_input.fill.svg",
            "charts/user-rmse_by_input.fill.svg",
            "a/loss.svg",
            "a/rmse.svg",
            "b/loss.svg",
            "b/rmse.svg",
            "c/loss.svg",
            "c/rmse.svg",
        ];
        assert_eq!(files, expected.map(Path::new));
        assert!(redrawn.files.iter().all(|file| file.is_file()));
        assert_eq!(redrawn.trials, 3);
        let again = redraw(folder.path(), &RedrawOptions::default()).unwrap();
        assert_eq!(again, redrawn);
    }

    #[test]
    fn an_empty_experiment_has_empty_summaries() {
        let folder = tempfile::tempdir().unwrap();
        let redrawn = redraw(folder.path(), &RedrawOptions::default()).unwrap();
        assert_eq!((redrawn.trials, redrawn.files.len()), (0, 2));
        let text = redraw(&folder.path().join("absent"), &RedrawOptions::default()).unwrap_err().to_string();
        assert!(text.contains("absent") && text.contains("check the path"), "{text}");
    }

    #[test]
    fn known_values_are_drawn_where_they_belong() {
        let folder = tempfile::tempdir().unwrap();
        experiment(folder.path());
        let reference = Reference { label: "published: 0.857".into(), value: 0.857 };
        let references = [("test.user-rmse".to_owned(), vec![reference])].into();
        redraw(folder.path(), &RedrawOptions { references, ..RedrawOptions::default() }).unwrap();
        let cases = [
            ("charts/user-rmse_by_input.fill.svg", "published: 0.857", true),
            ("charts/rmse_by_input.fill.svg", "published: 0.857", false),
            ("charts/rmse_by_input.fill.svg", "noise floor 0.5000", true),
            ("charts/user-rmse_by_input.fill.svg", "noise floor", false),
            ("a/rmse.svg", "noise floor 0.5000", true),
            ("a/rmse.svg", "selected epoch", false),
            ("c/rmse.svg", "failed", true),
        ];
        for (file, text, expected) in cases {
            let svg = std::fs::read_to_string(folder.path().join(file)).unwrap();
            assert_eq!(svg.contains(text), expected, "{file}: {text}");
        }
    }
}
