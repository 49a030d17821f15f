//! DVC: parameters, metrics and plots in the files that `dvc params`, `dvc metrics` and `dvc plots` read, laid out like
//! dvclive's, with a `dvc.yaml` that names them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use hourglass_report::Metrics;
use serde_json::{Value, json};

use super::{History, Series, put};

/// Writes `dvc.yaml` into `folder`, and `<experiment>/<trial>/{params.toml, metrics.json, plots/metrics/…}` below it.
///
/// # Errors
/// When the disk refuses.
pub fn write(histories: &[History], folder: &Path) -> Result<()> {
    let mut names = Vec::new();
    // By the name of a plot, the files of all runs.
    let mut plots: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for history in histories {
        let record = &history.run.record;
        let name = format!("{}/{}", record.experiment, record.trial);
        let trial = folder.join(&name);
        let setting = history.files().trial_toml();
        let setting = fs::read(&setting).with_context(|| format!("cannot read {}", setting.display()))?;
        put(&trial.join("params.toml"), &setting)?;
        put(&trial.join("metrics.json"), format!("{:#}\n", metrics(history)).as_bytes())?;
        for series in history.series().iter().filter(|series| series.points.len() > 1) {
            let file = format!("plots/metrics/{}.tsv", series.name.replace('.', "/"));
            put(&trial.join(&file), lines(series).as_bytes())?;
            plots.entry(series.name.clone()).or_default().push(format!("{name}/{file}"));
        }
        names.push(name);
    }
    put(&folder.join("dvc.yaml"), index(&names, &plots).as_bytes())
}

/// What was measured with the weights that were kept, `{"test": {"rmse": 0.87}, …}`; of a run that is not finished only how
/// far it is.
fn metrics(history: &History) -> Value {
    let Some(finished) = history.run.record.outcome.finished() else {
        return json!({ "epochs": history.epochs.rows.len() });
    };
    let part = |metrics: &Metrics| -> Value {
        let known = metrics.iter().filter_map(|(name, value)| Some((name.clone(), Value::from((*value)?))));
        Value::Object(known.collect())
    };
    json!({
        "epochs": finished.epochs,
        "selected_epoch": finished.selected_epoch,
        "test": part(&finished.test),
        "train": part(&finished.train),
        "validation": part(&finished.validation),
    })
}

fn lines(series: &Series) -> String {
    let head = format!("step\t{}\n", column(&series.name));
    let lines = series.points.iter().map(|point| format!("{}\t{:?}\n", point.epoch, point.value));
    head + &lines.collect::<String>()
}

/// `rmse` of `validation.rmse`.
fn column(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(_, column)| column)
}

/// The `dvc.yaml`. A text in quotation marks is the same in JSON and in YAML.
fn index(names: &[String], plots: &BTreeMap<String, Vec<String>>) -> String {
    let quoted = |text: &str| Value::from(text).to_string();
    let mut yaml = "# Written by hourglass export dvc.\nparams:\n".to_owned();
    yaml.extend(names.iter().map(|name| format!("- {}\n", quoted(&format!("{name}/params.toml")))));
    yaml += "metrics:\n";
    yaml.extend(names.iter().map(|name| format!("- {}\n", quoted(&format!("{name}/metrics.json")))));
    if !plots.is_empty() {
        yaml += "plots:\n";
    }
    for (name, files) in plots {
        let label = quoted(name);
        yaml += &format!("- {label}:\n    x: step\n    x_label: epoch\n    y_label: {label}\n    y:\n");
        yaml.extend(files.iter().map(|file| format!("      {}: {}\n", quoted(file), quoted(column(name)))));
    }
    yaml
}
