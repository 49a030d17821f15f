//! Known values, drawn as dashed lines: a noise floor, a published number.

use super::canvas::{Canvas, Stroke};
use super::frame::{Key, Plot};
use super::theme::REFERENCE;

/// A known value that a chart shows as a dashed line.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// What it is, with its value: `noise floor 0.50`.
    pub label: String,
    /// Where it is, in units of the vertical axis.
    pub value: f64,
}

/// A reference farther from the data than this many times their range would flatten them: only the legend tells it.
const FARTHEST: f64 = 4.0;

/// The references of one chart: those to draw, and those too far from its data.
pub(super) struct References {
    near: Vec<Reference>,
    far: Vec<Reference>,
}

impl References {
    /// Divides `references` by their distance from the range of the `data`.
    pub(super) fn divide(references: &[Reference], data: Option<(f64, f64)>) -> References {
        let is_near = |reference: &Reference| {
            data.is_none_or(|(low, high)| {
                // Data that are all equal have no range: their size stands in.
                let range = if high > low { high - low } else { high.abs() / 8.0 };
                (low - reference.value).max(reference.value - high) <= FARTHEST * range
            })
        };
        let finite = references.iter().filter(|reference| reference.value.is_finite());
        let (near, far) = finite.cloned().partition(is_near);
        References { near, far }
    }

    /// The values that the vertical axis has to hold.
    pub(super) fn values(&self) -> impl Iterator<Item = f64> {
        self.near.iter().map(|reference| reference.value)
    }

    /// Their entries in the legend.
    pub(super) fn keys(&self) -> Vec<Key> {
        let near = self.near.iter().enumerate().map(|(index, reference)| Key::line(&reference.label, stroke(index)));
        let far = self.far.iter().map(|reference| Key::text(&format!("{} (off the axis)", reference.label)));
        near.chain(far).collect()
    }

    /// Their lines across the plot.
    pub(super) fn draw(&self, canvas: &Canvas, plot: &Plot) {
        for (index, reference) in self.near.iter().enumerate() {
            let (_, y) = plot.at(0.0, reference.value);
            canvas.line(&[(plot.left, y), (plot.right, y)], stroke(index));
        }
    }
}

/// Dashes of another length for each.
fn stroke(index: usize) -> Stroke {
    let dashes = [6.0, 2.5, 11.0];
    Stroke { colour: REFERENCE, width: 1.4, dash: Some(dashes[index % dashes.len()]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_references_near_the_data_are_drawn() {
        let reference = |value| Reference { label: format!("{value}"), value };
        let references = [0.857, 0.5, -3.0, f64::NAN].map(reference);
        let cases = [(Some((0.8, 1.0)), 2), (Some((0.856, 0.858)), 1), (Some((0.9, 0.9)), 2), (None, 3)];
        for (data, expected) in cases {
            let divided = References::divide(&references, data);
            assert_eq!((divided.near.len(), divided.far.len()), (expected, 3 - expected), "{data:?}");
            assert_eq!(divided.keys().len(), 3, "the legend tells all of them");
        }
    }
}
