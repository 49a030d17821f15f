//! Predicted against true ratings.

use super::Heading;
use super::axis::{Axis, Tick, range};
use super::canvas::{self, Align, Canvas, Marker, Shape, Stroke, Type};
use super::frame::{Frame, Key, Plot};
use super::theme::{INK, SERIES, ramp};
use crate::format;
use crate::test_tables::PredictionCount;

/// Test ratings of one value.
struct Column<'a> {
    low: f64,
    high: f64,
    label: String,
    cells: &'a [PredictionCount],
}

impl Column<'_> {
    fn middle(&self) -> f64 {
        f64::midpoint(self.low, self.high)
    }

    fn ratings(&self) -> u64 {
        self.cells.iter().map(|cell| cell.ratings).sum()
    }

    fn mean_prediction(&self) -> f64 {
        let sum: f64 = self.cells.iter().map(|cell| middle(cell) * cell.ratings as f64).sum();
        sum / self.ratings() as f64
    }
}

/// The chart: for each true rating, across, how its predictions are distributed, up; the darker, the larger the share of the
/// ratings with this value. Points are means; on the dashed line predictions are right.
pub fn predicted(heading: &Heading, counts: &[PredictionCount]) -> String {
    let columns = columns(counts);
    let half = half_width(&columns);
    let x = horizontal_axis(&columns, half);
    let ends = counts.iter().flat_map(|cell| [f64::from(cell.predicted_from), f64::from(cell.predicted_to)]);
    let y = Axis::around("predicted rating (points)", ends.clone(), 7.0);
    let predicted = range(ends).unwrap_or((0.0, 1.0));
    let mean = Marker { shape: Shape::Circle, colour: SERIES[1], radius: 4.2, opacity: 1.0 };
    let right = Stroke { colour: INK, width: 1.6, dash: Some(6.0) };
    let share = |text: &str, shade: f64| Key {
        label: text.into(),
        stroke: None,
        marker: Some(Marker { shape: Shape::Square, colour: ramp(shade), radius: 7.0, opacity: 1.0 }),
    };
    let keys = vec![
        Key::line("prediction = rating", right),
        Key { label: "mean prediction".into(), stroke: None, marker: Some(mean) },
        share("most frequent", 1.0),
        share("a quarter of that", 0.5),
    ];
    canvas::svg(|canvas| {
        let plot = Frame { heading, x, y, keys }.draw(canvas);
        if columns.is_empty() {
            return plot.note(canvas, "no test ratings");
        }
        for column in &columns {
            draw_column(canvas, &plot, column, half);
        }
        if let Some((low, high)) = shared(&columns, half, predicted) {
            canvas.line(&[plot.at(low, low), plot.at(high, high)], right);
        }
        for column in &columns {
            canvas.marker(plot.at(column.middle(), column.mean_prediction()), mean);
        }
        draw_counts(canvas, &plot, &columns);
    })
}

fn columns(counts: &[PredictionCount]) -> Vec<Column<'_>> {
    let of_rating = counts.chunk_by(|a, b| a.rating_from == b.rating_from);
    let column = of_rating.map(|cells| {
        let (low, high) = (f64::from(cells[0].rating_from), f64::from(cells[0].rating_to));
        Column { low, high, label: format::range(low, high), cells }
    });
    column.collect()
}

/// Half the width of a column: the bins are as wide as they are, and single values leave a gap between them.
fn half_width(columns: &[Column]) -> f64 {
    let wide = columns.first().map_or(0.0, |column| (column.high - column.low) / 2.0);
    let gaps = columns.windows(2).map(|pair| pair[1].middle() - pair[0].middle());
    let gap = gaps.fold(f64::INFINITY, f64::min);
    match (wide > 0.0, gap.is_finite()) {
        (true, _) => wide,
        (false, true) => gap * 0.42,
        (false, false) => 0.5,
    }
}

/// A tick at each value, or round ones over bins.
fn horizontal_axis(columns: &[Column], half: f64) -> Axis {
    let ends = range(columns.iter().flat_map(|column| [column.middle() - half, column.middle() + half]));
    let (low, high) = ends.unwrap_or((0.0, 1.0));
    let axis = Axis::around("true rating (points)", [low, high].into_iter(), 10.0);
    let values = columns.iter().all(|column| column.low == column.high);
    let ticks = columns.iter().map(|column| Tick { at: column.middle(), label: column.label.clone() });
    let ticks = if values { ticks.collect() } else { axis.ticks };
    Axis { low, high, ticks, ..axis }
}

/// Where the line of right predictions is within the plot.
fn shared(columns: &[Column], half: f64, (lowest, highest): (f64, f64)) -> Option<(f64, f64)> {
    let low = (columns.first()?.middle() - half).max(lowest);
    let high = (columns.last()?.middle() + half).min(highest);
    (low < high).then_some((low, high))
}

fn middle(cell: &PredictionCount) -> f64 {
    f64::midpoint(f64::from(cell.predicted_from), f64::from(cell.predicted_to))
}

fn draw_column(canvas: &Canvas, plot: &Plot, column: &Column, half: f64) {
    let most = column.cells.iter().map(|cell| cell.ratings).max().unwrap_or(1) as f64;
    for cell in column.cells {
        // The root, so that what is rare is seen too.
        let share = (cell.ratings as f64 / most).sqrt();
        let corner = plot.at(column.middle() - half, f64::from(cell.predicted_to));
        let (right, bottom) = plot.at(column.middle() + half, f64::from(cell.predicted_from));
        // A single value has no height, but is there.
        let opposite = (right, bottom.max(corner.1 + 2.0));
        canvas.rectangle(corner, opposite, ramp(share));
    }
}

/// How many ratings each column is of, above it, where there is room for all of these numbers.
fn draw_counts(canvas: &Canvas, plot: &Plot, columns: &[Column]) {
    let texts: Vec<String> = columns.iter().map(|column| format::count(column.ratings())).collect();
    let places: Vec<f64> = columns.iter().map(|column| plot.at(column.middle(), 0.0).0).collect();
    let room = places.windows(2).map(|pair| pair[1] - pair[0]).fold(f64::INFINITY, f64::min);
    if texts.iter().all(|text| Type::SMALL.width(text) + 8.0 <= room) {
        for (text, x) in texts.iter().zip(places) {
            canvas.text(text, (x, plot.top - 5.0), Align::Middle, Type::SMALL);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_tables::{TestRatings, prediction_counts};

    fn counts(ratings: &[f32], predicted: &[f32]) -> Vec<PredictionCount> {
        prediction_counts(TestRatings { ratings, predicted, users: &[], shown: &[] })
    }

    #[test]
    fn every_rating_has_a_column_with_its_mean_and_its_count() {
        let counts = counts(&[1.0, 1.0, 2.0, 5.0], &[1.5, 2.5, 2.0, 4.0]);
        let columns = columns(&counts);
        let found: Vec<_> = columns.iter().map(|column| (column.middle(), column.ratings())).collect();
        assert_eq!(found, [(1.0, 2), (2.0, 1), (5.0, 1)]);
        assert!((columns[0].mean_prediction() - 2.0).abs() < 0.1);
        assert_eq!(shared(&columns, 0.42, (1.0, 4.0)), Some((1.0, 4.0)));
        let svg = predicted(&Heading::default(), &counts);
        assert!(svg.contains(">\n5\n<") && svg.contains("prediction = rating") && svg.contains("true rating (points)"));
        assert!(predicted(&Heading::default(), &[]).contains("no test ratings"));
    }

    #[test]
    fn a_scale_of_many_values_has_bins() {
        let ratings: Vec<f32> = (0..100).map(|value| value as f32 / 5.0 - 10.0).collect();
        let counts = counts(&ratings, &ratings);
        let columns = columns(&counts);
        assert_eq!(columns.len(), 20);
        assert!((half_width(&columns) - 0.495).abs() < 1e-6);
    }
}
