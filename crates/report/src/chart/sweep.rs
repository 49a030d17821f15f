//! A metric against one swept parameter.

use serde_json::Value;

use super::axis::{Axis, usual_range};
use super::canvas::{self, Canvas, Marker, Shape, Stroke};
use super::frame::{Frame, Key, Plot};
use super::parameter::{distinct, parameter_axis};
use super::reference::References;
use super::theme::{REFERENCE, SERIES};
use super::{Heading, Reference};
use crate::{Estimate, format};

/// The data of a sweep chart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sweep {
    /// The swept parameter, as the horizontal axis names it.
    pub parameter: String,
    /// The metric, as the vertical axis names it.
    pub metric: String,
    /// One per setting; categories and series appear in this order.
    pub points: Vec<SweepPoint>,
    /// Known values to compare with.
    pub references: Vec<Reference>,
}

/// One setting in a sweep chart.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepPoint {
    /// The value of the swept parameter.
    pub value: Value,
    /// What the axis calls it.
    pub label: String,
    /// The other swept parameters, as the legend names them; empty when there are none.
    pub series: String,
    /// The metric over the seeds.
    pub estimate: Estimate,
    /// The metric of each seed.
    pub seeds: Vec<f64>,
}

/// The chart: means with 95 % t-intervals over seeds as whiskers, single seeds as faint dots, a colour per series. What lies far from
/// most values, as where training diverged, is faint at the edge: it would flatten all others. The horizontal axis
/// is numeric when all values are numbers, or lists of one number; else each value has its place, in the order of `points`.
pub fn sweep(heading: &Heading, sweep: &Sweep) -> String {
    let (x, places) = horizontal_axis(sweep);
    let series = distinct(sweep.points.iter().map(|point| point.series.clone()));
    let values = || sweep.points.iter().flat_map(reach);
    let usual = usual_range(values());
    let references = References::divide(&sweep.references, usual);
    let ends = usual.into_iter().flat_map(|(low, high)| [low, high]);
    let y = Axis::around(&sweep.metric, ends.chain(references.values()), 7.0);
    let connected = !x.names;

    let named = series.iter().any(|label| !label.is_empty());
    let mut keys: Vec<Key> =
        series.iter().enumerate().filter(|_| named).map(|(index, label)| key(index, label, connected)).collect();
    keys.extend(references.keys());
    let is_beyond = |point: &SweepPoint| !(y.low..=y.high).contains(&point.estimate.mean);
    keys.extend(sweep.points.iter().any(is_beyond).then(beyond_key));

    canvas::svg(|canvas| {
        let spread = spread(&x, &places, series.len());
        let plot = Frame { heading, x, y, keys }.draw(canvas);
        references.draw(canvas, &plot);
        if sweep.points.is_empty() {
            plot.note(canvas, "no finished trials yet");
        }
        for (index, label) in series.iter().enumerate() {
            // Whiskers at the same value would hide each other: series stand side by side.
            let width = spread * (plot.right - plot.left);
            let shift = (index as f64 - (series.len() - 1) as f64 / 2.0) * width;
            let of_series = sweep.points.iter().zip(&places).filter(|(point, _)| point.series == *label);
            let placed: Vec<_> =
                of_series.map(|(point, place)| Placed { point, place: *place, shift, width }).collect();
            draw_series(canvas, &plot, placed, marker(index), connected);
        }
    })
}

struct Placed<'a> {
    point: &'a SweepPoint,
    /// Place on the horizontal axis.
    place: f64,
    /// Distance from there on the canvas.
    shift: f64,
    /// Room on the canvas up to the next series.
    width: f64,
}

impl Placed<'_> {
    /// The place of a value, at the edge of the plot if it is beyond.
    fn at(&self, plot: &Plot, value: f64) -> (f64, f64) {
        let (low, high) = plot.limits();
        let (x, y) = plot.at(self.place, value.clamp(low, high));
        (x + self.shift, y)
    }
}

fn draw_series(canvas: &Canvas, plot: &Plot, mut placed: Vec<Placed>, marker: Marker, connected: bool) {
    placed.sort_by(|a, b| a.place.total_cmp(&b.place));
    if connected && placed.len() > 1 {
        let means: Vec<_> = placed.iter().map(|placed| placed.at(plot, placed.point.estimate.mean)).collect();
        canvas.line(&means, Stroke::solid(marker.colour, 1.6));
    }
    for placed in placed {
        let Estimate { mean, half_width, .. } = placed.point.estimate;
        let (low, high) = plot.limits();
        let is_within = |value: &f64| (low..=high).contains(value);
        for seed in placed.point.seeds.iter().filter(|seed| placed.point.seeds.len() > 1 && is_within(seed)) {
            // Beside the whisker, which would hide them.
            let (x, y) = placed.at(plot, *seed);
            let beside = (x + (placed.width / 2.0).min(9.0), y);
            canvas.marker(beside, Marker { shape: Shape::Circle, radius: 2.6, opacity: 0.45, ..marker });
        }
        if let Some(width) = half_width {
            let ends = [mean - width, mean + width];
            draw_whisker(canvas, ends.map(|end| (placed.at(plot, end), is_within(&end))), marker);
        }
        let opacity = if is_within(&mean) { 1.0 } else { BEYOND };
        canvas.marker(placed.at(plot, mean), Marker { opacity, ..marker });
    }
}

/// Opacity of a mean that is at the edge because it is beyond it.
const BEYOND: f64 = 0.35;

fn beyond_key() -> Key {
    let marker = Marker { colour: REFERENCE, opacity: BEYOND, ..marker(0) };
    Key { label: "faint: beyond the axis".into(), stroke: None, marker: Some(marker) }
}

/// Between two ends, each with a cap unless it is beyond the axis.
fn draw_whisker(canvas: &Canvas, ends: [((f64, f64), bool); 2], marker: Marker) {
    let stroke = Stroke::solid(marker.colour, 1.6);
    canvas.line(&ends.map(|(end, _)| end), stroke);
    for ((x, y), _) in ends.into_iter().filter(|(_, is_within)| *is_within) {
        canvas.line(&[(x - 4.0, y), (x + 4.0, y)], stroke);
    }
}

/// Everything that a point draws, for the range of the vertical axis.
fn reach(point: &SweepPoint) -> Vec<f64> {
    let Estimate { mean, half_width, .. } = point.estimate;
    let width = half_width.unwrap_or(0.0);
    point.seeds.iter().copied().chain([mean - width, mean, mean + width]).collect()
}

/// The axis, and the place of each point on it.
fn horizontal_axis(sweep: &Sweep) -> (Axis, Vec<f64>) {
    let values: Vec<_> = sweep.points.iter().map(|point| (&point.value, point.label.as_str())).collect();
    parameter_axis(&sweep.parameter, &values)
}

/// The distance of neighbouring series, as a share of the axis: together they take less than the gap between two values.
fn spread(axis: &Axis, places: &[f64], series: usize) -> f64 {
    let mut fractions: Vec<_> = places.iter().map(|place| axis.fraction(*place)).collect();
    fractions.sort_by(f64::total_cmp);
    fractions.dedup();
    let gap = fractions.windows(2).map(|pair| pair[1] - pair[0]).fold(1.0, f64::min);
    let series = series.max(1) as f64;
    if axis.names {
        (gap * 0.7 / series).min(0.04)
    } else {
        // On a numeric axis the shift is an untruth, so it is kept small, and within the space at the ends of the axis.
        (gap * 0.4 / series).min(0.08 / series).min(0.018)
    }
}

/// Colours first; when they are used up, the next shape.
fn marker(index: usize) -> Marker {
    let shapes = [Shape::Circle, Shape::Square, Shape::Triangle, Shape::Diamond];
    let shape = shapes[index / SERIES.len() % shapes.len()];
    Marker { shape, colour: SERIES[index % SERIES.len()], radius: 4.6, opacity: 1.0 }
}

fn key(index: usize, label: &str, connected: bool) -> Key {
    let marker = marker(index);
    let stroke = connected.then(|| Stroke::solid(marker.colour, 1.6));
    let label = if label.is_empty() { format::MISSING } else { label };
    Key { label: label.to_owned(), stroke, marker: Some(marker) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::estimate;

    fn swept(values: &[Value]) -> Sweep {
        let point = |(index, value): (usize, &Value)| {
            let seeds = vec![0.85 + index as f64 * 0.01, 0.86];
            SweepPoint {
                value: value.clone(),
                label: format::setting(value),
                series: String::new(),
                estimate: estimate(&seeds).unwrap(),
                seeds,
            }
        };
        let points = values.iter().enumerate().map(point).collect();
        Sweep { parameter: "layers".into(), metric: "RMSE".into(), points, references: Vec::new() }
    }

    #[test]
    fn every_series_and_category_is_named() {
        let mut data = swept(&[json!("zero"), json!("user-mean"), json!({"constant": 3})]);
        data.points[1].series = "layers 256-512-256".into();
        let svg = sweep(&Heading::default(), &data);
        for label in ["zero", "user-mean", "constant 3", "layers 256-512-256", "–"] {
            assert!(svg.contains(&format!(">\n{label}\n<")), "{label}");
        }
    }

    #[test]
    fn extreme_values_give_a_chart_of_finite_numbers() {
        for extreme in [f64::MAX, f64::MIN_POSITIVE, 0.0, -1e300] {
            let mut data = swept(&[json!(1e-300), json!(1e300)]);
            data.points[0].seeds = vec![extreme, extreme];
            data.points[0].estimate = estimate(&data.points[0].seeds).unwrap();
            let svg = sweep(&Heading::default(), &data);
            assert!(!svg.contains("NaN") && !svg.contains(">\ninf"), "{extreme}");
        }
    }

    #[test]
    fn one_setting_that_diverged_does_not_flatten_the_others() {
        let mut data = swept(&(1..=9).map(|value| json!(value)).collect::<Vec<_>>());
        assert!(!sweep(&Heading::default(), &data).contains("beyond the axis"));
        data.points[4].seeds = vec![1e6, 1e6];
        data.points[4].estimate = estimate(&data.points[4].seeds).unwrap();
        let svg = sweep(&Heading::default(), &data);
        assert!(svg.contains("faint: beyond the axis") && !svg.contains("000,000"), "{svg}");
    }

    #[test]
    fn series_beside_each_other_stay_nearer_than_values() {
        for (values, series) in [(3, 2), (3, 14), (60, 5), (1, 1)] {
            let names: Vec<_> = (0..values).map(|index| index.to_string()).collect();
            let places: Vec<_> = (0..values).map(f64::from).collect();
            let axis = Axis::names("", &names);
            assert!(spread(&axis, &places, series) * series as f64 <= 0.71 / f64::from(values));
        }
    }
}
