//! Points in a plane, in groups: a map of what lies near what.

use super::Heading;
use super::axis::Axis;
use super::canvas::{self, Marker, Shape};
use super::frame::{Frame, Key};
use super::theme::{REFERENCE, SERIES};

/// What a map shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scatter {
    /// Title of the horizontal axis.
    pub x: String,
    /// Title of the vertical axis.
    pub y: String,
    /// `(x, y)` of each point.
    pub points: Vec<(f64, f64)>,
    /// The group of each point; a point without one is grey.
    pub groups: Vec<Option<usize>>,
    /// The name of each group.
    pub names: Vec<String>,
}

/// More points than this cover each other: of more, as many are drawn, evenly spread over their order.
pub const MOST_POINTS: usize = 10_000;

/// The chart of points, each with the colour and the shape of its group.
pub fn scatter(heading: &Heading, data: &Scatter) -> String {
    let points = || data.points.iter();
    let x = Axis::around(&data.x, points().map(|(x, _)| *x), 8.0);
    let y = Axis::around(&data.y, points().map(|(_, y)| *y), 6.0);
    let drawn: Vec<usize> = drawn(data.points.len()).collect();
    let radius = if drawn.len() > 1000 { 2.0 } else { 3.2 };
    let key = |(group, name): (usize, &String)| {
        let marker = Marker { radius: 4.5, opacity: 1.0, ..marker(Some(group), radius) };
        Key { label: name.clone(), stroke: None, marker: Some(marker) }
    };
    let keys = data.names.iter().enumerate().map(key).collect();
    canvas::svg(|canvas| {
        let plot = Frame { heading, x, y, keys }.draw(canvas);
        if drawn.is_empty() {
            return plot.note(canvas, "nothing to show");
        }
        for place in drawn {
            let (x, y) = data.points[place];
            if x.is_finite() && y.is_finite() {
                canvas.marker(plot.at(x, y), marker(data.groups[place], radius));
            }
        }
    })
}

/// At most [`MOST_POINTS`] of so many places.
fn drawn(count: usize) -> impl Iterator<Item = usize> {
    let shown = count.min(MOST_POINTS);
    (0..shown).map(move |place| place * count / shown)
}

/// Six colours, then the same again with another shape.
fn marker(group: Option<usize>, radius: f64) -> Marker {
    const SHAPES: [Shape; 4] = [Shape::Circle, Shape::Triangle, Shape::Square, Shape::Diamond];
    let (colour, shape) = match group {
        Some(group) => (SERIES[group % SERIES.len()], SHAPES[group / SERIES.len() % SHAPES.len()]),
        None => (REFERENCE, Shape::Circle),
    };
    Marker { shape, colour, radius, opacity: if group.is_some() { 0.65 } else { 0.3 } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_map() {
        let data = Scatter {
            x: "first component (62 %)".into(),
            y: "second component (21 %)".into(),
            points: vec![(-1.0, 0.5), (1.0, 0.0), (1.5, -0.5), (f64::NAN, 0.0)],
            groups: vec![Some(0), Some(1), None, Some(1)],
            names: vec!["cluster 1".into(), "cluster 2".into()],
        };
        let heading = Heading { title: "Codes".into(), subtitle: "demo · trial 3fa2".into() };
        insta::assert_snapshot!(scatter(&heading, &data));
    }

    #[test]
    fn no_points_are_said_and_many_are_thinned() {
        assert!(scatter(&Heading::default(), &Scatter::default()).contains("nothing to show"));
        for count in [0, 1, MOST_POINTS, MOST_POINTS + 1, 3 * MOST_POINTS] {
            let places: Vec<usize> = drawn(count).collect();
            assert_eq!(places.len(), count.min(MOST_POINTS));
            assert!(places.windows(2).all(|pair| pair[0] < pair[1]) && places.iter().all(|&place| place < count));
        }
    }

    #[test]
    fn the_first_groups_differ_from_each_other() {
        let looks: Vec<_> = (0..24).map(|group| marker(Some(group), 1.0)).collect();
        for (place, look) in looks.iter().enumerate() {
            assert!(looks[..place].iter().all(|before| before != look), "group {place}");
        }
    }
}
