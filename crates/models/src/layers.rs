//! How wide the hidden layers are.

use serde::{Deserialize, Serialize};

/// Widths of the hidden layers: an odd number of positive integers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<i64>", into = "Vec<i64>")]
pub struct Layers(Vec<i64>);

impl Layers {
    /// The widths, first hidden layer first.
    pub fn widths(&self) -> &[i64] {
        &self.0
    }

    /// The position of the code.
    pub fn middle(&self) -> usize {
        self.0.len() / 2
    }
}

impl From<Layers> for Vec<i64> {
    fn from(layers: Layers) -> Self {
        layers.0
    }
}

impl TryFrom<Vec<i64>> for Layers {
    type Error = String;

    fn try_from(widths: Vec<i64>) -> Result<Self, String> {
        if widths.len().is_multiple_of(2) {
            let length = widths.len();
            return Err(format!("{widths:?} has {length} layers; expected an odd number, the middle one is the code"));
        }
        check_widths(&widths).map(|()| Self(widths))
    }
}

/// Widths of any number of hidden layers, at least one: positive integers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<i64>", into = "Vec<i64>")]
pub struct Widths(Vec<i64>);

impl Widths {
    /// First hidden layer first.
    pub fn list(&self) -> &[i64] {
        &self.0
    }
}

impl From<Widths> for Vec<i64> {
    fn from(widths: Widths) -> Self {
        widths.0
    }
}

impl TryFrom<Vec<i64>> for Widths {
    type Error = String;

    fn try_from(widths: Vec<i64>) -> Result<Self, String> {
        if widths.is_empty() {
            return Err("[] has no layer; expected the width of at least one".to_owned());
        }
        check_widths(&widths).map(|()| Self(widths))
    }
}

fn check_widths(widths: &[i64]) -> Result<(), String> {
    match widths.iter().find(|&&width| !(1..=MAXIMUM_WIDTH).contains(&width)) {
        Some(width) => Err(format!("a layer of {width} units; expected 1 to {MAXIMUM_WIDTH}")),
        None => Ok(()),
    }
}

/// Wider hidden layers are a slip of the keyboard: the two boundary matrices alone would not fit any machine.
const MAXIMUM_WIDTH: i64 = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_must_be_odd_in_number_and_positive() {
        for (widths, complaint) in [
            (vec![], "has 0 layers"),
            (vec![20, 10], "expected an odd number"),
            (vec![20, 0, 20], "a layer of 0 units"),
            (vec![-5], "a layer of -5 units"),
        ] {
            let error = Layers::try_from(widths.clone()).unwrap_err();
            assert!(error.contains(complaint), "{widths:?}: {error}");
        }
    }

    #[test]
    fn widths_are_at_least_one_and_positive() {
        assert_eq!(Widths::try_from(vec![20, 10]).unwrap().list(), [20, 10]);
        for (widths, complaint) in [(vec![], "[] has no layer"), (vec![20, 0], "a layer of 0 units")] {
            let error = Widths::try_from(widths.clone()).unwrap_err();
            assert!(error.contains(complaint), "{widths:?}: {error}");
        }
    }
}
