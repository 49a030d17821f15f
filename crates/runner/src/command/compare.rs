//! `hourglass compare`: settings side by side, whatever experiments they come from.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use hourglass_data::{TableColumn, write_table};
use hourglass_report::by_user::{ByUser, Difference, OfSetting};
use hourglass_report::comparison::{Against, Compared, Test, Tested, plain_text};
use hourglass_report::statistics::Bootstrap;
use hourglass_report::{CompareOptions, Comparison, Run, chart, metrics_of, write_atomically};
use hourglass_train::metric::higher_is_better;

use super::print;
use crate::cli;
use crate::config_error::did_you_mean;
use crate::places;

/// Prints the table, and writes what was asked for.
///
/// # Errors
/// When a place has no run, the filter or the metric is wrong, or a file cannot be written.
pub fn compare(arguments: &cli::Compare) -> Result<()> {
    let runs = places::runs(&arguments.places, &arguments.results.root)?;
    let runs = places::filtered(runs, arguments.filter.as_deref())?;
    ensure!(!runs.is_empty(), "the filter leaves no run to compare; see what there is: hourglass list");
    let metric = metric(&runs, arguments.by.as_deref())?;
    let test = match arguments.test {
        cli::Test::T => Test::PairedT,
        cli::Test::Wilcoxon => Test::Wilcoxon,
    };
    let over = arguments.over.clone();
    if let Some((path, reason)) = over.as_ref().and_then(|path| Some((path, places::not_there(path, &runs)?))) {
        bail!("--over {path}: {reason}");
    }
    let options = CompareOptions { higher_is_better: higher_is_better(&metric), metric, test, over };
    let comparison = Comparison::of(&runs, &options);
    if arguments.by_user {
        let bootstrap = Bootstrap { resamples: arguments.resamples as usize, seed: arguments.seed };
        let by_user = ByUser::of(&comparison, &runs, bootstrap)?;
        write(arguments, || columns_by_user(&by_user), || by_user.markdown())?;
        return print(&by_user.text());
    }
    if let Some(path) = &arguments.chart {
        draw(&comparison, &runs, arguments.curve.as_deref(), path)?;
    }
    write(arguments, || columns(&comparison, &runs), || comparison.markdown())?;
    print(&comparison.text())?;
    // The process ends now, and with it what thousands of runs hold; to give that back piece by piece would be a tenth of the time.
    std::mem::forget(runs);
    Ok(())
}

/// The files that are asked for.
fn write(
    arguments: &cli::Compare,
    columns: impl Fn() -> Vec<TableColumn>,
    markdown: impl Fn() -> String,
) -> Result<()> {
    let tables = [(&arguments.csv, "csv"), (&arguments.parquet, "parquet")];
    for (path, ending) in tables.into_iter().filter_map(|(path, ending)| Some((path.as_ref()?, ending))) {
        ensure!(
            path.extension().is_some_and(|found| found == ending),
            "--{ending} {}: the file's name must end in .{ending}",
            path.display()
        );
        write_table(path, &columns())?;
    }
    if let Some(path) = &arguments.markdown {
        write_atomically(path, markdown().as_bytes())?;
    }
    Ok(())
}

/// The metric that is meant: by its name, or the first test metric that there is.
pub(super) fn metric(runs: &[Run], by: Option<&str>) -> Result<String> {
    let known = Vec::from_iter(metrics_of(runs));
    let preferred = ["test.rmse", "test."].into_iter();
    let first = || preferred.clone().find_map(|start| known.iter().find(|name| name.starts_with(start)));
    match by {
        Some(name) if known.iter().any(|known| known == name) => Ok(name.to_owned()),
        Some(name) => bail!(
            "--by {name}: no finished run has this metric; there are {}{}",
            known.join(", "),
            did_you_mean(name, known.iter().map(String::as_str))
        ),
        None => first().cloned().context("no run is finished, so there is no metric to compare by; see hourglass list"),
    }
}

/// The curves of `column`, or of the metric on the validation ratings: the test is measured only once, not each epoch.
fn draw(comparison: &Comparison, runs: &[Run], column: Option<&str>, path: &Path) -> Result<()> {
    let name = comparison.metric.split_once('.').map_or("", |(_, name)| name);
    let column = column.map_or_else(|| format!("validation.{name}"), str::to_owned);
    let first = comparison.settings.iter().flat_map(|setting| setting.repeats.values()).next();
    if let Some((run, _)) = first {
        let known = runs[*run].epochs()?.columns;
        let near = did_you_mean(&column, known.iter().map(String::as_str));
        ensure!(
            known.contains(&column),
            "--curve {column}: the epochs have no such column, but {}{near}",
            known.join(", ")
        );
    }
    let skipped = runs.iter().filter_map(|run| run.value("report.skip_epochs")?.as_u64()).max().unwrap_or(0);
    chart::save(&comparison.curves(runs, &column, skipped as usize)?, path)?;
    Ok(())
}

/// A line for each setting, with full precision; an empty cell is what is not known.
fn columns(comparison: &Comparison, runs: &[Run]) -> Vec<TableColumn> {
    let settings = &comparison.settings;
    let text = |name: &str, cell: &dyn Fn(&Compared) -> String| {
        TableColumn::Text(name.to_owned(), settings.iter().map(cell).collect())
    };
    let value = |name: &str, cell: &dyn Fn(&Compared) -> Option<f64>| {
        TableColumn::Value(name.to_owned(), settings.iter().map(cell).collect())
    };
    let metric = &comparison.metric;
    let mut columns = vec![
        TableColumn::Count("place".to_owned(), (1..=settings.len() as u32).collect()),
        text("experiments", &|setting| setting.experiments.iter().cloned().collect::<Vec<_>>().join(" ")),
    ];
    let parameters = comparison.parameters.iter().enumerate();
    columns.extend(parameters.map(|(place, path)| text(path, &|setting| plain_text(setting.values[place].as_ref()))));
    columns.extend([
        value(&format!("{metric}.mean"), &|setting| Some(setting.estimate?.mean)),
        value(&format!("{metric}.half_width"), &|setting| setting.estimate?.half_width),
        TableColumn::Count(comparison.several(), settings.iter().map(|setting| setting.repeats.len() as u32).collect()),
        value("behind_best", &|setting| Some(tested(setting)?.difference)),
        value("p", &|setting| Some(tested(setting)?.p)),
        value("p_holm", &|setting| Some(tested(setting)?.corrected)),
        text("note", &|setting| note(&setting.against_best)),
        text("trials", &|setting| {
            setting.repeats.values().map(|(run, _)| runs[*run].record.trial.as_str()).collect::<Vec<_>>().join(" ")
        }),
    ]);
    columns
}

/// A line for each setting, compared by user.
fn columns_by_user(by_user: &ByUser) -> Vec<TableColumn> {
    let settings = &by_user.settings;
    let text = |name: &str, cell: &dyn Fn(&OfSetting) -> String| {
        TableColumn::Text(name.to_owned(), settings.iter().map(cell).collect())
    };
    let value = |name: &str, cell: &dyn Fn(&Difference) -> Option<f64>| {
        let of = |setting: &OfSetting| cell(setting.against_best.as_ref()?);
        TableColumn::Value(name.to_owned(), settings.iter().map(of).collect())
    };
    vec![
        TableColumn::Count("place".to_owned(), (1..=settings.len() as u32).collect()),
        text("setting", &|setting| setting.label.clone()),
        TableColumn::Value(by_user.metric.clone(), settings.iter().map(|setting| Some(setting.value)).collect()),
        value("behind_best", &|difference| Some(difference.difference)),
        value("low", &|difference| Some(difference.interval?.low)),
        value("high", &|difference| Some(difference.interval?.high)),
        value("p_t_holm", &|difference| difference.t),
        value("p_wilcoxon_holm", &|difference| difference.wilcoxon),
        value("d_z", &|difference| difference.d_z),
        value("rank_biserial", &|difference| difference.rank_biserial),
        TableColumn::Count("users".to_owned(), vec![by_user.users as u32; settings.len()]),
        text("trials", &|setting| setting.trials.join(" ")),
    ]
}

fn tested(setting: &Compared) -> Option<Tested> {
    match setting.against_best {
        Against::Tested(tested) => Some(tested),
        Against::Best | Against::Untested(_) => None,
    }
}

fn note(against: &Against) -> String {
    match against {
        Against::Best => "best".to_owned(),
        Against::Tested(_) => String::new(),
        Against::Untested(reason) => reason.clone(),
    }
}
