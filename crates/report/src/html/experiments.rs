//! The table of experiments in a folder of results.

use maud::{Markup, html};

use super::Page;
use super::link::link;
use super::runs::number_cell;
use crate::comparison::Comparison;
use crate::{Run, format};

/// A line for each experiment, with a link to its own page.
pub(super) fn table(page: &Page) -> Markup {
    let metric = &page.options.compare.metric;
    html! {
        div.scroll tabindex="0" role="region" aria-label="experiments" {
            table.sortable {
                thead { tr {
                    th scope="col" { "experiment" }
                    th scope="col" { "question" }
                    th.number scope="col" { "finished" }
                    th.number scope="col" { "failed" }
                    th.number scope="col" { "best " (metric) }
                    th.number scope="col" { "± 95 %" }
                    th scope="col" { "best setting" }
                    th.number scope="col" { "time" }
                } }
                tbody { @for runs in page.runs.chunk_by(|a, b| a.record.experiment == b.record.experiment) { (line(page, runs)) } }
            }
        }
    }
}

fn line(page: &Page, runs: &[Run]) -> Markup {
    let comparison = Comparison::of(runs, &page.options.compare);
    let best = comparison.settings.first().filter(|best| best.estimate.is_some());
    let estimate = best.and_then(|best| best.estimate);
    let finished = runs.iter().filter(|run| run.record.is_finished()).count();
    let failed = runs.iter().filter(|run| run.record.outcome.name() == "failed").count();
    let seconds: f64 = runs.iter().map(|run| run.record.seconds).sum();
    let folder = runs[0].folder.parent().unwrap_or(&runs[0].folder);
    html! {
        tr {
            td { div { a href=(link(page.folder, &folder.join("index.html"))) { (runs[0].record.experiment) } } }
            td { div { (super::described(runs)) } }
            td.number data-value=(finished) { (finished) " of " (runs.len()) }
            td.number data-value=(failed) { (failed) }
            (number_cell(estimate.map(|estimate| estimate.mean)))
            (number_cell(estimate.and_then(|estimate| estimate.half_width)))
            td { div { @if let Some(best) = best.filter(|_| comparison.settings.len() > 1) { (comparison.label(best)) } @else { (format::MISSING) } } }
            td.number data-value=(seconds) { (format::duration(seconds)) }
        }
    }
}
