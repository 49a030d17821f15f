//! One page of HTML for an experiment, and one for a folder of several: tables, curves, charts, differences. It is one file that asks
//! no network for anything, can be read without scripts, and holds every text escaped.

mod curves;
mod data;
mod drawing;
mod experiments;
mod link;
mod runs;
mod settings;

use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::comparison::{CompareOptions, Comparison};
use crate::label::Labels;
use crate::{DrawnChart, ReportError, Run, chart, format};

/// What a page shows besides its runs.
#[derive(Clone, Debug)]
pub struct PageOptions {
    /// By what settings are ranked.
    pub compare: CompareOptions,
    /// The first epochs, so many, that curves leave out.
    pub skip_epochs: usize,
    /// The charts over the runs.
    pub charts: Vec<DrawnChart>,
}

/// What the parts of a page are made of.
struct Page<'a> {
    /// The folder of the page, which links start from.
    folder: &'a Path,
    title: String,
    runs: &'a [Run],
    options: &'a PageOptions,
    comparison: Comparison,
    labels: Labels,
}

/// The page of one experiment, `results/<experiment>/index.html`; `folder` is that of the page.
///
/// # Errors
/// If a log of epochs is broken.
pub fn experiment_page(folder: &Path, runs: &[Run], options: &PageOptions) -> Result<String, ReportError> {
    let title = runs.first().map_or_else(|| "no runs".to_owned(), |run| run.record.experiment.clone());
    let page = Page::new(folder, title, runs, options);
    let description = described(runs);
    let main = html! {
        (page.facts())
        (section("settings", "Settings", &settings::table(&page)))
        (section("curves", "Curves", &curves::section(&page)?))
        (section("runs-of", "Runs", &runs::table(&page, false)))
        (differences())
        (section("charts", "Charts", &drawing::charts(&page)))
    };
    let up = folder.join("../index.html").is_file();
    page.whole(&description, up, &main)
}

/// The page of a folder of several experiments, `results/index.html`; `folder` is that of the page.
///
/// # Errors
/// If a log of epochs is broken.
pub fn results_page(folder: &Path, runs: &[Run], options: &PageOptions) -> Result<String, ReportError> {
    let name = folder.file_name().map_or_else(|| "Results".to_owned(), |name| name.to_string_lossy().into_owned());
    let page = Page::new(folder, name, runs, options);
    let main = html! {
        (section("experiments", "Experiments", &experiments::table(&page)))
        (section("curves", "Curves", &curves::section(&page)?))
        (section("runs-of", "Runs", &runs::table(&page, true)))
        (differences())
    };
    page.whole("", false, &main)
}

impl<'a> Page<'a> {
    fn new(folder: &'a Path, title: String, runs: &'a [Run], options: &'a PageOptions) -> Self {
        let comparison = Comparison::of(runs, &options.compare);
        let labels = Labels::of(runs.iter().map(|run| &run.record.swept));
        Self { folder, title, runs, options, comparison, labels }
    }

    /// The document around the sections.
    fn whole(&self, description: &str, up: bool, main: &Markup) -> Result<String, ReportError> {
        let font = |bytes: &[u8], weight: u16| {
            let text = BASE64_STANDARD.encode(bytes);
            format!("@font-face{{font-family:Inter;font-weight:{weight};src:url(data:font/otf;base64,{text})}}")
        };
        let fonts = font(chart::REGULAR, 400) + &font(chart::BOLD, 600);
        let document = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    // Nothing is fetched, whatever a record says.
                    meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; font-src data:; img-src file: 'self'";
                    meta name="generator" content=(concat!("hourglass ", env!("CARGO_PKG_VERSION")));
                    title { (self.title) " · Hourglass" }
                    style { (PreEscaped(fonts)) (PreEscaped(include_str!("page.css"))) }
                }
                body {
                    header {
                        @if up { p.up { a href="../index.html" { "All experiments" } } }
                        h1 { (self.title) }
                        @if !description.is_empty() { p.lead { (description) } }
                        (contents(main))
                    }
                    main { (main) }
                    script type="application/json" id="data" { (PreEscaped(data::json(self)?)) }
                    script { (PreEscaped(include_str!("page.js"))) }
                }
            }
        };
        Ok(document.into_string())
    }

    /// The few numbers that matter most.
    fn facts(&self) -> Markup {
        let finished = self.runs.iter().filter(|run| run.record.is_finished()).count();
        let best = self.comparison.settings.first().filter(|setting| setting.estimate.is_some());
        let record = self.runs.first().map(|run| &run.record);
        html! {
            dl {
                @if let Some((setting, estimate)) = best.and_then(|best| Some((best, best.estimate?))) {
                    div { dt { "best " (self.comparison.metric) } dd { strong { (format::estimate(&estimate)) } br; (self.comparison.label(setting)) } }
                }
                div { dt { "runs" } dd { strong { (finished) " of " (self.runs.len()) } " finished" br; (self.comparison.settings.len()) " settings" } }
                @if let Some(record) = record {
                    div { dt { "ratings" } dd {
                        (format::count(record.data.train)) " to learn from, " (format::count(record.data.validation)) " to choose by, "
                        (format::count(record.data.test)) " to test on" br;
                        (format::count(record.data.users)) " users, " (format::count(record.data.items)) " items"
                    } }
                    div { dt { "computed" } dd {
                        "Hourglass " (record.environment.hourglass) ", libtorch " (record.environment.libtorch) " on " (record.environment.device) br;
                        @if let Some(commit) = &record.environment.git_commit {
                            "commit " (commit.chars().take(10).collect::<String>()) @if record.environment.git_dirty == Some(true) { ", with changes" } br;
                        }
                        "from " (record.environment.started)
                    } }
                }
            }
        }
    }

    /// `fill zero · layers 64-4-64`: the swept values of a run.
    fn swept(&self, run: &Run) -> String {
        let part = |(path, value): (&String, &serde_json::Value)| {
            format!("{} {}", self.labels.name(path), self.labels.value(path, value))
        };
        run.record.swept.iter().map(part).collect::<Vec<_>>().join(" · ")
    }
}

/// What the experiment asks, in its own words.
fn described(runs: &[Run]) -> String {
    let text = runs.iter().find_map(|run| run.setting.get("description")?.as_str());
    text.unwrap_or_default().to_owned()
}

fn section(id: &str, title: &str, content: &Markup) -> Markup {
    html! {
        @if !content.0.is_empty() {
            section id=(id) aria-labelledby=(format!("{id}-title")) {
                h2 id=(format!("{id}-title")) { (title) }
                (content)
            }
        }
    }
}

/// Filled in by the script.
fn differences() -> Markup {
    html! {
        section.js-only id="differing" aria-labelledby="differing-title" {
            h2 id="differing-title" { "Differences" }
            div id="differences" aria-live="polite" {}
        }
    }
}

/// Links to the sections that there are.
fn contents(main: &Markup) -> Markup {
    let known = [
        ("experiments", "Experiments"),
        ("settings", "Settings"),
        ("curves", "Curves"),
        ("runs-of", "Runs"),
        ("charts", "Charts"),
    ];
    let there = known.iter().filter(|(id, _)| main.0.contains(&format!("<section id=\"{id}\"")));
    html! {
        nav aria-label="sections" {
            @for (id, title) in there { a href=(format!("#{id}")) { (title) } }
        }
    }
}

#[cfg(test)]
mod tests;
