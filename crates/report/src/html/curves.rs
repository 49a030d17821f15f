//! Curves over epochs: drawn by the script from the data of the page, and without it as one chart of the best settings.

use maud::{Markup, PreEscaped, html};

use super::Page;
use super::data::epochs_of;
use super::drawing::slim;
use crate::ReportError;

/// Controls and plot; nothing where no run has epochs.
pub(super) fn section(page: &Page) -> Result<Markup, ReportError> {
    let tables = epochs_of(page.runs)?;
    let columns = columns(page, &tables);
    let Some(first) = columns.first() else { return Ok(Markup::default()) };
    let measured = page.comparison.settings.iter().flat_map(|setting| setting.repeats.values().map(|(run, _)| *run));
    let is_whole = measured.clone().all(|run| tables[run].columns.contains(first)) && measured.clone().next().is_some();
    let chart = is_whole.then(|| page.comparison.curves(page.runs, first, page.options.skip_epochs)).transpose()?;
    Ok(html! {
        div.controls.js-only {
            label { "Column" select id="column" { @for column in &columns { option value=(column) { (column) } } } }
            label { "From epoch" input id="from" type="number" min="1" value=(page.options.skip_epochs + 1); }
        }
        div.curves.js-only {
            svg id="plot" viewBox="0 0 960 400" tabindex="0" role="img" aria-label="curves over epochs; arrow keys go from point to point" aria-describedby="tip" {}
            div.tip id="tip" role="status" hidden {}
            ul.legend id="legend" {}
        }
        @if let Some(chart) = chart {
            figure.charts.no-js { (PreEscaped(slim(&chart, "Curves of the best settings over epochs"))) }
        }
        p.note.js-only { "The chosen runs, or all that the filter shows, in the colours of the best settings. Point at a curve, or use the arrow keys." }
    })
}

/// All columns of any run: first the ranked metric as it is on the validation ratings.
pub(super) fn columns(page: &Page, tables: &[crate::EpochTable]) -> Vec<String> {
    let mut columns: Vec<String> = Vec::new();
    for column in tables.iter().filter(|table| !table.rows.is_empty()).flat_map(|table| &table.columns) {
        if !columns.contains(column) {
            columns.push(column.clone());
        }
    }
    let metric = page.comparison.metric.split_once('.').map_or("", |(_, name)| name);
    let preferred = format!("validation.{metric}");
    columns
        .sort_by_key(|column| (*column != preferred, !column.starts_with("validation."), !column.starts_with("loss")));
    columns
}
