//! Curves over epochs: what the charts of losses and of metrics share.

use super::axis::{Axis, range};
use super::canvas::{self, Canvas, Marker, Shape, Stroke};
use super::frame::{Frame, Key, Plot};
use super::reference::References;
use super::theme::{REFERENCE, SERIES};
use super::{Heading, Reference};

/// What a chart over epochs shows besides its curves.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CurveOptions {
    /// The first epochs, so many, are left out: the fall at the start would flatten all that follows.
    pub skip_epochs: usize,
    /// Known values to compare with.
    pub references: Vec<Reference>,
    /// The epoch whose weights were kept.
    pub selected_epoch: Option<usize>,
}

/// One line of a chart.
pub(super) struct Curve {
    pub(super) label: String,
    /// `(epoch, value)`; a missing value is a gap.
    pub(super) points: Vec<(usize, Option<f64>)>,
}

/// A curve with at most this many points shows them.
const FEW_POINTS: usize = 30;

/// The chart of `curves`, over the epochs that `options` leave.
pub(super) fn draw(heading: &Heading, y_title: &str, curves: &[Curve], options: &CurveOptions) -> String {
    let curves: Vec<Curve> = curves.iter().map(|curve| kept(curve, options.skip_epochs)).collect();
    let epochs = || curves.iter().flat_map(|curve| &curve.points).map(|(epoch, _)| *epoch);
    let values = || curves.iter().flat_map(|curve| &curve.points).filter_map(|(_, value)| *value);
    let references = References::divide(&options.references, range(values()));
    let x = Axis::epochs(epochs());
    let y = Axis::around(y_title, values().chain(references.values()), 7.0);
    let selected = options.selected_epoch.filter(|epoch| (x.low..=x.high).contains(&(*epoch as f64)));

    let mut keys: Vec<Key> = curves.iter().enumerate().map(|(index, curve)| curve_key(index, curve)).collect();
    keys.extend(references.keys());
    keys.extend(selected.map(|epoch| Key::line(&format!("selected epoch {epoch}"), selected_stroke())));

    canvas::svg(|canvas| {
        let plot = Frame { heading, x, y, keys }.draw(canvas);
        if values().next().is_none() {
            return plot.note(canvas, &nothing_to_draw(options.skip_epochs));
        }
        references.draw(canvas, &plot);
        if let Some(epoch) = selected {
            let (x, _) = plot.at(epoch as f64, 0.0);
            canvas.line(&[(x, plot.top), (x, plot.bottom)], selected_stroke());
        }
        for (index, curve) in curves.iter().enumerate().rev() {
            draw_curve(canvas, &plot, curve, curve_stroke(index));
        }
    })
}

/// The curve without its first epochs and those that were not measured, and with a gap where a value is no number.
fn kept(curve: &Curve, skip_epochs: usize) -> Curve {
    let points = curve.points.iter().filter(|(epoch, value)| *epoch > skip_epochs && value.is_some());
    let points = points.map(|(epoch, value)| (*epoch, value.filter(|value| value.is_finite()))).collect();
    Curve { label: curve.label.clone(), points }
}

fn draw_curve(canvas: &Canvas, plot: &Plot, curve: &Curve, stroke: Stroke) {
    let few = curve.points.len() <= FEW_POINTS;
    let place = |(epoch, value): &(usize, Option<f64>)| value.map(|value| plot.at(*epoch as f64, value));
    for piece in curve.points.split(|(_, value)| value.is_none()) {
        let piece: Vec<_> = piece.iter().filter_map(place).collect();
        if piece.len() > 1 {
            canvas.line(&piece, stroke);
        }
        if few || piece.len() == 1 {
            piece.iter().for_each(|at| canvas.marker(*at, dot(stroke)));
        }
    }
}

fn nothing_to_draw(skip_epochs: usize) -> String {
    match skip_epochs {
        0 => "no values yet".to_owned(),
        skipped => format!("no values after the first {skipped} epochs, which are left out"),
    }
}

fn curve_stroke(index: usize) -> Stroke {
    let dash = [None, Some(7.0), Some(3.0)][index / SERIES.len() % 3];
    Stroke { colour: SERIES[index % SERIES.len()], width: 2.0, dash }
}

fn selected_stroke() -> Stroke {
    Stroke::solid(REFERENCE, 0.9)
}

fn dot(stroke: Stroke) -> Marker {
    Marker { shape: Shape::Circle, colour: stroke.colour, radius: 3.2, opacity: 1.0 }
}

fn curve_key(index: usize, curve: &Curve) -> Key {
    let stroke = curve_stroke(index);
    let marker = (curve.points.len() <= FEW_POINTS).then(|| dot(stroke));
    Key { label: curve.label.clone(), stroke: Some(stroke), marker }
}
