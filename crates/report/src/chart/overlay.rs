//! Several runs over epochs in one plot, each a mean with its interval over seeds.

use super::Heading;
use super::axis::Axis;
use super::canvas::{self, Canvas, Stroke};
use super::frame::{Frame, Key, Plot};
use super::theme::{Colour, SERIES};
use crate::Estimate;

/// A line with its band.
#[derive(Clone, Debug, PartialEq)]
pub struct OverlayCurve {
    /// What the legend calls it.
    pub label: String,
    /// `(epoch, value)`, epochs rising; a value of one seed has no interval, and no band.
    pub points: Vec<(usize, Estimate)>,
}

/// How much of what is behind a band shows through.
const BAND_OPACITY: f64 = 0.16;

/// The chart, without the first epochs, so many. The axis holds all means, and the bands where the curves end; a band that is
/// wider than that is cut off.
pub fn overlay(heading: &Heading, y_title: &str, curves: &[OverlayCurve], skip_epochs: usize) -> String {
    let kept: Vec<Vec<(usize, Estimate)>> = curves
        .iter()
        .map(|curve| curve.points.iter().copied().filter(|(epoch, _)| *epoch > skip_epochs).collect())
        .collect();
    let x = Axis::epochs(kept.iter().flatten().map(|(epoch, _)| *epoch));
    let means = kept.iter().flatten().map(|(_, estimate)| estimate.mean);
    let ends = kept.iter().filter_map(|points| interval(&points.last()?.1)).flat_map(|(low, high)| [low, high]);
    let y = Axis::around(y_title, means.chain(ends), 7.0);
    let limits = (y.low, y.high);
    let key = |(index, curve): (usize, &OverlayCurve)| Key::line(&curve.label, Stroke::solid(colour(index), 2.0));
    let keys = curves.iter().enumerate().map(key).collect();
    canvas::svg(|canvas| {
        let plot = Frame { heading, x, y, keys }.draw(canvas);
        if kept.iter().all(Vec::is_empty) {
            plot.note(canvas, "no values yet");
        }
        for (index, points) in kept.iter().enumerate() {
            draw_band(canvas, &plot, points, limits, colour(index));
        }
        // The best comes first and lies on top.
        for (index, points) in kept.iter().enumerate().rev() {
            let line: Vec<_> = points.iter().map(|(epoch, estimate)| plot.at(*epoch as f64, estimate.mean)).collect();
            canvas.line(&line, Stroke::solid(colour(index), 2.0));
        }
    })
}

fn draw_band(canvas: &Canvas, plot: &Plot, points: &[(usize, Estimate)], (low, high): (f64, f64), colour: Colour) {
    let ends = points.iter().filter_map(|(epoch, estimate)| Some((*epoch as f64, interval(estimate)?)));
    let ends: Vec<_> = ends.collect();
    let place = |epoch: f64, value: f64| plot.at(epoch, value.clamp(low, high));
    let upper = ends.iter().map(|(epoch, (_, upper))| place(*epoch, *upper));
    let lower = ends.iter().rev().map(|(epoch, (lower, _))| place(*epoch, *lower));
    canvas.area(&upper.chain(lower).collect::<Vec<_>>(), colour, BAND_OPACITY);
}

/// The ends of the 95 % interval.
fn interval(estimate: &Estimate) -> Option<(f64, f64)> {
    estimate.half_width.map(|width| (estimate.mean - width, estimate.mean + width))
}

fn colour(index: usize) -> Colour {
    SERIES[index % SERIES.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimate;

    fn curve(label: &str, seeds: &[[f64; 4]]) -> OverlayCurve {
        let at = |epoch: usize| (epoch + 1, estimate(&seeds.iter().map(|s| s[epoch]).collect::<Vec<_>>()).unwrap());
        OverlayCurve { label: label.into(), points: (0..4).map(at).collect() }
    }

    #[test]
    fn a_curve_has_a_band_where_there_are_several_seeds() {
        let several = curve("a", &[[1.0, 0.9, 0.85, 0.84], [1.1, 0.92, 0.86, 0.85]]);
        let single = curve("b", &[[1.2, 1.0, 0.9, 0.88]]);
        let bands =
            |curves: &[OverlayCurve]| overlay(&Heading::default(), "RMSE", curves, 0).matches("<polygon").count();
        assert_eq!(bands(&[several.clone(), single.clone()]), 1);
        assert_eq!(bands(&[single]), 0);
        let late = overlay(&Heading::default(), "RMSE", &[several], 9);
        assert!(late.contains("no values yet"));
    }

    #[test]
    fn extreme_values_give_a_chart_of_finite_numbers() {
        for extreme in [f64::MAX, f64::MIN_POSITIVE, 0.0, -1e300] {
            let svg = overlay(&Heading::default(), "", &[curve("a", &[[extreme; 4], [1.0; 4]])], 0);
            assert!(!svg.contains("NaN") && !svg.contains(">\ninf"), "{extreme}");
        }
    }
}
