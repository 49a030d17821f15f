//! Numbers that cannot be out of range: a configuration with a wrong one does not parse.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A number that is not what its place accepts.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("must be {accepted}, not {value}")]
pub struct OutOfRange {
    /// What was given.
    pub value: String,
    /// What is accepted.
    pub accepted: &'static str,
}

/// Callers add 0, so that of two zeros, which are the same setting, there is one.
fn accept<T: fmt::Display>(value: T, holds: bool, accepted: &'static str) -> Result<T, OutOfRange> {
    if holds { Ok(value) } else { Err(OutOfRange { value: value.to_string(), accepted }) }
}

/// A part of a whole: at least 0 and below 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Fraction(f64);

/// Any number but `nan` and the infinities.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f32", into = "f32")]
pub struct Finite(f32);

/// A finite number that is at least 0.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct NonNegative(f64);

/// The lowest and the highest rating there can be; written `[minimum, maximum]`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "[f32; 2]", into = "[f32; 2]")]
pub struct Scale {
    /// The lowest rating.
    pub minimum: f32,
    /// The highest rating.
    pub maximum: f32,
}

impl Scale {
    /// From the lowest to the highest of some values; reaches to 0 where they are all the same, and to 1 where that is 0.
    pub fn of(values: impl Iterator<Item = f32> + Clone) -> Self {
        let minimum = values.clone().reduce(f32::min).unwrap_or(0.0);
        let maximum = values.reduce(f32::max).unwrap_or(0.0);
        match minimum {
            _ if minimum < maximum => Self { minimum, maximum },
            same if same > 0.0 => Self { minimum: 0.0, maximum: same },
            same if same < 0.0 => Self { minimum: same, maximum: 0.0 },
            _ => Self { minimum: 0.0, maximum: 1.0 },
        }
    }

    /// The rating on the scale that is nearest to `value`.
    pub fn clip(&self, value: f32) -> f32 {
        value.clamp(self.minimum, self.maximum)
    }

    /// Whether `value` lies on the scale; `nan` does not.
    pub fn contains(&self, value: f32) -> bool {
        (self.minimum..=self.maximum).contains(&value)
    }
}

impl fmt::Display for Scale {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} to {}", self.minimum, self.maximum)
    }
}

impl TryFrom<[f32; 2]> for Scale {
    type Error = OutOfRange;

    fn try_from([minimum, maximum]: [f32; 2]) -> Result<Self, OutOfRange> {
        if minimum.is_finite() && maximum.is_finite() && minimum < maximum {
            Ok(Self { minimum, maximum })
        } else {
            let value = format!("[{minimum}, {maximum}]");
            Err(OutOfRange { value, accepted: "[minimum, maximum] with minimum below maximum" })
        }
    }
}

impl From<Scale> for [f32; 2] {
    fn from(scale: Scale) -> Self {
        [scale.minimum, scale.maximum]
    }
}

impl TryFrom<f64> for Fraction {
    type Error = OutOfRange;

    fn try_from(value: f64) -> Result<Self, OutOfRange> {
        accept(value + 0.0, (0.0..1.0).contains(&value), "at least 0 and below 1").map(Self)
    }
}

impl Fraction {
    /// So many of `count`, rounded up.
    pub(crate) fn of(self, count: usize) -> usize {
        // 0.07 * 100 is 7.000000000000001 and not eight.
        (self.0 * count as f64 - 1e-9).ceil() as usize
    }
}

impl TryFrom<f32> for Finite {
    type Error = OutOfRange;

    fn try_from(value: f32) -> Result<Self, OutOfRange> {
        accept(value + 0.0, value.is_finite(), "a finite number").map(Self)
    }
}

impl TryFrom<f64> for NonNegative {
    type Error = OutOfRange;

    fn try_from(value: f64) -> Result<Self, OutOfRange> {
        accept(value + 0.0, value.is_finite() && value >= 0.0, "a finite number of at least 0").map(Self)
    }
}

impl From<Fraction> for f64 {
    fn from(fraction: Fraction) -> Self {
        fraction.0
    }
}

impl From<Finite> for f32 {
    fn from(number: Finite) -> Self {
        number.0
    }
}

impl From<NonNegative> for f64 {
    fn from(number: NonNegative) -> Self {
        number.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_out_of_range_do_not_parse() {
        #[derive(Debug, Default, Deserialize)]
        #[serde(default)]
        struct Numbers {
            fraction: Option<Fraction>,
            finite: Option<Finite>,
            size: Option<NonNegative>,
            scale: Option<Scale>,
        }
        let cases = [
            ("fraction = 1.5", "must be at least 0 and below 1, not 1.5"),
            ("fraction = 1", "must be at least 0 and below 1, not 1"),
            ("fraction = -0.1", "must be at least 0 and below 1, not -0.1"),
            ("fraction = nan", "must be at least 0 and below 1, not NaN"),
            ("finite = inf", "must be a finite number, not inf"),
            ("finite = nan", "must be a finite number, not NaN"),
            ("size = -1", "must be a finite number of at least 0, not -1"),
            ("size = nan", "must be a finite number of at least 0, not NaN"),
            ("scale = [5, 1]", "must be [minimum, maximum] with minimum below maximum, not [5, 1]"),
            ("scale = [nan, 5]", "must be [minimum, maximum] with minimum below maximum, not [NaN, 5]"),
        ];
        for (line, expected) in cases {
            let error = toml::from_str::<Numbers>(line).expect_err(line);
            assert_eq!(error.message(), expected, "{line}");
        }
    }

    #[test]
    fn a_fraction_of_a_count_is_rounded_up() {
        let cases =
            [(0.1, 100, 10), (0.07, 100, 7), (0.101, 100, 11), (0.8, 15, 12), (0.0, 9, 0), (0.1, 1, 1), (0.5, 0, 0)];
        for (fraction, count, expected) in cases {
            assert_eq!(Fraction(fraction).of(count), expected, "{fraction} of {count}");
        }
    }

    #[test]
    fn a_scale_of_values_holds_them_all() {
        let cases: [(&[f32], [f32; 2]); 5] = [
            (&[3.0, -9.5, 7.0], [-9.5, 7.0]),
            (&[1.0, 1.0], [0.0, 1.0]),
            (&[-2.0], [-2.0, 0.0]),
            (&[0.0], [0.0, 1.0]),
            (&[], [0.0, 1.0]),
        ];
        for (values, expected) in cases {
            assert_eq!(<[f32; 2]>::from(Scale::of(values.iter().copied())), expected, "{values:?}");
        }
    }

    #[test]
    fn a_scale_clips_and_contains() {
        let scale = Scale { minimum: 0.5, maximum: 5.0 };
        assert_eq!([-1.0, 0.5, 3.2, 9.0].map(|value| scale.clip(value)), [0.5, 0.5, 3.2, 5.0]);
        assert_eq!(
            [0.4, 0.5, 5.0, 5.1, f32::NAN].map(|value| scale.contains(value)),
            [false, true, true, false, false]
        );
    }
}
