//! What surrounds every plot: heading, axes with grid, legend.

use super::Heading;
use super::axis::{Axis, Tick};
use super::canvas::{Align, Canvas, Marker, Stroke, Type};
use super::theme::{AXIS, GRID, HEIGHT, MARGIN, WIDTH};

/// An entry of the legend.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Key {
    pub(super) label: String,
    pub(super) stroke: Option<Stroke>,
    pub(super) marker: Option<Marker>,
}

impl Key {
    /// An entry for a line without points.
    pub(super) fn line(label: &str, stroke: Stroke) -> Key {
        Key { label: label.to_owned(), stroke: Some(stroke), marker: None }
    }

    /// An entry for what is not drawn.
    pub(super) fn text(label: &str) -> Key {
        Key { label: label.to_owned(), stroke: None, marker: None }
    }
}

/// The surroundings of a plot.
pub(super) struct Frame<'a> {
    pub(super) heading: &'a Heading,
    pub(super) x: Axis,
    pub(super) y: Axis,
    pub(super) keys: Vec<Key>,
}

/// The rectangle for the data, and its axes.
pub(super) struct Plot {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
    x: Axis,
    y: Axis,
}

impl Plot {
    /// The place of a value pair on the canvas.
    pub(super) fn at(&self, x: f64, y: f64) -> (f64, f64) {
        let (across, up) = (self.x.fraction(x), self.y.fraction(y));
        (self.left + across * (self.right - self.left), self.bottom - up * (self.bottom - self.top))
    }

    /// The ends of the vertical axis.
    pub(super) fn limits(&self) -> (f64, f64) {
        (self.y.low, self.y.high)
    }

    /// Says in the middle of the plot why it is empty.
    pub(super) fn note(&self, canvas: &Canvas, text: &str) {
        let middle = ((self.left + self.right) / 2.0, (self.top + self.bottom) / 2.0);
        canvas.text(text, middle, Align::Middle, Type::TEXT);
    }
}

const SWATCH: f64 = 26.0;
const LINE: f64 = 21.0;
const LONGEST_KEY: f64 = 220.0;
const LONGEST_TURNED_LABEL: f64 = 120.0;
const TOP: f64 = 86.0;

impl Frame<'_> {
    /// Draws everything but the data, and returns the place for them.
    pub(super) fn draw(self, canvas: &Canvas) -> Plot {
        let labels = self.y.ticks.iter().map(|tick| Type::SMALL.width(&tick.label)).fold(0.0, f64::max);
        let left = MARGIN + 22.0 + labels + 10.0;
        let right = WIDTH - MARGIN - legend_width(&self.keys);
        let (ticks, turned) = fitting_ticks(&self.x, right - left);
        let deepest = ticks.iter().map(|tick| Type::SMALL.width(&tick.label)).fold(0.0, f64::max);
        let bottom = HEIGHT - MARGIN - if turned { deepest + 36.0 } else { 46.0 };
        let Frame { heading, x, y, keys } = self;
        let plot = Plot { left, right, top: TOP, bottom, x, y };
        draw_heading(canvas, heading);
        draw_vertical_axis(canvas, &plot);
        draw_horizontal_axis(canvas, &plot, &ticks, turned);
        draw_legend(canvas, &keys, right);
        plot
    }
}

/// Title and subtitle.
pub(super) fn draw_heading(canvas: &Canvas, heading: &Heading) {
    let room = WIDTH - 2.0 * MARGIN;
    let title = Type::TITLE.shorten(&heading.title, room);
    canvas.text(&title, (MARGIN, MARGIN + 16.0), Align::Start, Type::TITLE);
    let subtitle = Type::TEXT.shorten(&heading.subtitle, room);
    canvas.text(&subtitle, (MARGIN, MARGIN + 38.0), Align::Start, Type::TEXT);
}

fn draw_vertical_axis(canvas: &Canvas, plot: &Plot) {
    for tick in &plot.y.ticks {
        let (_, y) = plot.at(plot.x.low, tick.at);
        canvas.line(&[(plot.left, y), (plot.right, y)], Stroke::solid(GRID, 1.0));
        canvas.text(&tick.label, (plot.left - 10.0, y + 4.3), Align::End, Type::SMALL);
    }
    let middle = (plot.top + plot.bottom) / 2.0;
    let title = Type::TEXT.shorten(&plot.y.title, plot.bottom - plot.top);
    canvas.upward_text(&title, (MARGIN + 10.0, middle), Align::Middle, Type::TEXT);
}

fn draw_horizontal_axis(canvas: &Canvas, plot: &Plot, ticks: &[Tick], turned: bool) {
    for tick in ticks {
        let (x, _) = plot.at(tick.at, plot.y.low);
        if !plot.x.names {
            canvas.line(&[(x, plot.top), (x, plot.bottom)], Stroke::solid(GRID, 1.0));
        }
        canvas.line(&[(x, plot.bottom), (x, plot.bottom + 5.0)], Stroke::solid(AXIS, 1.0));
        if turned {
            canvas.upward_text(&tick.label, (x + 4.3, plot.bottom + 9.0), Align::End, Type::SMALL);
        } else {
            canvas.text(&tick.label, (x, plot.bottom + 20.0), Align::Middle, Type::SMALL);
        }
    }
    canvas.line(&[(plot.left, plot.bottom), (plot.right, plot.bottom)], Stroke::solid(AXIS, 1.2));
    let middle = (plot.left + plot.right) / 2.0;
    let title = Type::TEXT.shorten(&plot.x.title, plot.right - plot.left);
    canvas.text(&title, (middle, HEIGHT - MARGIN + 2.0), Align::Middle, Type::TEXT);
}

/// The ticks whose labels fit beside each other on `length`, and whether the labels are turned for it.
pub(super) fn fitting_ticks(axis: &Axis, length: f64) -> (Vec<Tick>, bool) {
    let overlap = |pair: &[Tick]| {
        let needed = (Type::SMALL.width(&pair[0].label) + Type::SMALL.width(&pair[1].label)) / 2.0 + 10.0;
        (axis.fraction(pair[1].at) - axis.fraction(pair[0].at)) * length < needed
    };
    let turned = axis.names && axis.ticks.windows(2).any(overlap);
    let mut fitting: Vec<Tick> = Vec::new();
    for tick in &axis.ticks {
        let room = if turned { LONGEST_TURNED_LABEL } else { length };
        let tick = Tick { at: tick.at, label: Type::SMALL.shorten(&tick.label, room) };
        let fits = match fitting.last() {
            None => true,
            Some(last) if turned => (axis.fraction(tick.at) - axis.fraction(last.at)) * length >= 11.0,
            Some(last) => !overlap(&[last.clone(), tick.clone()]),
        };
        if fits {
            fitting.push(tick);
        }
    }
    (fitting, turned)
}

fn legend_width(keys: &[Key]) -> f64 {
    let widest = keys.iter().map(|key| Type::TEXT.width(&key.label).min(LONGEST_KEY)).fold(0.0, f64::max);
    if keys.is_empty() { 0.0 } else { 22.0 + SWATCH + 8.0 + widest }
}

/// The legend, to the right of the plot, where it covers nothing.
fn draw_legend(canvas: &Canvas, keys: &[Key], plot_right: f64) {
    let rows = ((HEIGHT - MARGIN - TOP) / LINE) as usize;
    let shown = if keys.len() > rows { rows - 1 } else { keys.len() };
    let left = plot_right + 22.0;
    let baseline = |row: usize| TOP + 10.0 + row as f64 * LINE;
    for (row, key) in keys[..shown].iter().enumerate() {
        let (y, middle) = (baseline(row), baseline(row) - 4.5);
        if let Some(stroke) = key.stroke {
            canvas.line(&[(left, middle), (left + SWATCH, middle)], stroke);
        }
        if let Some(marker) = key.marker {
            canvas.marker((left + SWATCH / 2.0, middle), marker);
        }
        let label = Type::TEXT.shorten(&key.label, LONGEST_KEY);
        canvas.text(&label, (left + SWATCH + 8.0, y), Align::Start, Type::TEXT);
    }
    if shown < keys.len() {
        let label = format!("and {} more", keys.len() - shown);
        canvas.text(&label, (left + SWATCH + 8.0, baseline(shown)), Align::Start, Type::TEXT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_left_out_or_turned_where_they_do_not_fit() {
        let numbers = |count: usize| {
            let ticks = (0..count).map(|at| Tick { at: at as f64, label: format!("{at}000") });
            Axis::at_ticks("", ticks.collect())
        };
        let names = |count: usize| Axis::names("", &vec!["user-mean".to_owned(); count]);
        let cases = [
            (numbers(5), 5, false),
            (numbers(100), 15, false),
            (names(3), 3, false),
            (names(20), 20, true),
            (names(200), 40, true),
        ];
        for (axis, at_least, expected) in cases {
            let (ticks, turned) = fitting_ticks(&axis, 800.0);
            assert!(ticks.len() >= at_least && ticks.len() <= 80, "{}", ticks.len());
            assert_eq!(turned, expected);
        }
    }
}
