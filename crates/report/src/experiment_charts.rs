//! Which charts over the trials of an experiment there are to draw: those that say something.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::attribute_errors::{AttributeError, attribute_chart_name};
use crate::chart::parameter::in_order;
use crate::chart::{
    self, DotRow, ErrorByActivity, Heading, HeatMap, Parallel, ParallelLine, Reference, Sweep, SweepPoint,
};
use crate::label::Labels;
use crate::record::Swept;
use crate::redraw::{DrawnChart, RedrawOptions, references};
use crate::summary::{metric_names, swept_paths};
use crate::test_tables::{ActivityError, RatingCount, read_lines};
use crate::{Group, Layout, ReportError, Trial, TrialFolder, format, groups};

/// Everything that the charts of one metric are made of.
struct Measured<'a> {
    trials: &'a [Trial],
    /// The full name: `test.rmse`.
    metric: &'a str,
    /// The parameters that have at least two values.
    varying: &'a [String],
    labels: &'a Labels,
    /// Each setting with its seeds, the best first.
    ranked: Vec<Group>,
    higher_is_better: bool,
}

/// For each test metric: its mean against each parameter; over a grid of two, a heat map; over three or more, parallel coordinates;
/// and where there are several seeds, how much they differ. Then, where trials left tables of their test: errors of cold and warm
/// users in the best settings, and how often each rating is given.
///
/// # Errors
/// If a table of a test is broken.
pub(crate) fn experiment_charts(
    layout: &Layout,
    trials: &[Trial],
    labels: &Labels,
    options: &RedrawOptions,
) -> Result<Vec<DrawnChart>, ReportError> {
    let paths = swept_paths(trials);
    let varying: Vec<String> = paths.iter().filter(|path| values_of(trials, path).len() > 1).cloned().collect();
    let names = metric_names(trials);
    let metrics: Vec<Measured> = names
        .iter()
        .filter(|name| name.starts_with("test."))
        .map(|metric| measured(trials, metric, &varying, labels, options))
        .collect();
    let mut charts = Vec::new();
    for measured in &metrics {
        let known = references(trials, measured.metric, options);
        charts.extend(varying.iter().filter_map(|path| sweep_chart(measured, path, &paths, known.clone())));
        charts.extend(heat_map(measured));
        charts.extend(parallel(measured));
        charts.extend(dot_plot(measured));
    }
    let first = metrics.iter().find(|measured| measured.metric == "test.rmse").or(metrics.first());
    if let Some(measured) = first {
        charts.extend(error_charts(layout, measured)?);
    }
    charts.extend(histograms(layout, trials)?);
    Ok(charts)
}

fn measured<'a>(
    trials: &'a [Trial],
    metric: &'a str,
    varying: &'a [String],
    labels: &'a Labels,
    options: &RedrawOptions,
) -> Measured<'a> {
    let name = metric.strip_prefix("test.").unwrap_or(metric);
    let higher_is_better = (options.higher_is_better)(name);
    let direction = if higher_is_better { -1.0 } else { 1.0 };
    let mut ranked: Vec<Group> =
        groups(trials, metric).into_iter().filter(|group| group.estimate.mean.is_finite()).collect();
    ranked.sort_by(|a, b| (direction * a.estimate.mean).total_cmp(&(direction * b.estimate.mean)));
    Measured { trials, metric, varying, labels, ranked, higher_is_better }
}

impl Measured<'_> {
    /// `rmse`.
    fn name(&self) -> &str {
        self.metric.strip_prefix("test.").unwrap_or(self.metric)
    }

    /// `test RMSE (rating points)`.
    fn axis(&self) -> String {
        format!("test {}", format::metric_axis(self.name()))
    }

    fn heading(&self, of: &str, note: &str) -> Heading {
        let experiment = self.trials.first().map_or("", |trial| &trial.record.experiment);
        Heading {
            title: format!("Test {} {of}", format::metric_name(self.name())),
            subtitle: format!("{experiment} · {note}"),
        }
    }

    /// `mean over 3 seeds`.
    fn means(&self) -> String {
        let counts = || self.ranked.iter().map(|group| group.estimate.n);
        match (counts().min().unwrap_or(0), counts().max().unwrap_or(0)) {
            (_, 0..=1) => "one seed each".to_owned(),
            (least, most) if least == most => format!("mean over {most} seeds"),
            (least, most) => format!("mean over {least} to {most} seeds"),
        }
    }

    fn drawn(&self, name: &str, heading: &Heading, svg: String) -> DrawnChart {
        DrawnChart { name: format!("{}_{name}", self.name()), title: heading.title.clone(), svg }
    }

    fn setting(&self, group: &Group) -> String {
        let paths: Vec<&str> = self.varying.iter().map(String::as_str).collect();
        let line = setting_line(&group.swept, &paths, self.labels);
        if line.is_empty() { "all trials".to_owned() } else { line }
    }
}

/// The different values of a parameter among all trials, finished or not.
fn values_of(trials: &[Trial], path: &str) -> Vec<Value> {
    in_order(trials.iter().filter_map(|trial| trial.record.swept.get(path).cloned()))
}

fn sweep_chart(measured: &Measured, path: &str, paths: &[String], references: Vec<Reference>) -> Option<DrawnChart> {
    let data = sweep_data(measured.trials, measured.metric, path, paths, measured.labels, references);
    if data.points.iter().all(|point| point.value == data.points[0].value) {
        return None;
    }
    let heading = sweep_heading(measured.trials, measured.name(), &measured.labels.name(path), &data.points);
    let svg = chart::sweep(&heading, &data);
    Some(measured.drawn(&format!("by_{path}"), &heading, svg))
}

/// Where exactly two parameters vary, and more than half of their pairs are trials.
fn heat_map(measured: &Measured) -> Option<DrawnChart> {
    let [first, second] = measured.varying else { return None };
    let [mut down, mut across] = [first, second].map(|path| (path, values_of(measured.trials, path)));
    let pair = |swept: &Swept| Some((swept.get(first)?.to_string(), swept.get(second)?.to_string()));
    let pairs: BTreeSet<_> = measured.trials.iter().filter_map(|trial| pair(&trial.record.swept)).collect();
    if pairs.len() * 2 <= down.1.len() * across.1.len() || measured.ranked.is_empty() {
        return None;
    }
    if down.1.len() > across.1.len() {
        std::mem::swap(&mut down, &mut across);
    }
    let cell = |below: &Value, beside: &Value| {
        let is_here =
            |group: &&Group| group.swept.get(down.0) == Some(below) && group.swept.get(across.0) == Some(beside);
        measured.ranked.iter().find(is_here).map(|group| group.estimate.mean)
    };
    let names = |(path, values): &(&String, Vec<Value>)| {
        (measured.labels.name(path), values.iter().map(|value| measured.labels.value(path, value)).collect())
    };
    let data = HeatMap {
        across: names(&across),
        down: names(&down),
        metric: measured.axis(),
        cells: down.1.iter().map(|below| across.1.iter().map(|beside| cell(below, beside)).collect()).collect(),
        higher_is_better: measured.higher_is_better,
    };
    let of = format!("over {} and {}", measured.labels.name(across.0), measured.labels.name(down.0));
    let heading = measured.heading(&of, &format!("{}; the darker the better, the best has a frame", measured.means()));
    Some(measured.drawn("heat_map", &heading, chart::heat_map(&heading, &data)))
}

/// As many axes as can be told apart.
const MOST_PARAMETERS: usize = 8;

/// Where at least three parameters vary.
fn parallel(measured: &Measured) -> Option<DrawnChart> {
    if measured.varying.len() < 3 || measured.ranked.len() < 2 {
        return None;
    }
    let shown = &measured.varying[..measured.varying.len().min(MOST_PARAMETERS)];
    let value = |group: &Group, path: &String| match group.swept.get(path) {
        Some(value) => (value.clone(), measured.labels.value(path, value)),
        None => (Value::Null, format::MISSING.to_owned()),
    };
    let line = |group: &Group| ParallelLine {
        values: shown.iter().map(|path| value(group, path)).collect(),
        metric: group.estimate.mean,
    };
    let data = Parallel {
        parameters: shown.iter().map(|path| measured.labels.name(path)).collect(),
        metric: measured.axis(),
        lines: measured.ranked.iter().map(line).collect(),
    };
    let left_out = match measured.varying.len() - shown.len() {
        0 => String::new(),
        more => format!("; {more} more parameters are not shown"),
    };
    let note = format!(
        "a line for each of {} settings, the darker the better; {}{left_out}",
        measured.ranked.len(),
        measured.means()
    );
    let heading = measured.heading("and parameters", &note);
    Some(measured.drawn("parallel", &heading, chart::parallel(&heading, &data)))
}

/// Where a setting has several seeds.
fn dot_plot(measured: &Measured) -> Option<DrawnChart> {
    if measured.ranked.iter().all(|group| group.values.len() < 2) {
        return None;
    }
    let finite = |group: &Group| group.values.iter().copied().filter(|value| value.is_finite()).collect();
    let rows: Vec<DotRow> =
        measured.ranked.iter().map(|group| DotRow { label: measured.setting(group), values: finite(group) }).collect();
    let boxes = measured.ranked.iter().any(|group| group.values.len() >= 5);
    let note = if boxes {
        "a dot for each seed; boxes from quartile to quartile with the median"
    } else {
        "a dot for each seed, a line at their mean"
    };
    let heading = measured.heading("of each seed", &format!("{note}; the best setting first"));
    Some(measured.drawn("seeds", &heading, chart::dot_plot(&heading, &measured.axis(), &rows)))
}

/// Settings in one chart: as many as there are colours that everybody can tell apart.
const MOST_SERIES: usize = 6;

/// What `error_by_activity` tells users apart by.
pub(crate) const SHOWN: &str = "ratings of the user that the network is shown";

/// From cold to warm users, and by what is known of them.
fn error_charts(layout: &Layout, measured: &Measured) -> Result<Vec<DrawnChart>, ReportError> {
    let by_activity = |folder: &TrialFolder| -> Result<Vec<GroupError>, ReportError> {
        let lines: Vec<ActivityError> = read_lines(&folder.error_by_activity())?;
        Ok(lines.iter().map(|line| (activity_label(line), line.rmse)).collect())
    };
    let title = "Test RMSE from cold to warm users".to_owned();
    let activity = ErrorsOf { name: "error_by_activity".into(), title, of: SHOWN.into(), is_ordered: true };
    let mut charts: Vec<DrawnChart> = error_chart(layout, measured, activity, &by_activity)?.into_iter().collect();
    for attribute in attributes(layout, measured)? {
        let by_value = |folder: &TrialFolder| -> Result<Vec<GroupError>, ReportError> {
            let mut lines: Vec<AttributeError> = read_lines(&folder.error_by_attribute())?;
            lines.retain(|line| line.attribute == attribute);
            Ok(lines.into_iter().map(|line| ((line.value, line.users), line.rmse)).collect())
        };
        let errors = ErrorsOf {
            name: attribute_chart_name(&attribute),
            title: format!("Test RMSE of users by {attribute}"),
            of: format!("{attribute} of the user"),
            is_ordered: false,
        };
        charts.extend(error_chart(layout, measured, errors, &by_value)?);
    }
    Ok(charts)
}

/// The attributes of users by which the first trial with such a table has errors.
fn attributes(layout: &Layout, measured: &Measured) -> Result<Vec<String>, ReportError> {
    for record in measured.trials.iter().map(|trial| &trial.record).filter(|record| record.is_finished()) {
        let lines: Vec<AttributeError> = read_lines(&layout.trial(&record.trial).error_by_attribute())?;
        if !lines.is_empty() {
            return Ok(lines.chunk_by(|a, b| a.attribute == b.attribute).map(|of| of[0].attribute.clone()).collect());
        }
    }
    Ok(Vec::new())
}

/// A chart of errors of users of one kind and another.
struct ErrorsOf {
    name: String,
    title: String,
    of: String,
    is_ordered: bool,
}

/// A kind of users with their number, and their RMSE.
type GroupError = ((String, u64), f64);

/// Of the best settings that were tested on the same ratings and left a table, each a mean over its seeds.
fn error_chart(
    layout: &Layout,
    measured: &Measured,
    errors: ErrorsOf,
    read: &dyn Fn(&TrialFolder) -> Result<Vec<GroupError>, ReportError>,
) -> Result<Option<DrawnChart>, ReportError> {
    let finished = || measured.trials.iter().map(|trial| &trial.record).filter(|record| record.is_finished());
    let of_setting = |group: &Group| finished().filter(|record| record.swept == group.swept).collect::<Vec<_>>();
    let best = measured.ranked.first().and_then(|group| of_setting(group).first().copied());
    let mut users: Vec<(String, u64)> = Vec::new();
    let mut series = Vec::new();
    for group in &measured.ranked {
        let mut seeds: Vec<Vec<f64>> = Vec::new();
        for record in of_setting(group) {
            let (labels, rmse): (Vec<_>, Vec<f64>) = read(&layout.trial(&record.trial))?.into_iter().unzip();
            let is_comparable =
                best.is_some_and(|best| best.data == record.data) && (users.is_empty() || users == labels);
            if is_comparable && !rmse.is_empty() {
                users = labels;
                seeds.push(rmse);
            }
        }
        if !seeds.is_empty() && series.len() < MOST_SERIES {
            let mean = |place: usize| seeds.iter().map(|rmse| rmse[place]).sum::<f64>() / seeds.len() as f64;
            series.push((measured.setting(group), (0..users.len()).map(|place| Some(mean(place))).collect()));
        }
    }
    if series.is_empty() {
        return Ok(None);
    }
    let best = if series.len() < measured.ranked.len() {
        format!("the best {} settings by {}; ", series.len(), measured.metric)
    } else {
        String::new()
    };
    let experiment = measured.trials.first().map_or("", |trial| &trial.record.experiment);
    let ErrorsOf { name, title, of, is_ordered } = errors;
    let heading = Heading { title, subtitle: format!("{experiment} · {best}{}", measured.means()) };
    let data = ErrorByActivity { of, is_ordered, metric: "test RMSE (rating points)".into(), users, series };
    let svg = chart::error_by_activity(&heading, &data);
    Ok(Some(DrawnChart { name, title: heading.title, svg }))
}

/// `2–3`, and how many users have so many ratings.
pub(crate) fn activity_label(line: &ActivityError) -> (String, u64) {
    (format::range(line.shown_from as f64, line.shown_to as f64), line.users)
}

/// One for each division of ratings that the trials have, the first few.
fn histograms(layout: &Layout, trials: &[Trial]) -> Result<Vec<DrawnChart>, ReportError> {
    const MOST: usize = 5;
    let mut seen: Vec<(String, Vec<RatingCount>)> = Vec::new();
    for record in trials.iter().map(|trial| &trial.record).filter(|record| record.is_finished()) {
        let split = &record.data.split_fingerprint;
        if seen.len() < MOST && seen.iter().all(|(other, _)| other != split) {
            let counts: Vec<RatingCount> = read_lines(&layout.trial(&record.trial).ratings())?;
            seen.extend((!counts.is_empty()).then(|| (split.clone(), counts)));
        }
    }
    let experiment = trials.first().map_or("", |trial| &trial.record.experiment);
    let several = seen.len() > 1;
    let draw = |(split, counts): (String, Vec<RatingCount>)| {
        let (name, of) = if several {
            (format!("ratings_{split}"), format!(" · split {split}"))
        } else {
            ("ratings".into(), String::new())
        };
        let heading = Heading { title: "How often each rating is given".into(), subtitle: format!("{experiment}{of}") };
        let svg = chart::histogram(&heading, &counts);
        DrawnChart { name, title: heading.title, svg }
    };
    Ok(seen.into_iter().map(draw).collect())
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

/// `fill zero · layers 256-512-256`: the values that a setting has for `paths`. What is an empty list is not there, and is
/// said only where nothing else is.
pub(crate) fn setting_line(swept: &Swept, paths: &[&str], labels: &Labels) -> String {
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
    use crate::EpochTable;
    use crate::record::tests::record;
    use crate::test_tables::{RatingCount, write_lines};

    /// Names of charts of RMSE, but those against single parameters.
    fn names(settings: &[Vec<(&str, Value)>], seeds: u64) -> Vec<String> {
        let trials = settings.iter().enumerate().flat_map(|(at, swept)| {
            (1..=seeds).map(move |seed| Trial {
                record: record(&format!("{at}-{seed}"), seed, swept, Some(0.8 + at as f64 / 100.0)),
                epochs: EpochTable::default(),
            })
        });
        let trials: Vec<Trial> = trials.collect();
        let labels = Labels::of(trials.iter().map(|trial| &trial.record.swept));
        let folder = tempfile::tempdir().unwrap();
        let drawn = experiment_charts(&Layout::new(folder.path()), &trials, &labels, &RedrawOptions::default());
        let names = drawn.unwrap().into_iter().map(|chart| chart.name);
        names.filter(|name| name.starts_with("rmse") && !name.contains("_by_")).collect()
    }

    #[test]
    fn charts_are_drawn_where_they_say_something() {
        let grid = |values: &[(i32, i32)]| -> Vec<Vec<(&str, Value)>> {
            values.iter().map(|(a, b)| vec![("a", json!(a)), ("b", json!(b)), ("constant", json!(1))]).collect()
        };
        let random = |at: i32| vec![("a", json!(at)), ("b", json!(at * 7 % 5)), ("c", json!(at * 3 % 4))];
        let cases = [
            (grid(&[(1, 1)]), 1, vec![]),
            (grid(&[(1, 1), (2, 1)]), 1, vec![]),
            (grid(&[(1, 1), (2, 1)]), 2, vec!["rmse_seeds"]),
            (grid(&[(1, 1), (1, 2), (2, 1), (2, 2)]), 1, vec!["rmse_heat_map"]),
            (grid(&[(1, 1), (1, 2), (2, 1)]), 3, vec!["rmse_heat_map", "rmse_seeds"]),
            // Pairs of values are no grid.
            (grid(&[(1, 1), (2, 2), (3, 3)]), 1, vec![]),
            ((1..9).map(random).collect(), 1, vec!["rmse_parallel"]),
        ];
        for (settings, seeds, expected) in cases {
            assert_eq!(names(&settings, seeds), expected, "{settings:?}, {seeds} seeds");
        }
    }

    #[test]
    fn tables_of_tests_are_drawn_once_and_compared() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        let trial = |id: &str, fill: &str, rmse: f64| {
            let record = record(id, 1, &[("input.fill", json!(fill))], Some(rmse));
            let line = ActivityError { shown_from: 2, shown_to: 3, users: 40, ratings: 90, rmse, mae: 0.5 };
            write_lines(&layout.trial(id).error_by_activity(), &[line]).unwrap();
            let (attribute, value) = ("age".to_owned(), "25–34".to_owned());
            let line = AttributeError { attribute, value, users: 40, ratings: 90, rmse, mae: 0.5 };
            write_lines(&layout.trial(id).error_by_attribute(), &[line]).unwrap();
            let line = RatingCount { rating_from: 4.0, rating_to: 4.0, train: 80, validation: 9, test: 7 };
            write_lines(&layout.trial(id).ratings(), &[line]).unwrap();
            Trial { record, epochs: EpochTable::default() }
        };
        let mut trials = vec![trial("a", "zero", 0.9), trial("b", "user-mean", 0.8), trial("c", "bias", 0.85)];
        trials[2].record.data.split_fingerprint = "other".into();
        let labels = Labels::of(trials.iter().map(|trial| &trial.record.swept));
        let drawn = experiment_charts(&layout, &trials, &labels, &RedrawOptions::default()).unwrap();
        let svg = |name: &str| &drawn.iter().find(|chart| chart.name == name).unwrap().svg;
        let error = svg("error_by_activity");
        assert!(error.contains("fill user-mean") && error.contains("fill zero") && error.contains(">\n2–3\n<"));
        assert!(!error.contains("fill bias"), "it was tested on other ratings");
        let by_age = svg("error_by_age");
        for piece in
            ["Test RMSE of users by age", "fill user-mean", "fill zero", ">\n25–34\n<", ">\nage of the user\n<"]
        {
            assert!(by_age.contains(piece), "{piece}");
        }
        assert!(svg("ratings_s1").contains("test (7)") && svg("ratings_other").contains("split other"));
    }
}
