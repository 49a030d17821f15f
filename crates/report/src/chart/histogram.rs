//! How often each rating is given.

use super::Heading;
use super::axis::{Axis, Tick};
use super::canvas::{self, Marker, Shape};
use super::frame::{Frame, Key};
use super::theme::{Colour, SERIES};
use crate::format;
use crate::test_tables::RatingCount;

/// Width of a bar, as a share of the distance of bars.
const BAR: f64 = 0.72;

/// The chart: the share of each value among the training ratings as bars, among validation and test ratings as points, so that
/// parts of different sizes can be compared.
pub fn histogram(heading: &Heading, counts: &[RatingCount]) -> String {
    let train: Vec<u64> = counts.iter().map(|line| line.train).collect();
    let validation: Vec<u64> = counts.iter().map(|line| line.validation).collect();
    let test: Vec<u64> = counts.iter().map(|line| line.test).collect();
    let shares = [&train, &validation, &test].map(|part| percent(part));
    let x = horizontal_axis(counts);
    let y = Axis::from_zero("share of the ratings (%)", shares.iter().flatten().copied(), 6.0);
    let key = |name: &str, part: &[u64], marker: Marker| {
        let label = format!("{name} ({})", format::count(part.iter().sum()));
        Key { label, stroke: None, marker: Some(marker) }
    };
    let bar = Marker { shape: Shape::Square, colour: SERIES[0], radius: 6.0, opacity: BAR_OPACITY };
    let points = [dot(Shape::Diamond, SERIES[1]), dot(Shape::Circle, SERIES[2])];
    let keys =
        vec![key("train", &train, bar), key("validation", &validation, points[0]), key("test", &test, points[1])];
    canvas::svg(|canvas| {
        let plot = Frame { heading, x, y, keys }.draw(canvas);
        if train.iter().chain(&validation).chain(&test).all(|count| *count == 0) {
            return plot.note(canvas, "no ratings");
        }
        for (place, share) in shares[0].iter().enumerate() {
            let corner = |aside: f64, up: f64| plot.at(place as f64 + aside * BAR / 2.0, up);
            canvas.area(
                &[corner(-1.0, 0.0), corner(1.0, 0.0), corner(1.0, *share), corner(-1.0, *share)],
                SERIES[0],
                BAR_OPACITY,
            );
        }
        for (part, (marker, aside)) in shares[1..].iter().zip(points.into_iter().zip([-0.14, 0.14])) {
            for (place, share) in part.iter().enumerate() {
                canvas.marker(plot.at(place as f64 + aside, *share), marker);
            }
        }
    })
}

/// A place for each bin: single values are named there, bins have round numbers at and between their ends.
fn horizontal_axis(counts: &[RatingCount]) -> Axis {
    let labels: Vec<String> =
        counts.iter().map(|line| format::range(line.rating_from.into(), line.rating_to.into())).collect();
    let names = Axis::names("rating (points)", &labels);
    let (Some(first), Some(last)) = (counts.first(), counts.last()) else { return names };
    let (low, high) = (f64::from(first.rating_from), f64::from(last.rating_to));
    if counts.iter().all(|line| line.rating_from == line.rating_to) {
        return names;
    }
    let place = |value: f64| (value - low) / (high - low) * counts.len() as f64 - 0.5;
    let round = Axis::around("", [low, high].into_iter(), 10.0).ticks.into_iter();
    let ticks = round.map(|tick| Tick { at: place(tick.at), ..tick });
    let ticks = ticks.filter(|tick| (names.low..=names.high).contains(&tick.at)).collect();
    Axis { ticks, names: false, ..names }
}

const BAR_OPACITY: f64 = 0.55;

fn percent(counts: &[u64]) -> Vec<f64> {
    let all: u64 = counts.iter().sum();
    if all == 0 { Vec::new() } else { counts.iter().map(|count| 100.0 * *count as f64 / all as f64).collect() }
}

fn dot(shape: Shape, colour: Colour) -> Marker {
    Marker { shape, colour, radius: 4.2, opacity: 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(rating: f32, train: u64, validation: u64, test: u64) -> RatingCount {
        RatingCount { rating_from: rating, rating_to: rating, train, validation, test }
    }

    #[test]
    fn bars_are_of_training_and_points_of_what_is_held_out() {
        let svg = histogram(&Heading::default(), &[line(1.0, 1, 1, 0), line(2.5, 3, 1, 2)]);
        for text in ["1", "2.5", "train (4)", "validation (2)", "test (2)", "share of the ratings (%)"] {
            assert!(svg.contains(&format!(">\n{text}\n<")), "{text}");
        }
        let held_out = histogram(&Heading::default(), &[line(1.0, 0, 0, 4)]);
        assert!(held_out.contains("train (0)") && !held_out.contains("NaN"));
        assert!(histogram(&Heading::default(), &[]).contains("no ratings"));
    }
}
