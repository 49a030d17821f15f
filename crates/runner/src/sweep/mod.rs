//! What an experiment varies.

mod axis;
mod condition;
mod draws;
mod points;
mod range;

pub use axis::{Axes, Axis, Values};
pub use condition::Condition;
pub use points::{Points, Wrong};
pub use range::Range;

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use crate::overrides::Assignment;
use crate::stop::StopConfig;

/// `[sweep]`: every combination of the values in `grid`, of the lines of `zip`, of the `cases`, of the draws of `random`, and of
/// the points of all `blocks` put together; of these, the ones that the conditions leave.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SweepSpec {
    /// Only the points for which this holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
    /// None of the points for which one of these holds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<Condition>,
    /// Dotted path → list of values, or a range.
    #[serde(skip_serializing_if = "Axes::is_empty")]
    pub grid: Axes,
    /// Lists of the same length: the first values belong together, the second ones, and so on.
    #[serde(skip_serializing_if = "Axes::is_empty")]
    pub zip: Axes,
    /// Values drawn independently of each other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub random: Option<Random>,
    /// Settings that belong together: each a table of dotted path → value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<Table>,
    /// Sweeps one after the other, each with all that the rest of this table varies.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub blocks: Vec<SweepSpec>,
    /// Which settings are not trained to their end; only of the whole sweep, not of a block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop: Option<StopConfig>,
}

/// `[sweep.random]`: so many points, drawn at random.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Random {
    /// How many points; no two are the same. More of them leave the first ones as they are.
    pub trials: NonZeroUsize,
    /// Of the draws.
    #[serde(default = "first_seed")]
    pub seed: u64,
    /// Dotted path → list of values of which each is as likely, or a range.
    pub values: Axes,
}

fn first_seed() -> u64 {
    1
}

/// One point of a sweep: what is set there, in the order it was written.
pub type Point = Vec<Assignment>;

impl SweepSpec {
    /// Whether nothing is varied.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Every path that is varied, in the order it was written.
    pub fn paths(&self) -> Vec<&str> {
        let axes = [Some(&self.grid), Some(&self.zip), self.random.as_ref().map(|random| &random.values)];
        let axes = axes.into_iter().flatten().flat_map(Axes::paths);
        let cases = self.cases.iter().flat_map(Table::keys).map(String::as_str);
        let mut paths: Vec<&str> = Vec::new();
        for path in axes.chain(cases).chain(self.blocks.iter().flat_map(Self::paths)) {
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
        paths
    }

    /// Every condition, of blocks too.
    fn conditions(&self) -> Vec<&Condition> {
        let own = self.when.iter().chain(&self.exclude);
        own.chain(self.blocks.iter().flat_map(Self::conditions)).collect()
    }
}

/// What stands at a dotted path of a value, if anything does.
pub(crate) fn value_at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, key| value.get(key))
}
