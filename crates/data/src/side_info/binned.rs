//! A column for each range of a number: 1 for those whose number lies in it.

use super::{Columns, Values};
use crate::{Error, OutOfRange};
use serde::{Deserialize, Serialize};
use std::num::NonZeroU16;

/// Which number, and where one range ends and the next begins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The attribute's name.
    pub attribute: String,
    /// The ranges.
    pub bins: Bins,
}

/// The ranges of a number; written as `{ quantiles = 5 }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bins {
    /// Below the first of these numbers, from each of them to the next, and from the last one upwards.
    Edges(Edges),
    /// This many, which hold about equally many of those with training ratings; fewer where many have the same number.
    Quantiles(NonZeroU16),
}

/// Numbers that ascend, of which there is one at least.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<f64>", into = "Vec<f64>")]
pub struct Edges(Vec<f64>);

impl TryFrom<Vec<f64>> for Edges {
    type Error = OutOfRange;

    fn try_from(edges: Vec<f64>) -> Result<Self, OutOfRange> {
        let ascend = edges.windows(2).all(|pair| pair[0] < pair[1]);
        if edges.is_empty() || !ascend || edges.iter().any(|edge| !edge.is_finite()) {
            return Err(OutOfRange {
                value: format!("{edges:?}"),
                accepted: "finite numbers that ascend, as [18, 35]",
            });
        }
        Ok(Self(edges))
    }
}

impl From<Edges> for Vec<f64> {
    fn from(edges: Edges) -> Self {
        edges.0
    }
}

impl Config {
    /// An edge belongs to the range above it.
    pub(super) fn encode(&self, values: &Values<'_>) -> Result<Columns, Error> {
        let numbers = values.numbers()?;
        let edges = match &self.bins {
            Bins::Edges(edges) => edges.0.clone(),
            Bins::Quantiles(bins) => {
                let learned = numbers.iter().filter(|(row, _)| values.is_rated(*row));
                quantiles(learned.map(|&(_, number)| number).collect(), bins.get().into())
            }
        };
        let bin = |number: f64| edges.partition_point(|&edge| edge <= number) as u32;
        let entries = numbers.iter().map(|&(row, number)| (row, bin(number), 1.0)).collect();
        Ok(Columns { names: names(values.name, &edges), entries })
    }
}

/// The distinct numbers between bins of equally many; none is the least number, below which there would be nobody.
fn quantiles(mut numbers: Vec<f64>, bins: usize) -> Vec<f64> {
    numbers.sort_unstable_by(f64::total_cmp);
    let mut edges: Vec<f64> = (1..bins).filter_map(|bin| numbers.get(bin * numbers.len() / bins).copied()).collect();
    edges.dedup();
    edges.retain(|edge| *edge > numbers[0]);
    edges
}

/// `age<18`, `age=18..35`, `age>=35`; the bare name where there is one bin.
fn names(attribute: &str, edges: &[f64]) -> Vec<String> {
    let (Some(first), Some(last)) = (edges.first(), edges.last()) else { return vec![attribute.to_owned()] };
    let between = edges.windows(2).map(|pair| format!("{attribute}={}..{}", pair[0], pair[1]));
    let (below, above) = (format!("{attribute}<{first}"), format!("{attribute}>={last}"));
    [below].into_iter().chain(between).chain([above]).collect()
}
