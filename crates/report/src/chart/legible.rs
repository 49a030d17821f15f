//! Every chart with awkward data: one value and forty, long names, missing and extreme numbers. No two labels may overlap, none
//! may leave the chart. `HOURGLASS_CHARTS=DIR` keeps the pictures, to look at.

use serde_json::{Value, json};

use super::canvas::Type;
use super::*;
use crate::test_tables::{ActivityError, TestRatings, prediction_counts, rating_counts};
use crate::{EpochRow, EpochTable, Estimate, estimate, format};

const LONG: &str =
    "a name of a parameter that goes on and on, gaussian (std 0.4, on observed) + mask 0.2, and does not end";

/// Where a text is: left, top, right, bottom.
struct Label {
    text: String,
    ends: [f64; 4],
}

impl Label {
    fn overlaps(&self, other: &Label) -> bool {
        let [left, top, right, bottom] = self.ends;
        let [other_left, other_top, other_right, other_bottom] = other.ends;
        let slack = 0.6;
        left + slack < other_right
            && other_left + slack < right
            && top + slack < other_bottom
            && other_top + slack < bottom
    }
}

/// Fails where a label leaves the chart, or touches another.
#[track_caller]
fn assert_legible(name: &str, svg: &str) {
    if let Some(folder) = std::env::var_os("HOURGLASS_CHARTS") {
        save(svg, &Path::new(&folder).join(name)).unwrap();
    }
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "{name}: a number is none");
    let (width, height) = (attribute(svg, "width"), attribute(svg, "height"));
    let labels: Vec<Label> = svg.split("<text ").skip(1).map(label).collect();
    assert!(!labels.is_empty(), "{name}");
    for (place, label) in labels.iter().enumerate() {
        let [left, top, right, bottom] = label.ends;
        assert!(
            left >= 0.0 && top >= 0.0 && right <= width && bottom <= height,
            "{name}: `{}` at {:?} leaves the chart",
            label.text,
            label.ends
        );
        let other = labels[..place].iter().find(|other| label.overlaps(other));
        assert!(
            other.is_none(),
            "{name}: `{}` at {:?} is on `{}`",
            label.text,
            label.ends,
            other.map_or("", |other| &other.text)
        );
    }
}

fn attribute(element: &str, name: &str) -> f64 {
    let (_, rest) = element.split_once(&format!("{name}=\"")).unwrap();
    rest.split('"').next().unwrap().parse().unwrap()
}

/// The place of a `<text …>`, which knows its baseline only.
fn label(element: &str) -> Label {
    let (head, rest) = element.split_once(">\n").unwrap();
    let text = rest.split("\n</text>").next().unwrap();
    let text = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")]
        .iter()
        .fold(text.to_owned(), |text, (entity, letter)| text.replace(entity, letter));
    let size = attribute(head, " font-size") / 10.0;
    let look = Type { size, bold: head.contains("bold"), ..Type::TEXT };
    let [x, y] = ["x", "y"].map(|name| attribute(&format!(" {head}"), &format!(" {name}")) / 10.0);
    let width = look.width(&text);
    let left = match () {
        () if head.contains("\"middle\"") => -width / 2.0,
        () if head.contains("\"end\"") => -width,
        () => 0.0,
    };
    // Capitals and descenders of the font; plotters puts the baseline 0.76 em below the point.
    let (top, bottom) = ((0.76 - 0.73) * size, (0.76 + 0.22) * size);
    let ends = if head.contains("rotate(270") {
        [x + top, y - left - width, x + bottom, y - left]
    } else {
        [x + left, y + top, x + left + width, y + bottom]
    };
    Label { text, ends }
}

fn heading() -> Heading {
    Heading { title: format!("Test RMSE by {LONG}"), subtitle: format!("experiment · {LONG} · {LONG}") }
}

fn names(count: usize, long: bool) -> Vec<String> {
    let name = |at: usize| if long { format!("{at} {LONG} {at}") } else { format!("value {at}") };
    (0..count).map(name).collect()
}

/// A made-up metric.
fn metric(at: usize) -> f64 {
    0.85 + ((at * 7919) % 101) as f64 / 1000.0
}

const COUNTS: [usize; 5] = [1, 2, 9, 40, 120];

#[test]
fn sweeps() {
    for (count, long) in COUNTS.into_iter().flat_map(|count| [(count, false), (count, true)]) {
        for (kind, series) in [("names", 1), ("names", 9), ("numbers", 2), ("logarithmic", 1), ("logarithmic", 40)] {
            let labels = names(count, long);
            let value = |at: usize| match kind {
                "numbers" => json!(at as f64 * 0.37),
                "logarithmic" => json!(10f64.powf(-(at as f64) / 8.0)),
                _ => json!(labels[at]),
            };
            let point = |(at, of): (usize, usize)| {
                let seeds = vec![metric(at + of), metric(at + of) + 0.01, if at == 3 { 9.0 } else { metric(at) }];
                let series = if series > 1 { format!("{of} {LONG}") } else { String::new() };
                let label = if kind == "names" { labels[at].clone() } else { format::setting(&value(at)) };
                SweepPoint { value: value(at), label, series, estimate: estimate(&seeds).unwrap(), seeds }
            };
            let points = (0..count).flat_map(|at| (0..series).map(move |of| (at, of))).map(point).collect();
            let references = vec![Reference { label: LONG.into(), value: 0.84 }];
            let data = Sweep { parameter: LONG.into(), metric: "test RMSE (rating points)".into(), points, references };
            assert_legible(&format!("sweep_{kind}_{count}_{series}_{long}"), &sweep(&heading(), &data));
        }
    }
}

#[test]
fn curves_and_overlays() {
    for epochs in [0, 1, 2, 9, 40, 5000] {
        let cell = |epoch: usize| (epoch % 7 != 3).then(|| 1.0 + 1.0 / epoch as f64);
        let row = |epoch: usize| EpochRow { epoch, cells: vec![Some(0.5 / epoch as f64), cell(epoch)] };
        let columns = ["train.rmse", "validation.rmse"].map(str::to_owned).to_vec();
        let table = EpochTable { columns, rows: (1..=epochs).map(row).collect() };
        let references =
            vec![Reference { label: LONG.into(), value: 0.9 }, Reference { label: LONG.into(), value: -99.0 }];
        let options = CurveOptions { skip_epochs: 0, references, selected_epoch: Some(epochs) };
        assert_legible(&format!("metric_{epochs}"), &super::metric(&heading(), "rmse", &table, &options));

        let point = |epoch| (epoch, Estimate { mean: cell(epoch).unwrap_or(1e12), half_width: Some(0.1), n: 3 });
        let curve = |label: String| OverlayCurve { label, points: (1..=epochs).map(point).collect() };
        let curves: Vec<_> = names(6, true).into_iter().map(curve).collect();
        assert_legible(&format!("overlay_{epochs}"), &overlay(&heading(), "RMSE (rating points)", &curves, 0));
    }
}

#[test]
fn heat_maps() {
    for (across, down) in COUNTS.into_iter().flat_map(|count| [(count, 2), (2, count), (count, count), (count, 40)]) {
        for (long, missing) in [(false, 5), (true, 2)] {
            let cell = |place: usize| (place % missing != 1).then(|| if place == 4 { 1e15 } else { metric(place) });
            let line = |line: usize| (0..across).map(|column| cell(line * across + column)).collect();
            let data = HeatMap {
                across: (if long { LONG.into() } else { "fill".into() }, names(across, long)),
                down: (if long { LONG.into() } else { "layers".into() }, names(down, long)),
                metric: "test RMSE (rating points)".into(),
                cells: (0..down).map(line).collect(),
                higher_is_better: long,
            };
            assert_legible(&format!("heat_map_{across}_{down}_{long}"), &heat_map(&heading(), &data));
        }
    }
    let nothing = HeatMap {
        cells: vec![vec![None]],
        across: ("a".into(), names(1, true)),
        down: ("b".into(), names(1, true)),
        ..HeatMap::default()
    };
    assert_legible("heat_map_nothing", &heat_map(&heading(), &nothing));
}

#[test]
fn parallel_coordinates() {
    for (parameters, lines) in [(1, 1), (3, 2), (3, 9), (5, 40), (8, 500), (8, 3)] {
        for long in [false, true] {
            let value = |line: usize, parameter: usize| -> (Value, String) {
                let at = (line * (parameter + 3)) % 17;
                match parameter % 4 {
                    0 => {
                        (json!(10f64.powf(-(at as f64) / 3.0)), format::setting(&json!(10f64.powf(-(at as f64) / 3.0))))
                    }
                    1 if long => (json!(names(17, true)[at]), names(17, true)[at].clone()),
                    1 => (json!(names(3, false)[at % 3]), names(3, false)[at % 3].clone()),
                    2 => (json!(at * 32), (at * 32).to_string()),
                    _ => (json!(at < 9), (at < 9).to_string()),
                }
            };
            let line = |line: usize| ParallelLine {
                values: (0..parameters).map(|parameter| value(line, parameter)).collect(),
                metric: if line == 7 { 1e9 } else { metric(line) },
            };
            let mut lines: Vec<_> = (0..lines).map(line).collect();
            lines.sort_by(|a, b| a.metric.total_cmp(&b.metric));
            let name = |at: usize| {
                if long { format!("{at} {LONG}") } else { ["lr", "fill", "layers", "tied"][at % 4].to_owned() }
            };
            let metric = "test RMSE (rating points)".to_owned();
            let data = Parallel { parameters: (0..parameters).map(name).collect(), metric, lines };
            let name = format!("parallel_{parameters}_{}_{long}", data.lines.len());
            assert_legible(&name, &parallel(&heading(), &data));
        }
    }
    assert_legible("parallel_nothing", &parallel(&heading(), &Parallel::default()));
}

#[test]
fn dot_plots() {
    for (rows, seeds) in COUNTS.into_iter().flat_map(|rows| [(rows, 1), (rows, 3), (rows, 10)]) {
        for long in [false, true] {
            let value = |row: usize, seed: usize| match (row, seed) {
                (0, 2) if long => 1e12,
                (1, 1) if long => -1e3,
                _ => metric(row) + seed as f64 / 500.0,
            };
            let row = |(row, label): (usize, String)| DotRow {
                label,
                values: (0..seeds).map(|seed| value(row, seed)).collect(),
            };
            let rows: Vec<_> = names(rows, long).into_iter().enumerate().map(row).collect();
            let name = format!("dots_{}_{seeds}_{long}", rows.len());
            assert_legible(&name, &dot_plot(&heading(), "test RMSE (rating points)", &rows));
        }
    }
    assert_legible("dots_nothing", &dot_plot(&heading(), "", &[]));
}

/// Ratings on a scale, and predictions that are drawn to their mean.
fn predictions(scale: &str, count: usize) -> (Vec<f32>, Vec<f32>) {
    let noise = |at: usize| ((at * 7919) % 1009) as f32 / 1009.0 + ((at * 104_729) % 997) as f32 / 997.0 - 1.0;
    let rating = |at: usize| match scale {
        "five" => [4, 3, 5, 4, 2, 4, 3, 1, 5, 4][at % 10] as f32,
        "half" => ((at * 31) % 10 + 1) as f32 / 2.0,
        "one" => 1.0,
        "continuous" => ((at * 611) % 2000) as f32 / 100.0 - 10.0,
        _ => ((at * 37) % 100 + 1) as f32,
    };
    let spread = |scale: &str| match scale {
        "continuous" | "hundred" => 8.0,
        _ => 0.9,
    };
    let ratings: Vec<f32> = (0..count).map(rating).collect();
    let mean = ratings.iter().sum::<f32>() / count.max(1) as f32;
    let predicted =
        ratings.iter().enumerate().map(|(at, rating)| mean + 0.5 * (rating - mean) + spread(scale) * noise(at));
    (ratings.clone(), predicted.collect())
}

#[test]
fn predictions_errors_and_histograms() {
    for scale in ["five", "half", "one", "continuous", "hundred"] {
        for count in [0, 1, 2, 40, 100_000] {
            let (ratings, predicted) = predictions(scale, count);
            let users: Vec<u32> = (0..count as u32).map(|at| at % 500).collect();
            let shown: Vec<u32> = (0..500).map(|user| if user < 56 { 0 } else { 1 << (user % 13) }).collect();
            let test = TestRatings { ratings: &ratings, predicted: &predicted, users: &users, shown: &shown };
            assert_legible(
                &format!("predicted_{scale}_{count}"),
                &super::predicted(&heading(), &prediction_counts(test)),
            );
            let split = count / 10;
            let counts = rating_counts([&ratings[2 * split..], &ratings[split..2 * split], &ratings[..split]]);
            assert_legible(&format!("ratings_{scale}_{count}"), &histogram(&heading(), &counts));
            let lines = crate::test_tables::error_by_activity(test);
            for series in [1, 6] {
                let of = |at: usize| -> (String, Vec<Option<f64>>) {
                    let error =
                        |line: &ActivityError| (line.shown_from != 4 || at == 0).then(|| line.rmse + at as f64 / 20.0);
                    (names(6, true)[at].clone(), lines.iter().map(error).collect())
                };
                let label =
                    |line: &ActivityError| (format::range(line.shown_from as f64, line.shown_to as f64), line.users);
                let data = ErrorByActivity {
                    of: "ratings of the user that the network is shown".into(),
                    is_ordered: true,
                    metric: "test RMSE (rating points)".into(),
                    users: lines.iter().map(label).collect(),
                    series: (0..series).map(of).collect(),
                };
                assert_legible(&format!("activity_{scale}_{count}_{series}"), &error_by_activity(&heading(), &data));
            }
        }
    }
}

#[test]
fn maps_and_tails() {
    for groups in [1, 9, 40] {
        let points = (0..400).map(|at| (metric(at), metric(at * 3))).collect::<Vec<_>>();
        let data = Scatter {
            x: LONG.into(),
            y: LONG.into(),
            groups: (0..points.len()).map(|at| Some(at % groups)).collect(),
            points,
            names: names(groups, true),
        };
        assert_legible(&format!("scatter_{groups}"), &scatter(&heading(), &data));
    }
    for most in [1, 100, 10_000_000] {
        let sides = [(LONG, vec![most, 3, 1]), ("items", vec![1; 50_000])];
        assert_legible(&format!("long_tail_{most}"), &long_tail(&heading(), &sides));
    }
}
