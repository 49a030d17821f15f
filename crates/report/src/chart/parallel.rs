//! Many parameters and a metric side by side: a line for each setting.

use serde_json::Value;

use super::Heading;
use super::axis::{Axis, Tick, usual_range};
use super::canvas::{self, Align, Canvas, Stroke, Type};
use super::frame::draw_heading;
use super::parameter::parameter_axis;
use super::theme::{AXIS, Colour, HEIGHT, INK, MARGIN, SERIES, WIDTH, ramp};

/// The data of the chart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parallel {
    /// The parameters, from left to right.
    pub parameters: Vec<String>,
    /// The metric, which comes last.
    pub metric: String,
    /// The best setting first.
    pub lines: Vec<ParallelLine>,
}

/// A setting.
#[derive(Clone, Debug, PartialEq)]
pub struct ParallelLine {
    /// Its value of each parameter, and what the axis calls it.
    pub values: Vec<(Value, String)>,
    /// Its metric.
    pub metric: f64,
}

const TOP: f64 = 132.0;
const BOTTOM: f64 = HEIGHT - MARGIN - 22.0;
/// Between labels on an axis.
const LINE: f64 = 16.0;
/// Beyond the last axis, for its title and labels.
const SIDE: f64 = 164.0;

/// The chart: an axis for each parameter and the last one for the metric; each setting is a line, the darker the better, and the
/// best has a colour of its own.
pub fn parallel(heading: &Heading, data: &Parallel) -> String {
    let axes = axes(data);
    let across = |place: usize| {
        let gap = (WIDTH - 2.0 * MARGIN - SIDE - 6.0) / (axes.len() - 1).max(1) as f64;
        MARGIN + 6.0 + place as f64 * gap
    };
    canvas::svg(|canvas| {
        draw_heading(canvas, heading);
        if data.lines.is_empty() {
            return canvas.text("no finished trials yet", (MARGIN, TOP), Align::Start, Type::TEXT);
        }
        for line in (0..data.lines.len()).rev() {
            let points: Vec<_> =
                axes.iter().enumerate().map(|(at, (axis, places))| (across(at), up(axis, places[line]))).collect();
            canvas.line(&points, stroke(line, data.lines.len()));
        }
        for (place, (axis, _)) in axes.iter().enumerate() {
            let room = if place + 1 < axes.len() { across(1) - across(0) } else { SIDE };
            draw_axis(canvas, axis, across(place), room);
        }
        let best = Type { colour: INK, ..Type::SMALL };
        canvas.line(&[(WIDTH - MARGIN - 104.0, 88.0), (WIDTH - MARGIN - 78.0, 88.0)], stroke(0, 1));
        canvas.text("best setting", (WIDTH - MARGIN - 70.0, 92.3), Align::Start, best);
    })
}

/// Each axis, and the place of each line on it.
fn axes(data: &Parallel) -> Vec<(Axis, Vec<f64>)> {
    let of_parameter = |(place, name): (usize, &String)| {
        let values: Vec<_> =
            data.lines.iter().map(|line| (&line.values[place].0, line.values[place].1.as_str())).collect();
        let (axis, mut places) = parameter_axis(name, &values);
        if axis.names {
            side_by_side(&mut places, axis.ticks.len());
        }
        (axis, places)
    };
    let mut axes: Vec<_> = data.parameters.iter().enumerate().map(of_parameter).collect();
    let metrics = || data.lines.iter().map(|line| line.metric);
    let usual = usual_range(metrics()).unwrap_or((0.0, 1.0));
    let axis = Axis::around(&data.metric, [usual.0, usual.1].into_iter(), 8.0);
    let places = metrics().map(|metric| metric.clamp(axis.low, axis.high)).collect();
    axes.push((axis, places));
    axes
}

/// Lines through the same name lie beside each other: on top of each other they would be one.
fn side_by_side(places: &mut [f64], names: usize) {
    let most = if names > 12 { 0.3 } else { 0.5 };
    for name in 0..names {
        let same: Vec<usize> = (0..places.len()).filter(|&line| places[line] == name as f64).collect();
        let step = (most / same.len() as f64).min(0.06);
        for (order, &line) in same.iter().enumerate() {
            places[line] += (order as f64 - (same.len() - 1) as f64 / 2.0) * step;
        }
    }
}

fn up(axis: &Axis, value: f64) -> f64 {
    BOTTOM - axis.fraction(value) * (BOTTOM - TOP)
}

/// The best in a colour of its own, the others the paler the worse.
fn stroke(line: usize, lines: usize) -> Stroke {
    let share = line as f64 / lines.max(2) as f64;
    let (colour, width): (Colour, f64) =
        if line == 0 { (SERIES[1], 3.0) } else { (ramp(0.95 - 0.8 * share), if lines > 100 { 0.7 } else { 1.3 }) };
    Stroke::solid(colour, width)
}

/// An axis with its title and labels to the right of it, the latter on a ground that dims the lines, and so much room for both.
fn draw_axis(canvas: &Canvas, axis: &Axis, x: f64, room: f64) {
    canvas.line(&[(x, TOP), (x, BOTTOM)], Stroke::solid(AXIS, 1.2));
    let bold = Type { bold: true, colour: INK, ..Type::SMALL };
    canvas.text(&bold.shorten(&axis.title, room - 8.0), (x - 6.0, TOP - 12.0), Align::Start, bold);
    for tick in fitting(axis) {
        let y = up(axis, tick.at);
        let label = Type::SMALL.shorten(&tick.label, (room - 24.0).min(170.0));
        canvas.line(&[(x, y), (x + 5.0, y)], Stroke::solid(AXIS, 1.0));
        canvas.halo((x + 7.0, y - 7.5), (x + 11.0 + Type::SMALL.width(&label), y + 7.5));
        canvas.text(&label, (x + 9.0, y + 4.3), Align::Start, Type { colour: INK, ..Type::SMALL });
    }
}

/// The ticks that have room below each other.
fn fitting(axis: &Axis) -> Vec<&Tick> {
    let mut fitting: Vec<&Tick> = Vec::new();
    for tick in &axis.ticks {
        if fitting.last().is_none_or(|last| up(axis, last.at) - up(axis, tick.at) >= LINE) {
            fitting.push(tick);
        }
    }
    fitting
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn line(metric: f64, fill: &str, rate: f64) -> ParallelLine {
        ParallelLine { values: vec![(json!(fill), fill.to_owned()), (json!(rate), format!("{rate}"))], metric }
    }

    #[test]
    fn every_setting_is_a_line_over_all_axes() {
        let lines = vec![line(0.8, "zero", 0.1), line(0.9, "mean", 0.001), line(1e9, "mean", 0.01)];
        let data = Parallel { parameters: vec!["fill".into(), "rate".into()], metric: "RMSE".into(), lines };
        let svg = parallel(&Heading::default(), &data);
        for text in ["fill", "rate (logarithmic)", "RMSE", "zero", "mean", "0.001", "best setting"] {
            assert!(svg.contains(&format!(">\n{text}\n<")), "{text}");
        }
        let strokes: Vec<_> = (0..3).map(|place| stroke(place, 3).colour).collect();
        assert!(strokes.windows(2).all(|pair| pair[0] != pair[1]));
        assert!(parallel(&Heading::default(), &Parallel::default()).contains("no finished trials yet"));
    }

    #[test]
    fn lines_through_one_name_do_not_lie_on_each_other() {
        let mut places = vec![0.0, 1.0, 1.0, 1.0];
        side_by_side(&mut places, 2);
        assert_eq!(places, [0.0, 0.94, 1.0, 1.06]);
        let mut many = vec![0.0; 200];
        side_by_side(&mut many, 1);
        assert!(many.iter().all(|place| place.abs() <= 0.25));
    }
}
