//! Everything that is derived from the records of an experiment, made anew.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::chart::{self, Reference};
use crate::experiment_charts::experiment_charts;
use crate::label::Labels;
use crate::store::file_name;
use crate::summary::metric_names;
use crate::trial_charts::trial_charts;
use crate::{Layout, ReportError, Swept, Trial, format, read_trials, settings_csv, summary_csv, write_atomically};

/// What the charts show besides the records.
#[derive(Clone, Debug)]
pub struct RedrawOptions {
    /// The first epochs, so many, that charts over epochs leave out.
    pub skip_epochs: usize,
    /// Published or otherwise known values by the full name of the metric, `test.rmse`. They are drawn in the sweep charts of
    /// the metric and in its charts over epochs.
    pub references: BTreeMap<String, Vec<Reference>>,
    /// What tells a trial from the others, by its id, where that is [more](crate::comparison::tell_apart) than its record says.
    pub told_apart: BTreeMap<String, Swept>,
    /// Whether more is better of a metric, `ndcg@10`.
    pub higher_is_better: fn(&str) -> bool,
}

impl Default for RedrawOptions {
    fn default() -> Self {
        Self { skip_epochs: 0, references: BTreeMap::new(), told_apart: BTreeMap::new(), higher_is_better: |_| false }
    }
}

/// A chart of an experiment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrawnChart {
    /// Of its file: `rmse_by_input.fill`.
    pub name: String,
    /// What it shows.
    pub title: String,
    /// The drawing.
    pub svg: String,
}

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Redrawn {
    /// Number of trials read.
    pub trials: usize,
    /// All files, also those that were up to date: summaries, charts over trials, charts of trials.
    pub files: Vec<PathBuf>,
    /// The charts over trials.
    pub charts: Vec<DrawnChart>,
}

/// Writes both summaries, the sweep charts and the charts of every trial from the records in `experiment` alone.
///
/// # Errors
/// If a record is broken, or the disk refuses.
pub fn redraw(experiment: &Path, options: &RedrawOptions) -> Result<Redrawn, ReportError> {
    let layout = Layout::new(experiment);
    let mut trials = read_trials(experiment)?;
    for record in trials.iter_mut().map(|trial| &mut trial.record) {
        options.told_apart.get(&record.trial).into_iter().for_each(|swept| record.swept.clone_from(swept));
    }
    let mut files = vec![layout.summary(), layout.summary_by_setting()];
    write_atomically(&files[0], summary_csv(&trials).as_bytes())?;
    write_atomically(&files[1], settings_csv(&trials).as_bytes())?;
    let labels = Labels::of(trials.iter().map(|trial| &trial.record.swept));
    let charts = experiment_charts(&layout, &trials, &labels, options)?;
    for drawn in &charts {
        files.extend(chart::save(&drawn.svg, &layout.chart(&drawn.name))?);
    }
    remove_outdated(&layout, &trials, &files)?;
    let of_trials: Vec<Vec<PathBuf>> =
        trials.par_iter().map(|trial| draw_trial(trial, &layout, &labels, options)).collect::<Result<_, _>>()?;
    files.extend(of_trials.into_iter().flatten());
    Ok(Redrawn { trials: trials.len(), files, charts })
}

/// Removes charts of metrics over trials that are not drawn any more: where two parameters varied and now three do, the heat map of two
/// shows what is no longer so.
fn remove_outdated(layout: &Layout, trials: &[Trial], drawn: &[PathBuf]) -> Result<(), ReportError> {
    let names = metric_names(trials);
    let metrics: Vec<String> = names.iter().filter_map(|name| name.strip_prefix("test.")).map(file_name).collect();
    let is_of = |name: &str, metric: &String| {
        let kind = name.strip_prefix(metric.as_str());
        kind.is_some_and(|kind| ["_by_", "_heat_map.", "_parallel.", "_seeds."].iter().any(|of| kind.starts_with(of)))
    };
    let charts = fs::read_dir(layout.folder().join("charts")).into_iter().flatten().filter_map(Result::ok);
    for path in charts.map(|chart| chart.path()).filter(|path| !drawn.contains(path)) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if metrics.iter().any(|metric| is_of(&name, metric)) {
            fs::remove_file(&path).map_err(ReportError::file("remove", &path))?;
        }
    }
    Ok(())
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
    for (name, svg) in trial_charts(trial, &folder, labels, options)? {
        files.extend(chart::save(&svg, &folder.chart(&name))?);
    }
    Ok(files)
}

/// The lines of known values for a metric: the given ones, and for RMSE the noise floor of synthetic data.
pub(crate) fn references(trials: &[Trial], metric: &str, options: &RedrawOptions) -> Vec<Reference> {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::record::tests::record;
    use crate::{EpochLog, Outcome, RunRecord};

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
        let charts = folder.path().join("charts");
        for name in ["rmse_heat_map.svg", "rmse_by_train.batch.png", "mine.svg"] {
            fs::write(charts.join(name), "").unwrap();
        }
        let again = redraw(folder.path(), &RedrawOptions::default()).unwrap();
        assert_eq!(again, redrawn);
        let left = ["rmse_heat_map.svg", "rmse_by_train.batch.png", "mine.svg"].map(|name| charts.join(name).exists());
        assert_eq!(left, [false, false, true], "what no longer varies has no chart");
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
