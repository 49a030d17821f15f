//! A metric over a grid of two parameters.

use super::Heading;
use super::axis::{Axis, Tick, usual_range};
use super::canvas::{self, Align, Canvas, Stroke, Type};
use super::frame::{draw_heading, fitting_ticks};
use super::theme::{AXIS, GRID, INK, MARGIN, ON_DARK, ON_PALE, WIDTH, ramp};
use crate::format;

/// The data of a heat map.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HeatMap {
    /// The parameter across, and its values from left to right.
    pub across: (String, Vec<String>),
    /// The parameter down, and its values from the top.
    pub down: (String, Vec<String>),
    /// The metric, as the scale of colours names it.
    pub metric: String,
    /// Line by line; `None` where there is no finished run.
    pub cells: Vec<Vec<Option<f64>>>,
    /// The direction of the metric.
    pub higher_is_better: bool,
}

const TOP: f64 = 92.0;
/// Room for the scale of colours.
const SCALE: f64 = 104.0;
const LONGEST_LABEL: f64 = 190.0;
/// The largest and the smallest cell.
const WIDEST: f64 = 190.0;
const HIGHEST: f64 = 96.0;
const LOWEST: f64 = 20.0;
/// Height of all lines, where their number allows it.
const HEIGHT: f64 = 360.0;

/// Where cells are.
struct Grid {
    left: f64,
    width: f64,
    height: f64,
    columns: usize,
    lines: usize,
}

impl Grid {
    fn right(&self) -> f64 {
        self.left + self.width * self.columns as f64
    }

    fn bottom(&self) -> f64 {
        TOP + self.height * self.lines as f64
    }

    fn corner(&self, column: usize, line: usize) -> (f64, f64) {
        (self.left + self.width * column as f64, TOP + self.height * line as f64)
    }
}

/// The chart: a cell for each pair of values, the darker the better, with its number where that fits; the best has a frame.
pub fn heat_map(heading: &Heading, data: &HeatMap) -> String {
    let grid = grid(data);
    let (ticks, turned) = across(data, &grid);
    let deepest = ticks.iter().map(|tick| Type::SMALL.width(&tick.label)).fold(0.0, f64::max);
    let labels = if turned { deepest + 14.0 } else { 24.0 };
    let title = grid.bottom() + labels + 18.0;
    canvas::svg_of_height((title + MARGIN - 8.0).max(TOP + 222.0).round(), |canvas| {
        draw_heading(canvas, heading);
        let finite = || data.cells.iter().flatten().flatten().copied();
        let Some((low, high)) = usual_range(finite()) else {
            return canvas.text("no finished trials yet", (MARGIN, TOP + 20.0), Align::Start, Type::TEXT);
        };
        for (line, cells) in data.cells.iter().enumerate() {
            for (column, cell) in cells.iter().enumerate() {
                draw_cell(canvas, &grid, (column, line), *cell, goodness(*cell, (low, high), data.higher_is_better));
            }
        }
        draw_best(canvas, &grid, data);
        draw_labels(canvas, &grid, data, &ticks, turned);
        let middle = (grid.left + grid.right()) / 2.0;
        let across = Type::TEXT.shorten(&data.across.0, grid.right() - MARGIN);
        let half = Type::TEXT.width(&across) / 2.0;
        // A long name reaches over the labels of lines, but not into the scale of colours.
        let middle = middle.min(grid.right() - half).max(MARGIN + half);
        canvas.text(&across, (middle, title), Align::Middle, Type::TEXT);
        let beyond = finite().any(|value| value > high || value < low);
        draw_scale(canvas, grid.right() + 26.0, data, (low, high), beyond);
    })
}

fn grid(data: &HeatMap) -> Grid {
    let (columns, lines) = (data.across.1.len().max(1), data.down.1.len().max(1));
    let labels = data.down.1.iter().map(|label| Type::SMALL.width(label).min(LONGEST_LABEL)).fold(0.0, f64::max);
    let left = MARGIN + 22.0 + labels + 10.0;
    let width = ((WIDTH - MARGIN - SCALE - left) / columns as f64).min(WIDEST);
    let height = (HEIGHT / lines as f64).clamp(LOWEST, HIGHEST);
    Grid { left, width, height, columns, lines }
}

/// The labels below, and whether they are turned.
fn across(data: &HeatMap, grid: &Grid) -> (Vec<Tick>, bool) {
    fitting_ticks(&Axis::names("", &data.across.1), grid.right() - grid.left)
}

/// 1 is the best of the usual values, 0 the worst; what lies beyond them is like the nearest.
fn goodness(cell: Option<f64>, (low, high): (f64, f64), higher_is_better: bool) -> Option<f64> {
    let value = cell.filter(|value| !value.is_nan())?;
    let share = if high > low { ((value - low) / (high - low)).clamp(0.0, 1.0) } else { 0.5 };
    Some(if higher_is_better { share } else { 1.0 - share })
}

fn draw_cell(canvas: &Canvas, grid: &Grid, (column, line): (usize, usize), cell: Option<f64>, goodness: Option<f64>) {
    let (left, top) = grid.corner(column, line);
    let gap = if grid.width > 12.0 { 1.0 } else { 0.0 };
    let corners = ((left, top), (left + grid.width - gap, top + grid.height - gap));
    let middle = (left + grid.width / 2.0, top + grid.height / 2.0 + 4.3);
    let text = format::metric(cell);
    let fits = Type::SMALL.width(&text) + 8.0 <= grid.width;
    match goodness {
        Some(share) => {
            canvas.rectangle(corners.0, corners.1, ramp(share));
            let colour = if share > 0.55 { ON_DARK } else { ON_PALE };
            if fits {
                canvas.text(&text, middle, Align::Middle, Type { colour, ..Type::SMALL });
            }
        }
        None => {
            let (right, bottom) = corners.1;
            canvas.line(
                &[(left, top), (right, top), (right, bottom), (left, bottom), (left, top)],
                Stroke::solid(GRID, 1.0),
            );
            canvas.text(format::MISSING, middle, Align::Middle, Type::SMALL);
        }
    }
}

/// A frame around the best cell; none where there is one cell alone.
fn draw_best(canvas: &Canvas, grid: &Grid, data: &HeatMap) {
    let places = data.cells.iter().enumerate();
    let places =
        places.flat_map(|(line, cells)| cells.iter().enumerate().map(move |(column, cell)| (column, line, *cell)));
    let direction = if data.higher_is_better { -1.0 } else { 1.0 };
    let finite =
        places.filter_map(|(column, line, cell)| Some((column, line, cell.filter(|value| value.is_finite())?)));
    let finite: Vec<_> = finite.collect();
    let best = finite.iter().min_by(|a, b| (direction * a.2).total_cmp(&(direction * b.2)));
    if let Some((column, line, _)) = best.filter(|_| finite.len() > 1) {
        let (left, top) = grid.corner(*column, *line);
        let (right, bottom) = (left + grid.width - 1.0, top + grid.height - 1.0);
        let frame = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)];
        canvas.line(&frame, Stroke::solid(INK, 2.2));
    }
}

fn draw_labels(canvas: &Canvas, grid: &Grid, data: &HeatMap, ticks: &[Tick], turned: bool) {
    for (line, label) in data.down.1.iter().enumerate() {
        let (left, top) = grid.corner(0, line);
        let label = Type::SMALL.shorten(label, LONGEST_LABEL);
        canvas.text(&label, (left - 10.0, top + grid.height / 2.0 + 4.3), Align::End, Type::SMALL);
    }
    let room = grid.bottom() - TOP;
    let title = Type::TEXT.shorten(&data.down.0, room.max(100.0));
    let middle = (TOP + grid.bottom()) / 2.0;
    let from_top = middle.max(TOP + Type::TEXT.width(&title) / 2.0);
    canvas.upward_text(&title, (MARGIN + 10.0, from_top), Align::Middle, Type::TEXT);
    for tick in ticks {
        let x = grid.left + (tick.at + 0.5) * grid.width;
        if turned {
            canvas.upward_text(&tick.label, (x + 4.3, grid.bottom() + 7.0), Align::End, Type::SMALL);
        } else {
            canvas.text(&tick.label, (x, grid.bottom() + 17.0), Align::Middle, Type::SMALL);
        }
    }
}

/// What the colours stand for, the best above.
fn draw_scale(canvas: &Canvas, left: f64, data: &HeatMap, (low, high): (f64, f64), beyond: bool) {
    const STEPS: usize = 32;
    let (top, bottom) = (TOP + 8.0, TOP + 212.0);
    let step = (bottom - top) / STEPS as f64;
    for place in 0..STEPS {
        let share = place as f64 / (STEPS - 1) as f64;
        let shade = ramp(1.0 - share);
        let y = top + place as f64 * step;
        // Down to the end, so that no seam shows where two colours meet.
        canvas.rectangle((left, y), (left + 12.0, bottom), shade);
    }
    canvas.line(&[(left, top), (left + 12.0, top)], Stroke::solid(AXIS, 1.0));
    canvas.line(&[(left, bottom), (left + 12.0, bottom)], Stroke::solid(AXIS, 1.0));
    let and = |sign: &str, value: f64| {
        if beyond { format!("{sign} {}", format::metric(Some(value))) } else { format::metric(Some(value)) }
    };
    let [first, last] =
        if data.higher_is_better { [and("≥", high), and("≤", low)] } else { [and("≤", low), and("≥", high)] };
    canvas.text(&first, (left + 18.0, top + 9.0), Align::Start, Type::SMALL);
    canvas.text(&last, (left + 18.0, bottom), Align::Start, Type::SMALL);
    let title = Type::SMALL.shorten(&data.metric, bottom - top - 36.0);
    canvas.upward_text(&title, (left + 30.0, (top + bottom) / 2.0), Align::Middle, Type::SMALL);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(cells: Vec<Vec<Option<f64>>>) -> HeatMap {
        let labels =
            |name: &str, count: usize| (name.to_owned(), (0..count).map(|at| format!("{name} {at}")).collect());
        HeatMap {
            across: labels("fill", cells[0].len()),
            down: labels("code", cells.len()),
            metric: "test RMSE".into(),
            cells,
            higher_is_better: false,
        }
    }

    #[test]
    fn the_best_is_darkest_and_framed_and_what_is_missing_is_a_dash() {
        let data = map(vec![vec![Some(0.9), Some(0.8)], vec![None, Some(0.85)]]);
        let [darkest, palest] = [ramp(1.0), ramp(0.0)].map(|(r, g, b)| format!("fill=\"#{r:02X}{g:02X}{b:02X}\""));
        for higher_is_better in [false, true] {
            let svg = heat_map(&Heading::default(), &HeatMap { higher_is_better, ..data.clone() });
            let cells = svg.split("<rect").skip(2).take(3);
            let shades: Vec<_> = cells.map(|cell| (cell.contains(&darkest), cell.contains(&palest))).collect();
            let expected =
                [(higher_is_better, !higher_is_better), (!higher_is_better, higher_is_better), (false, false)];
            assert_eq!(shades, expected);
            assert!(svg.contains(">\n–\n<") && svg.contains(">\n0.8500\n<"));
        }
    }

    #[test]
    fn one_run_that_diverged_does_not_take_the_colours_of_the_others() {
        let values = [0.80, 0.81, 0.82, 0.83, 0.84, 1e12].map(Some);
        let svg = heat_map(&Heading::default(), &map(vec![values.to_vec()]));
        assert!(svg.contains("≤ 0.8000") && svg.contains("≥ 0.8400") && svg.contains("10¹²"));
    }
}
