//! Axes: a range of values, and the ticks on it.

use crate::format;

/// A labelled place on an axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tick {
    pub(super) at: f64,
    pub(super) label: String,
}

/// One axis of a plot; `low < high`, both finite.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axis {
    pub(super) title: String,
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) ticks: Vec<Tick>,
    /// Whether the ticks are names, which are turned rather than left out where they do not fit.
    pub(super) names: bool,
}

impl Axis {
    /// An axis that holds all finite `values` with some space around them, and about `count` round ticks; none without values.
    pub(super) fn around(title: &str, values: impl Iterator<Item = f64>, count: f64) -> Axis {
        let values = range(values);
        let (low, high) = padded(values.unwrap_or((0.0, 1.0)));
        let ticks = values.map(|_| round_ticks(low, high, count, 0.0)).unwrap_or_default();
        Axis { title: title.to_owned(), low, high, ticks, names: false }
    }

    /// An axis from 0 to the largest of the finite values, with space above it and about `count` round ticks.
    pub(super) fn from_zero(title: &str, values: impl Iterator<Item = f64>, count: f64) -> Axis {
        let most = range(values).map_or(1.0, |(_, most)| if most > SMALLEST_SPAN { most } else { 1.0 });
        let high = most * (1.0 + PADDING);
        Axis { title: title.to_owned(), low: 0.0, high, ticks: round_ticks(0.0, high, count, 0.0), names: false }
    }

    /// An axis of logarithms to the base ten, with some space around the finite `values` and ticks at 1, 2 and 5 times powers
    /// of ten.
    pub(super) fn logarithmic(title: &str, values: impl Iterator<Item = f64>) -> Axis {
        let values = range(values.filter(|value| *value > 0.0).map(f64::log10));
        let (low, high) = padded(values.unwrap_or((0.0, 1.0)));
        let step = ((high - low) / 8.0).ceil().max(1.0) as usize;
        let factors: &[f64] = if high - low > 3.0 { &[1.0] } else { &[1.0, 2.0, 5.0] };
        let powers = (low.floor() as i32..=high.ceil() as i32).step_by(step);
        let values = powers.flat_map(|power| factors.iter().map(move |factor| factor * 10f64.powi(power)));
        let ticks = values.map(|value| Tick { at: value.log10(), label: format::magnitude(value) });
        let ticks = ticks.filter(|tick| (low..=high).contains(&tick.at)).collect();
        Axis { title: title.to_owned(), low, high, ticks, names: false }
    }

    /// An axis of epochs from the first to the last, with ticks at whole numbers.
    pub(super) fn epochs(epochs: impl Iterator<Item = usize>) -> Axis {
        let (low, high, ticks) = match range(epochs.map(|epoch| epoch as f64)) {
            None => (0.0, 1.0, Vec::new()),
            Some((first, last)) if first < last => (first, last, round_ticks(first, last, 10.0, 1.0)),
            Some((only, _)) => (only - 1.0, only + 1.0, vec![Tick { at: only, label: format::tick(only, 1.0) }]),
        };
        Axis { title: "epoch".into(), low, high, ticks, names: false }
    }

    /// An axis with one place per name: 0, 1, 2, …
    pub(super) fn names(title: &str, names: &[String]) -> Axis {
        let ticks = names.iter().enumerate().map(|(at, name)| Tick { at: at as f64, label: name.clone() });
        let ticks: Vec<_> = ticks.collect();
        let high = ticks.len().max(1) as f64 - 0.5;
        Axis { title: title.to_owned(), low: -0.5, high, ticks, names: true }
    }

    /// An axis with a tick at each of the `ticks`, and some space around them.
    pub(super) fn at_ticks(title: &str, ticks: Vec<Tick>) -> Axis {
        let (low, high) = padded(range(ticks.iter().map(|tick| tick.at)).unwrap_or((0.0, 1.0)));
        Axis { title: title.to_owned(), low, high, ticks, names: false }
    }

    /// Where `value` is on the axis: 0 is the low end, 1 the high end.
    pub(super) fn fraction(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }
}

/// Empty space at each end of an axis, as a share of the range of its values.
const PADDING: f64 = 0.06;
/// Below this, steps between ticks would lose their digits.
const SMALLEST_SPAN: f64 = 1e-290;

/// The smallest and the largest of the finite values.
pub(super) fn range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    // Beyond this the difference of two values could be infinite.
    let limit = 1e300;
    let finite = values.filter(|value| value.is_finite()).map(|value| value.clamp(-limit, limit));
    finite.fold(None, |range, value| {
        let (low, high) = range.unwrap_or((value, value));
        Some((value.min(low), value.max(high)))
    })
}

/// The range of the values without those that lie far from most of them, by more than three times the distance between the
/// quartiles (Tukey's outer fences): a single run that diverged would flatten all others.
pub(super) fn usual_range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let mut sorted: Vec<f64> = values.filter(|value| value.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let (low, high) = (quantile(&sorted, 0.25)?, quantile(&sorted, 0.75)?);
    let reach = 3.0 * (high - low);
    let usual = sorted.iter().copied().filter(|value| reach == 0.0 || (low - reach..=high + reach).contains(value));
    range(usual)
}

/// The value below which this share of the sorted values lies, between two of them in proportion; none without values.
pub(super) fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let place = share * sorted.len().checked_sub(1)? as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    Some(below + (above - below) * place.fract())
}

/// The range with [`PADDING`] at both ends; values that are all equal get a range that lets them be read.
fn padded((low, high): (f64, f64)) -> (f64, f64) {
    let size = low.abs().max(high.abs());
    let padding = match high - low {
        span if span > size * 1e-9 && span > SMALLEST_SPAN => span * PADDING,
        _ if size > SMALLEST_SPAN => size * 0.05,
        _ => 1.0,
    };
    (low - padding, high + padding)
}

/// Ticks between `low` and `high` at multiples of 1, 2 or 5 times a power of ten that is at least `least_step`.
fn round_ticks(low: f64, high: f64, count: f64, least_step: f64) -> Vec<Tick> {
    let rough = (high - low) / count;
    let magnitude = 10f64.powi(rough.log10().floor() as i32);
    let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * magnitude).into_iter().find(|step| *step >= rough * 0.8);
    let step = step.unwrap_or(rough).max(least_step);
    let (first, last) = ((low / step).ceil(), (high / step + 1e-9).floor());
    let multiples = (0..=(last - first).max(0.0) as usize).map(|index| first + index as f64);
    multiples.map(|multiple| Tick { at: multiple * step, label: format::tick(multiple * step, step) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> String {
        axis.ticks.iter().map(|tick| tick.label.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn ticks_are_round() {
        let cases: [(&[f64], &str); 8] = [
            (&[0.842, 0.913], "0.84 0.86 0.88 0.90"),
            (&[1.0, f64::NAN, 3.0, f64::INFINITY], "1.0 1.5 2.0 2.5 3.0"),
            (&[0.857, 0.857], "0.82 0.84 0.86 0.88"),
            (&[0.0, 0.0], "−1.0 −0.5 0.0 0.5 1.0"),
            (&[-30.0, 25.0], "−30 −20 −10 0 10 20"),
            (&[1e-9, 9e-9], "2×10⁻⁹ 4×10⁻⁹ 6×10⁻⁹ 8×10⁻⁹"),
            (&[2e9, 8e9], "2×10⁹ 3×10⁹ 4×10⁹ 5×10⁹ 6×10⁹ 7×10⁹ 8×10⁹"),
            (&[], ""),
        ];
        for (values, expected) in cases {
            assert_eq!(labels(&Axis::around("", values.iter().copied(), 6.0)), expected, "{values:?}");
        }
    }

    #[test]
    fn logarithmic_ticks_are_round() {
        let cases: [(&[f64], &str); 5] = [
            (&[1e-4, 1e-2], "10⁻⁴ 2×10⁻⁴ 5×10⁻⁴ 0.001 0.002 0.005 0.01"),
            (&[3.0, 700.0], "5 10 20 50 100 200 500"),
            (&[1e-6, 1e6], "10⁻⁵ 0.001 0.1 10 1,000 10⁵"),
            (&[-1.0, 0.0], ""),
            (&[], ""),
        ];
        for (values, expected) in cases {
            let axis = Axis::logarithmic("", values.iter().copied());
            let expected = if expected.is_empty() { "1 2 5 10" } else { expected };
            assert_eq!(labels(&axis), expected, "{values:?}");
        }
    }

    #[test]
    fn what_lies_far_from_most_does_not_count() {
        type Case<'a> = (&'a [f64], Option<(f64, f64)>);
        let cases: [Case; 6] = [
            (&[0.9, 0.91, 0.92, 0.93, 1e9, f64::NAN], Some((0.9, 0.93))),
            (&[0.9, 1e9], Some((0.9, 1e9))),
            (&[1.0, 2.0, 3.0, 4.0, 9.0], Some((1.0, 9.0))),
            (&[1.0, 1.0, 1.0, 1.0, 2.0], Some((1.0, 2.0))),
            (&[f64::INFINITY], None),
            (&[], None),
        ];
        for (values, expected) in cases {
            assert_eq!(usual_range(values.iter().copied()), expected, "{values:?}");
        }
        assert_eq!(
            [0.0, 0.25, 0.5, 1.0].map(|share| quantile(&[1.0, 2.0, 4.0], share)),
            [1.0, 1.5, 2.0, 4.0].map(Some)
        );
    }

    #[test]
    fn every_range_can_be_drawn() {
        for values in [[f64::MAX, f64::MIN], [5e-324, 5e-324], [1e16, 1e16 + 2.0], [0.1, 0.1 + 1e-17]] {
            let axis = Axis::around("", values.into_iter(), 6.0);
            assert!(axis.low < axis.high && (axis.high - axis.low).is_finite(), "{values:?}");
            assert!(axis.ticks.len() < 20, "{values:?}");
            assert!(values.iter().all(|value| axis.fraction(value.clamp(-1e300, 1e300)).is_finite()), "{values:?}");
        }
    }

    #[test]
    fn epochs_are_whole() {
        let cases = [
            ((1..=500).collect(), "50 100 150 200 250 300 350 400 450 500"),
            ((1..=4).collect(), "1 2 3 4"),
            (vec![1], "1"),
            ((21..=40).collect(), "22 24 26 28 30 32 34 36 38 40"),
            (Vec::new(), ""),
        ];
        for (epochs, expected) in cases {
            assert_eq!(labels(&Axis::epochs(epochs.into_iter())), expected);
        }
    }
}
