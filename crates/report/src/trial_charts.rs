//! Which charts of one trial there are to draw.

use crate::attribute_errors::{AttributeError, attribute_chart_name};
use crate::chart::{self, CurveOptions, ErrorByActivity, Heading};
use crate::experiment_charts::{SHOWN, activity_label, setting_line};
use crate::label::Labels;
use crate::redraw::{RedrawOptions, references};
use crate::test_tables::{ActivityError, PredictionCount, read_lines};
use crate::{ReportError, RunRecord, Trial, TrialFolder, format};

/// `(name, SVG)` of the charts of one trial; none before its first epoch.
///
/// # Errors
/// If a table of its test is broken.
pub(crate) fn trial_charts(
    trial: &Trial,
    folder: &TrialFolder,
    labels: &Labels,
    options: &RedrawOptions,
) -> Result<Vec<(String, String)>, ReportError> {
    let mut charts = if trial.epochs.rows.is_empty() { Vec::new() } else { curves(trial, labels, options) };
    charts.extend(test_charts(trial, folder, labels)?);
    Ok(charts)
}

/// Loss and metrics over epochs.
fn curves(trial: &Trial, labels: &Labels, options: &RedrawOptions) -> Vec<(String, String)> {
    let (record, epochs) = (&trial.record, &trial.epochs);
    let selected_epoch = record.outcome.finished().map(|finished| finished.selected_epoch);
    let curve_options = |references| CurveOptions { skip_epochs: options.skip_epochs, references, selected_epoch };
    let heading = |title: String| Heading { title, subtitle: trial_line(record, labels) };
    let mut charts = Vec::new();
    // A finished baseline has no loss, and lists have no errors of ratings: there is nothing to wait for.
    let is_drawn = |columns: [&str; 2]| {
        let of = |column: &str| epochs.points(column).unwrap_or_default();
        !record.is_finished() || columns.into_iter().flat_map(of).any(|(_, value)| value.is_some())
    };
    if epochs.points("loss").is_some() && is_drawn(["loss", "validation.loss"]) {
        let svg = chart::loss(&heading("Loss over epochs".into()), epochs, &curve_options(Vec::new()));
        charts.push(("loss".to_owned(), svg));
    }
    let measured = |metric: &&str| is_drawn([&format!("train.{metric}"), &format!("validation.{metric}")]);
    for metric in epoch_metrics(&epochs.columns).into_iter().filter(measured) {
        let title = format!("{} over epochs", format::metric_name(metric));
        let shown = curve_options(references(std::slice::from_ref(trial), &format!("test.{metric}"), options));
        charts.push((metric.to_owned(), chart::metric(&heading(title), metric, epochs, &shown)));
    }
    charts
}

/// What the test of a finished trial left: predictions against ratings, and errors of cold and warm users.
fn test_charts(trial: &Trial, folder: &TrialFolder, labels: &Labels) -> Result<Vec<(String, String)>, ReportError> {
    let mut charts = Vec::new();
    if !trial.record.is_finished() {
        return Ok(charts);
    }
    let heading = |title: &str| Heading { title: title.to_owned(), subtitle: trial_line(&trial.record, labels) };
    let predictions: Vec<PredictionCount> = read_lines(&folder.predictions())?;
    if !predictions.is_empty() {
        let svg = chart::predicted(&heading("Predicted against true test ratings"), &predictions);
        charts.push(("predictions".to_owned(), svg));
    }
    let errors: Vec<ActivityError> = read_lines(&folder.error_by_activity())?;
    if !errors.is_empty() {
        let series = |name: &str, error: fn(&ActivityError) -> f64| {
            (format::metric_name(name), errors.iter().map(|line| Some(error(line))).collect())
        };
        let data = ErrorByActivity {
            of: SHOWN.into(),
            is_ordered: true,
            metric: "test error (rating points)".into(),
            users: errors.iter().map(activity_label).collect(),
            series: vec![series("rmse", |line| line.rmse), series("mae", |line| line.mae)],
        };
        let title = "Test error from cold to warm users";
        charts.push(("error_by_activity".to_owned(), chart::error_by_activity(&heading(title), &data)));
    }
    let errors: Vec<AttributeError> = read_lines(&folder.error_by_attribute())?;
    charts.extend(errors.chunk_by(|a, b| a.attribute == b.attribute).map(|lines| {
        let attribute = &lines[0].attribute;
        let heading = heading(&format!("Test error of users by {attribute}"));
        (attribute_chart_name(attribute), chart::error_by_activity(&heading, &attribute_data(attribute, lines)))
    }));
    Ok(charts)
}

/// Errors of one trial for each value of an attribute.
fn attribute_data(attribute: &str, lines: &[AttributeError]) -> ErrorByActivity {
    let series = |name: &str, error: fn(&AttributeError) -> f64| {
        (format::metric_name(name), lines.iter().map(|line| Some(error(line))).collect())
    };
    ErrorByActivity {
        of: format!("{attribute} of the user"),
        is_ordered: false,
        metric: "test error (rating points)".into(),
        users: lines.iter().map(|line| (line.value.clone(), line.users)).collect(),
        series: vec![series("rmse", |line| line.rmse), series("mae", |line| line.mae)],
    }
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
