//! Parquet: a table of runs and a table of epochs, for pandas, polars, DuckDB and the like.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;
use hourglass_data::{TableColumn, write_table};
use hourglass_report::EpochTable;
use serde_json::{Number, Value};

use super::{History, parameters, text};

/// Writes `runs.parquet`, a row for each run, and `epochs.parquet`, a row for each epoch of each run, into `folder`. They
/// share the columns `experiment` and `trial`.
///
/// # Errors
/// When the disk refuses.
pub fn write(histories: &[History], folder: &Path) -> Result<()> {
    write_table(&folder.join("runs.parquet"), &runs(histories))?;
    write_table(&folder.join("epochs.parquet"), &epochs(histories))?;
    Ok(())
}

fn runs(histories: &[History]) -> Vec<TableColumn> {
    let text = |name: &str, cell: &dyn Fn(&History) -> String| {
        TableColumn::Text(name.to_owned(), histories.iter().map(cell).collect())
    };
    let value = |name: &str, cell: &dyn Fn(&History) -> Option<f64>| {
        TableColumn::Value(name.to_owned(), histories.iter().map(cell).collect())
    };
    let whole = |name: &str, cell: &dyn Fn(&History) -> Option<u64>| {
        TableColumn::Whole(name.to_owned(), histories.iter().map(|history| Some(cell(history)? as i64)).collect())
    };
    let settings = parameters(histories);
    let mut columns = vec![
        text("experiment", &|history| history.run.record.experiment.clone()),
        text("trial", &|history| history.run.record.trial.clone()),
        TableColumn::Text("setting".to_owned(), settings.iter().map(|setting| setting.group.clone()).collect()),
        text("outcome", &|history| history.run.record.outcome.name().to_owned()),
        text("started", &|history| history.run.record.environment.started.clone()),
        value("seconds", &|history| Some(history.run.record.seconds)),
        whole("epochs", &|history| Some(history.epochs.rows.len() as u64)),
        whole("selected_epoch", &|history| Some(history.run.record.outcome.finished()?.selected_epoch as u64)),
        whole("trainable_parameters", &|history| Some(history.run.record.parameters)),
        text("device", &|history| history.run.record.environment.device.clone()),
        text("version", &|history| history.run.record.environment.hourglass.clone()),
    ];
    let paths: BTreeSet<&String> = settings.iter().flat_map(|setting| setting.values.keys()).collect();
    columns.extend(paths.into_iter().map(|path| {
        let values: Vec<Option<&Value>> = settings.iter().map(|setting| setting.values.get(path)).collect();
        setting_column(path, &values)
    }));
    let metrics: BTreeSet<String> = histories
        .iter()
        .filter_map(|history| history.run.record.outcome.finished())
        .flat_map(|finished| finished.metric_names())
        .collect();
    columns.extend(metrics.iter().map(|name| value(name, &|h| h.run.record.outcome.finished()?.metric(name))));
    columns
}

/// A column of the narrowest kind that holds all values; `None` where a run has no such parameter.
fn setting_column(path: &str, values: &[Option<&Value>]) -> TableColumn {
    let name = path.to_owned();
    let known = || values.iter().copied().flatten();
    if known().all(Value::is_boolean) {
        return TableColumn::Flag(name, values.iter().map(|value| value.and_then(Value::as_bool)).collect());
    }
    if known().all(Value::is_i64) {
        return TableColumn::Whole(name, values.iter().map(|value| value.and_then(Value::as_i64)).collect());
    }
    let number = |value: &Value| value.as_number().and_then(Number::as_f64);
    if known().all(Value::is_number) {
        return TableColumn::Value(name, values.iter().map(|value| value.and_then(number)).collect());
    }
    TableColumn::OptionalText(name, values.iter().map(|value| value.map(text)).collect())
}

fn epochs(histories: &[History]) -> Vec<TableColumn> {
    let rows: Vec<(&History, usize)> =
        histories.iter().flat_map(|history| (0..history.epochs.rows.len()).map(move |row| (history, row))).collect();
    let text = |name: &str, cell: &dyn Fn(&History) -> String| {
        TableColumn::Text(name.to_owned(), rows.iter().map(|(history, _)| cell(history)).collect())
    };
    let mut columns = vec![
        text("experiment", &|history| history.run.record.experiment.clone()),
        text("trial", &|history| history.run.record.trial.clone()),
        TableColumn::Whole(
            "epoch".to_owned(),
            rows.iter().map(|(history, row)| Some(history.epochs.rows[*row].epoch as i64)).collect(),
        ),
    ];
    type Table = fn(&History) -> &EpochTable;
    let epochs: Table = |history| &history.epochs;
    let timing: Table = |history| &history.timing;
    for (before, table) in [("", epochs), ("timing.", timing)] {
        let names: BTreeSet<&String> = histories.iter().flat_map(|history| &table(history).columns).collect();
        columns.extend(names.into_iter().map(|name| {
            let cell = |(history, row): &(&History, usize)| cell(table(history), name, *row);
            TableColumn::Value(format!("{before}{name}"), rows.iter().map(cell).collect())
        }));
    }
    columns
}

fn cell(table: &EpochTable, column: &str, row: usize) -> Option<f64> {
    let place = table.columns.iter().position(|name| name == column)?;
    table.rows.get(row)?.cells[place]
}
