//! The error for users of whom little is known and of whom much is, from cold to warm; or for users of one kind and another.

use super::Heading;
use super::axis::{Axis, range};
use super::canvas::{self, Align, Canvas, Marker, Shape, Stroke, Type};
use super::frame::{Frame, Key, Plot};
use super::theme::{AXIS, GRID, SERIES};
use crate::format;

/// Errors of users by what tells them apart, as the number of ratings that the network is shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ErrorByActivity {
    /// What tells users apart, as the horizontal axis names it.
    pub of: String,
    /// Whether that rises from left to right, so that lines join what lies beside each other.
    pub is_ordered: bool,
    /// The error, as the vertical axis names it.
    pub metric: String,
    /// Numbers of ratings, or values of an attribute, with the users who have them.
    pub users: Vec<(String, u64)>,
    /// What is compared, each with its error at each of these numbers.
    pub series: Vec<(String, Vec<Option<f64>>)>,
}

/// How much of the plot, from below, the bars take.
const BARS: f64 = 0.2;

/// The chart: a line over what tells users apart for each of the series, and below it, in grey, how many users have so many: a
/// number over few users means little.
pub fn error_by_activity(heading: &Heading, data: &ErrorByActivity) -> String {
    let labels: Vec<String> = data.users.iter().map(|(label, _)| label.clone()).collect();
    let x = Axis::names(&data.of, &labels);
    let values = || data.series.iter().flat_map(|(_, errors)| errors.iter().flatten().copied());
    let y = above_bars(Axis::around(&data.metric, values(), 7.0));
    let mut keys: Vec<Key> =
        data.series.iter().enumerate().map(|(index, (name, _))| key(name, index, data.is_ordered)).collect();
    keys.push(Key {
        label: "users".into(),
        stroke: None,
        marker: Some(Marker { shape: Shape::Square, colour: GRID, radius: 7.0, opacity: 1.0 }),
    });
    canvas::svg(|canvas| {
        let plot = Frame { heading, x, y, keys }.draw(canvas);
        if range(values()).is_none() {
            return plot.note(canvas, "no test ratings");
        }
        draw_bars(canvas, &plot, &data.users);
        for (index, (_, errors)) in data.series.iter().enumerate().rev() {
            let points = errors.iter().enumerate().map(|(place, error)| Some(plot.at(place as f64, (*error)?)));
            let points: Vec<Option<(f64, f64)>> = points.collect();
            for piece in points.split(Option::is_none) {
                let piece: Vec<_> = piece.iter().copied().flatten().collect();
                if piece.len() > 1 && data.is_ordered {
                    canvas.line(&piece, stroke(index));
                }
                piece.iter().for_each(|at| canvas.marker(*at, marker(index)));
            }
        }
    })
}

/// The axis with empty space below its values, for the bars.
fn above_bars(axis: Axis) -> Axis {
    let low = axis.low - (axis.high - axis.low) * (BARS + 0.08) / (1.0 - BARS - 0.08);
    Axis { low, ..axis }
}

fn draw_bars(canvas: &Canvas, plot: &Plot, users: &[(String, u64)]) {
    let most = users.iter().map(|(_, users)| *users).max().unwrap_or(1).max(1) as f64;
    let height = (plot.bottom - plot.top) * BARS;
    let place = |at: f64| plot.at(at, 0.0).0;
    let room = place(1.0) - place(0.0);
    let texts: Vec<String> = users.iter().map(|(_, users)| format::count(*users)).collect();
    let fits = texts.iter().all(|text| Type::SMALL.width(text) + 6.0 <= room);
    for (at, (_, users)) in users.iter().enumerate() {
        let top = plot.bottom - *users as f64 / most * height;
        canvas.rectangle((place(at as f64 - 0.36), top), (place(at as f64 + 0.36), plot.bottom), GRID);
        if fits {
            canvas.text(&texts[at], (place(at as f64), top - 4.0), Align::Middle, Type::SMALL);
        }
    }
    canvas.line(&[(plot.left, plot.bottom), (plot.right, plot.bottom)], Stroke::solid(AXIS, 1.2));
}

fn stroke(index: usize) -> Stroke {
    let dash = [None, Some(7.0), Some(3.0)][index / SERIES.len() % 3];
    Stroke { colour: SERIES[index % SERIES.len()], width: 2.0, dash }
}

fn marker(index: usize) -> Marker {
    Marker { shape: Shape::Circle, colour: SERIES[index % SERIES.len()], radius: 3.8, opacity: 1.0 }
}

fn key(name: &str, index: usize, is_ordered: bool) -> Key {
    Key { label: name.to_owned(), stroke: is_ordered.then(|| stroke(index)), marker: Some(marker(index)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stand_above_the_counts_of_users() {
        let data = ErrorByActivity {
            of: "ratings of the user that the network is shown".into(),
            is_ordered: true,
            metric: "test RMSE (rating points)".into(),
            users: vec![("0".into(), 12), ("1".into(), 3400), ("2–3".into(), 1)],
            series: vec![
                ("zero".into(), vec![Some(1.1), Some(0.9), Some(0.8)]),
                ("mean".into(), vec![None, Some(0.95), None]),
            ],
        };
        let svg = error_by_activity(&Heading::default(), &data);
        for text in ["2–3", "3,400", "zero", "mean", "users", "test RMSE (rating points)"] {
            assert!(svg.contains(&format!(">\n{text}\n<")), "{text}");
        }
        let axis = above_bars(Axis::around("", [0.8, 1.1].into_iter(), 7.0));
        assert!(axis.fraction(0.8) > BARS + 0.04);
        assert!(error_by_activity(&Heading::default(), &ErrorByActivity::default()).contains("no test ratings"));
    }
}
