//! Values that are counted out instead of listed.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};
use toml::Value;

/// Numbers from one to another, both included.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Range {
    /// With equal differences.
    Linear(Interval),
    /// With equal quotients.
    Log(Interval),
    /// Whole numbers.
    Integer(Whole),
}

/// Two ends, and how many numbers there are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interval {
    /// The first.
    pub from: f64,
    /// The last.
    pub to: f64,
    /// How many numbers, the ends included. Without it any number between them can be drawn, and none be counted out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<NonZeroUsize>,
}

/// Two ends, and the difference of neighbours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Whole {
    /// The first.
    pub from: i64,
    /// No number is above it.
    pub to: i64,
    /// From one to the next.
    #[serde(default = "by_ones")]
    pub step: i64,
}

fn by_ones() -> i64 {
    1
}

/// Digits of a number that is counted out: few enough that every machine's logarithm gives the same ones.
const COUNTED_DIGITS: usize = 12;

/// Digits of a number that is drawn: people read them.
const DRAWN_DIGITS: usize = 8;

impl Range {
    /// Says what is wrong with it, if anything is.
    ///
    /// # Errors
    /// With the value, what is accepted, and an example.
    pub fn check(&self) -> Result<(), String> {
        let (from, to) = match self {
            Self::Integer(Whole { from, to, step }) if from > to || *step < 1 => {
                let found = format!("an integer range from {from} to {to} with step {step}");
                return Err(format!("{found}; expected `to` of at least `from`, and a step of at least 1"));
            }
            Self::Integer(_) => return Ok(()),
            Self::Linear(interval) | Self::Log(interval) => (interval.from, interval.to),
        };
        if !(from.is_finite() && to.is_finite() && from < to) {
            return Err(format!("a range from {from} to {to}; expected finite numbers, the smaller one first"));
        }
        if matches!(self, Self::Log(_)) && from <= 0.0 {
            return Err(format!("a log range from {from}; expected an end above 0, or a linear range"));
        }
        match self {
            Self::Linear(Interval { steps: Some(steps), .. }) | Self::Log(Interval { steps: Some(steps), .. })
                if steps.get() < 2 =>
            {
                Err("a range with steps = 1; expected at least 2 steps, which are the ends".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// How many numbers there are, where they can be counted.
    pub fn count(&self) -> Option<usize> {
        match self {
            Self::Linear(interval) | Self::Log(interval) => interval.steps.map(NonZeroUsize::get),
            Self::Integer(Whole { from, to, step }) => {
                usize::try_from(to.abs_diff(*from) / step.unsigned_abs()).ok()?.checked_add(1)
            }
        }
    }

    /// The number at this position, below [`count`](Self::count).
    pub fn at(&self, index: usize) -> Value {
        match self {
            Self::Integer(Whole { from, step, .. }) => Value::Integer(from + step * index as i64),
            Self::Linear(Interval { steps, .. }) | Self::Log(Interval { steps, .. }) => {
                let last = steps.map_or(1, |steps| steps.get() - 1);
                Value::Float(self.between(index as f64 / last as f64, COUNTED_DIGITS))
            }
        }
    }

    /// The number that belongs to `unit`, from 0 to below 1.
    pub fn draw(&self, unit: f64) -> Value {
        match self.count() {
            Some(count) => self.at(((unit * count as f64) as usize).min(count - 1)),
            None => Value::Float(self.between(unit, DRAWN_DIGITS)),
        }
    }

    /// `part` of the way from one end to the other.
    fn between(&self, part: f64, digits: usize) -> f64 {
        let value = match self {
            Self::Linear(Interval { from, to, .. }) => from + (to - from) * part,
            Self::Log(Interval { from, to, .. }) => (from.ln() + (to.ln() - from.ln()) * part).exp(),
            Self::Integer(_) => unreachable!("whole numbers are counted"),
        };
        format!("{value:.*e}", digits - 1).parse().expect("a number that was written can be read")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> Range {
        let table: toml::Table = format!("range = {text}").parse().unwrap();
        table["range"].clone().try_into().unwrap()
    }

    fn all(text: &str) -> String {
        let range = range(text);
        range.check().unwrap();
        let values: Vec<String> = (0..range.count().unwrap()).map(|index| range.at(index).to_string()).collect();
        values.join(" ")
    }

    #[test]
    fn numbers_are_counted_out_with_both_ends_and_without_rounding_errors() {
        for (text, values) in [
            ("{ linear = { from = 0, to = 1, steps = 5 } }", "0.0 0.25 0.5 0.75 1.0"),
            ("{ linear = { from = 0.1, to = 0.9, steps = 9 } }", "0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9"),
            ("{ log = { from = 1e-4, to = 1, steps = 5 } }", "0.0001 0.001 0.01 0.1 1.0"),
            ("{ log = { from = 1, to = 2, steps = 3 } }", "1.0 1.41421356237 2.0"),
            ("{ integer = { from = 1, to = 5 } }", "1 2 3 4 5"),
            ("{ integer = { from = -2, to = 9, step = 4 } }", "-2 2 6"),
            ("{ integer = { from = 7, to = 7 } }", "7"),
        ] {
            assert_eq!(all(text), values, "{text}");
        }
    }

    #[test]
    fn a_draw_is_between_the_ends() {
        for (text, unit, value) in [
            ("{ linear = { from = 2, to = 4 } }", 0.0, "2.0"),
            ("{ linear = { from = 2, to = 4 } }", 0.75, "3.5"),
            ("{ log = { from = 1e-4, to = 1 } }", 0.5, "0.01"),
            ("{ log = { from = 1, to = 100, steps = 3 } }", 0.5, "10.0"),
            ("{ integer = { from = 1, to = 4 } }", 0.0, "1"),
            ("{ integer = { from = 1, to = 4 } }", 0.999, "4"),
        ] {
            assert_eq!(range(text).draw(unit).to_string(), value, "{text} at {unit}");
        }
    }

    #[test]
    fn a_wrong_range_is_refused() {
        for (text, complaint) in [
            ("{ linear = { from = 1, to = 0 } }", "from 1 to 0"),
            ("{ linear = { from = 0, to = inf } }", "finite numbers"),
            ("{ linear = { from = 0, to = 1, steps = 1 } }", "at least 2 steps"),
            ("{ log = { from = 0, to = 1 } }", "an end above 0, or a linear range"),
            ("{ integer = { from = 3, to = 1 } }", "`to` of at least `from`"),
            ("{ integer = { from = 1, to = 3, step = 0 } }", "a step of at least 1"),
        ] {
            let error = range(text).check().expect_err(text);
            assert!(error.contains(complaint), "{text}: {error}");
        }
    }
}
