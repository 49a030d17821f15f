//! Charts within a page.

use maud::{Markup, PreEscaped, html};

use super::Page;
use super::link::link;
use super::runs::metrics;
use crate::DrawnChart;
use crate::chart::FONT_FAMILY;
use crate::store::file_name;

/// Charts within the page may take so many bytes; those after that are shown from their files.
const MOST_BYTES: usize = 900_000;

/// A chart, and its drawing where there is room for it within the page.
type Shown<'a> = (&'a DrawnChart, Option<String>);

/// Every chart, with links to its pictures; those of other metrics than the one that counts are folded up.
pub(super) fn charts(page: &Page) -> Markup {
    let metrics = metrics(page.runs);
    let others: Vec<String> =
        metrics.iter().filter(|metric| **metric != page.comparison.metric).map(|metric| prefix(metric)).collect();
    let main = prefix(&page.comparison.metric);
    let is_other = |chart: &&DrawnChart| {
        !chart.name.starts_with(&main) && others.iter().any(|other| chart.name.starts_with(other.as_str()))
    };
    let (folded, open): (Vec<&DrawnChart>, Vec<&DrawnChart>) = page.options.charts.iter().partition(is_other);
    let mut bytes = 0;
    let [open, folded] = [open, folded].map(|charts| shown(&charts, &mut bytes));
    html! {
        @if !open.is_empty() { div.charts { @for shown in &open { (figure(shown)) } } }
        @if !folded.is_empty() {
            details {
                summary { "Charts of other metrics" }
                div.charts { @for shown in &folded { (figure(shown)) } }
            }
        }
    }
}

/// The charts with their drawings, as long as there is room; `bytes` counts those that are there.
fn shown<'a>(charts: &[&'a DrawnChart], bytes: &mut usize) -> Vec<Shown<'a>> {
    let shown = charts.iter().map(|chart| {
        let svg = slim(&chart.svg, &chart.title);
        *bytes += svg.len();
        (*chart, (*bytes <= MOST_BYTES).then_some(svg))
    });
    shown.collect()
}

/// How the names of the charts of a metric begin: `rmse_` for `test.rmse`.
fn prefix(metric: &str) -> String {
    format!("{}_", metric.split_once('.').map_or(metric, |(_, name)| name))
}

fn figure((chart, svg): &Shown) -> Markup {
    let file = |ending: &str| link("".as_ref(), format!("charts/{}.{ending}", file_name(&chart.name)).as_ref());
    html! {
        figure {
            @if let Some(svg) = svg { (PreEscaped(svg)) } @else { img src=(file("svg")) alt=(chart.title) loading="lazy"; }
            figcaption { (chart.title) ": " a href=(file("svg")) { "SVG" } ", " a href=(file("png")) { "PNG" } }
        }
    }
}

/// The drawing without what the style of the page says, and with a name.
pub(super) fn slim(svg: &str, title: &str) -> String {
    let title = html! { (title) }.into_string();
    let font = format!(" font-family=\"{FONT_FAMILY}\"");
    let svg = svg.replace(&font, "").replace(" opacity=\"1\"", "").replace(" stroke=\"none\"", "");
    let sized = svg.find(" stroke-linejoin").unwrap_or(4);
    format!("<svg class=\"chart\" role=\"img\" aria-label=\"{title}\"{}", &svg[sized..])
}
