//! How much seeds differ: a row of dots for each setting.

use super::Heading;
use super::axis::{Axis, quantile, usual_range};
use super::canvas::{self, Align, Canvas, Marker, Shape, Stroke, Type};
use super::frame::{draw_heading, fitting_ticks};
use super::theme::{AXIS, GRID, INK, MARGIN, SERIES, WIDTH};
use crate::format;

/// A setting and its metric for each seed, finite numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DotRow {
    /// What the chart calls it.
    pub label: String,
    /// At least one.
    pub values: Vec<f64>,
}

const TOP: f64 = 84.0;
const LONGEST_LABEL: f64 = 340.0;
const MOST_ROWS: usize = 40;
/// From so many seeds on, quartiles say something.
const BOX_FROM: usize = 5;

/// The chart: a dot for each seed and a line at their mean, for each of the `rows` from the top; from five seeds on, a box from the
/// lower to the upper quartile with a line at the median. The first 40 settings are drawn.
pub fn dot_plot(heading: &Heading, metric: &str, rows: &[DotRow]) -> String {
    let shown = &rows[..rows.len().min(MOST_ROWS)];
    let labels = shown.iter().map(|row| Type::SMALL.width(&row.label).min(LONGEST_LABEL)).fold(0.0, f64::max);
    let (left, right) = (MARGIN + labels + 14.0, WIDTH - MARGIN - 14.0);
    let line = (300.0 / shown.len().max(1) as f64).clamp(20.0, 34.0);
    let bottom = TOP + 6.0 + line * shown.len().max(2) as f64;
    let axis = usual_range(shown.iter().flat_map(|row| row.values.iter().copied()));
    let axis = Axis::around(metric, axis.into_iter().flat_map(|(low, high)| [low, high]), 8.0);
    let place = |value: f64| left + axis.fraction(value) * (right - left);
    canvas::svg_of_height((bottom + 66.0).round(), |canvas| {
        draw_heading(canvas, heading);
        if shown.is_empty() {
            return canvas.text("no finished trials yet", (MARGIN, TOP + 20.0), Align::Start, Type::TEXT);
        }
        for tick in fitting_ticks(&axis, right - left).0 {
            let x = place(tick.at);
            canvas.line(&[(x, TOP), (x, bottom)], Stroke::solid(GRID, 1.0));
            canvas.text(&tick.label, (x, bottom + 18.0), Align::Middle, Type::SMALL);
        }
        canvas.line(&[(left, bottom), (right, bottom)], Stroke::solid(AXIS, 1.2));
        canvas.text(&axis.title, ((left + right) / 2.0, bottom + 40.0), Align::Middle, Type::TEXT);
        for (order, row) in shown.iter().enumerate() {
            let y = TOP + 6.0 + (order as f64 + 0.5) * line;
            let label = Type::SMALL.shorten(&row.label, LONGEST_LABEL);
            canvas.text(&label, (left - 12.0, y + 4.3), Align::End, Type { colour: INK, ..Type::SMALL });
            draw_row(canvas, row, y, &axis, &place);
        }
        if shown.len() < rows.len() {
            let more = format!("and {} more settings", rows.len() - shown.len());
            canvas.text(&more, (MARGIN, bottom + 40.0), Align::Start, Type::SMALL);
        }
    })
}

fn draw_row(canvas: &Canvas, row: &DotRow, y: f64, axis: &Axis, place: &impl Fn(f64) -> f64) {
    let mut sorted = row.values.clone();
    sorted.sort_by(f64::total_cmp);
    let within = |value: f64| (axis.low..=axis.high).contains(&value);
    let quartiles =
        [0.25, 0.5, 0.75].map(|share| quantile(&sorted, share).map(|value| place(value.clamp(axis.low, axis.high))));
    let mean = sorted.iter().sum::<f64>() / sorted.len() as f64;
    if let ([Some(lower), Some(median), Some(upper)], true) = (quartiles, sorted.len() >= BOX_FROM) {
        canvas.area(&[(lower, y - 7.0), (upper, y - 7.0), (upper, y + 7.0), (lower, y + 7.0)], SERIES[0], 0.18);
        canvas.line(&[(median, y - 7.0), (median, y + 7.0)], Stroke::solid(SERIES[0], 1.6));
    } else if within(mean) && sorted.len() > 1 {
        canvas.line(&[(place(mean), y - 7.0), (place(mean), y + 7.0)], Stroke::solid(INK, 1.6));
    }
    for (order, value) in row.values.iter().enumerate() {
        // Seeds with nearly the same value would hide each other.
        let aside = if row.values.len() > 1 { [-2.2, 0.0, 2.2][order % 3] } else { 0.0 };
        if within(*value) {
            canvas.marker((place(*value), y + aside), dot(Shape::Circle));
        }
    }
    draw_beyond(canvas, &sorted, y, axis, place);
}

/// What is too far from the others to be drawn: a diamond at the end of the axis, and the number beside it.
fn draw_beyond(canvas: &Canvas, sorted: &[f64], y: f64, axis: &Axis, place: &impl Fn(f64) -> f64) {
    let high: Vec<f64> = sorted.iter().copied().filter(|value| *value > axis.high).collect();
    let low: Vec<f64> = sorted.iter().copied().filter(|value| *value < axis.low).collect();
    let name = |values: &[f64], extreme: f64| match values.len() {
        1 => format::metric(Some(extreme)),
        several => format!("{several} up to {}", format::metric(Some(extreme))),
    };
    if let Some(most) = high.last() {
        canvas.marker((place(axis.high), y), dot(Shape::Diamond));
        canvas.text(&name(&high, *most), (place(axis.high) - 9.0, y + 4.3), Align::End, Type::SMALL);
    }
    if let Some(least) = low.first() {
        canvas.marker((place(axis.low), y), dot(Shape::Diamond));
        canvas.text(&name(&low, *least), (place(axis.low) + 9.0, y + 4.3), Align::Start, Type::SMALL);
    }
}

fn dot(shape: Shape) -> Marker {
    Marker { shape, colour: SERIES[0], radius: 3.6, opacity: 0.75 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(label: &str, values: &[f64]) -> DotRow {
        DotRow { label: label.into(), values: values.to_vec() }
    }

    #[test]
    fn every_seed_is_a_dot_and_five_have_a_box() {
        let few = dot_plot(&Heading::default(), "RMSE", &[row("zero", &[0.8, 0.81, 0.82]), row("mean", &[0.9])]);
        assert_eq!((few.matches("<circle").count(), few.matches("<polygon").count()), (4, 0));
        let many = dot_plot(&Heading::default(), "RMSE", &[row("zero", &[0.80, 0.81, 0.82, 0.83, 0.84])]);
        assert_eq!((many.matches("<circle").count(), many.matches("<polygon").count()), (5, 1));
    }

    #[test]
    fn what_lies_far_away_is_told_in_numbers() {
        let svg = dot_plot(&Heading::default(), "RMSE", &[row("a", &[0.80, 0.81, 0.82, 0.83, 9e8]), row("b", &[0.8])]);
        assert!(svg.contains("9×10⁸"), "{svg}");
        assert_eq!((svg.matches("<circle").count(), svg.matches("<polygon").count()), (5, 2));
    }

    #[test]
    fn settings_that_are_not_drawn_are_counted() {
        let rows: Vec<_> = (0..63).map(|at| row(&format!("setting {at}"), &[0.8 + f64::from(at)])).collect();
        let svg = dot_plot(&Heading::default(), "RMSE", &rows);
        assert!(svg.contains("and 23 more settings"));
        assert_eq!(svg.matches("<circle").count(), 40);
    }
}
