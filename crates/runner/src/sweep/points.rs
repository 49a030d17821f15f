//! The points of a sweep, each made when it is asked for.

use std::fmt;

use anyhow::Result;
use toml::{Table, Value};

use super::draws::Draws;
use super::{Axes, Axis, Condition, Point, SweepSpec, value_at};
use crate::config_error::did_you_mean;
use crate::overrides::Assignment;

/// All combinations, numbered: none of them is kept.
pub struct Points {
    factors: Vec<Factor>,
    blocks: Vec<Points>,
    when: Option<Condition>,
    exclude: Vec<Condition>,
    /// Before conditions.
    size: usize,
}

/// What is combined with what else there is.
enum Factor {
    /// The values at a position belong together. All axes have as many.
    Together(Vec<Axis>),
    Cases(Vec<Point>),
    Random(Draws),
}

/// What is wrong with a sweep, and under which key.
#[derive(Debug)]
pub struct Wrong {
    /// As it stands in the file; without it, the value alone says where.
    pub key: Option<String>,
    /// The value that is wrong, if it is one of several.
    pub value: Option<Value>,
    message: String,
}

impl Wrong {
    /// With all that is to be said.
    pub fn new(key: &str, message: String) -> Self {
        Self { key: Some(key.to_owned()), value: None, message }
    }

    /// One value of a swept path.
    pub fn value(assignment: &Assignment, message: String) -> Self {
        Self { key: Some(assignment.path.clone()), value: Some(assignment.value.clone()), message }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Wrong {}

impl Points {
    /// As the file says, where `defaults` is the experiment without its sweep.
    ///
    /// # Errors
    /// When lists that belong together differ in length, numbers cannot be counted, or a condition asks for what there is not.
    pub fn new(sweep: &SweepSpec, defaults: &Table) -> Result<Self> {
        check_conditions(sweep, defaults)?;
        if sweep.blocks.iter().any(stops) {
            let message =
                "a block of a sweep has `stop`, which compares all settings with each other; write [sweep.stop]";
            return Err(Wrong::new("stop", message.to_owned()).into());
        }
        Self::combined(sweep)
    }

    fn combined(sweep: &SweepSpec) -> Result<Self> {
        let mut factors = Vec::new();
        for axis in &sweep.grid.0 {
            counted(axis)?;
            factors.push(Factor::Together(vec![axis.clone()]));
        }
        if !sweep.zip.is_empty() {
            factors.push(Factor::Together(same_length(&sweep.zip)?));
        }
        if let Some(random) = &sweep.random {
            factors.push(Factor::Random(Draws::new(random)?));
        }
        if !sweep.cases.is_empty() {
            factors.push(Factor::Cases(sweep.cases.iter().map(case).collect()));
        }
        let blocks = sweep.blocks.iter().map(Self::combined).collect::<Result<Vec<_>>>()?;
        let united = match blocks[..] {
            [] => Some(1),
            _ => blocks.iter().try_fold(0_usize, |sum, block| sum.checked_add(block.size)),
        };
        let size =
            united.and_then(|united| factors.iter().try_fold(united, |size, factor| size.checked_mul(factor.len())));
        let size =
            size.ok_or_else(|| Wrong::new("sweep", "the sweep has more than 2^64 points; make it smaller".to_owned()))?;
        Ok(Self { factors, blocks, when: sweep.when.clone(), exclude: sweep.exclude.clone(), size })
    }

    /// The points that the conditions leave; the last factor changes fastest.
    pub fn iter<'a>(&'a self, defaults: &'a Value) -> impl Iterator<Item = Point> + 'a {
        (0..self.size).filter_map(move |index| {
            let mut point = Point::new();
            self.put(index, &mut point);
            let value_of = |path: &str| set_by(&point, path).unwrap_or_else(|| value_at(defaults, path));
            self.counts(index, &value_of).then_some(point)
        })
    }

    /// Appends what is set at the point with this number.
    fn put(&self, index: usize, point: &mut Point) {
        let mut left = self.size;
        let mut index = index;
        for factor in &self.factors {
            left /= factor.len();
            factor.put(index / left, point);
            index %= left;
        }
        if let Some((block, index)) = self.block(index) {
            block.put(index, point);
        }
    }

    /// Whether all conditions on the point with this number hold.
    fn counts<'a>(&self, index: usize, value_of: &impl Fn(&str) -> Option<&'a Value>) -> bool {
        let united: usize = self.blocks.iter().map(|block| block.size).sum();
        self.when.as_ref().is_none_or(|when| when.holds(value_of))
            && !self.exclude.iter().any(|exclude| exclude.holds(value_of))
            && self.block(index % united.max(1)).is_none_or(|(block, index)| block.counts(index, value_of))
    }

    /// The block with this number among the points of all blocks, and its number there.
    fn block(&self, index: usize) -> Option<(&Self, usize)> {
        let mut index = index;
        for block in &self.blocks {
            match index.checked_sub(block.size) {
                Some(behind) => index = behind,
                None => return Some((block, index)),
            }
        }
        None
    }
}

impl Factor {
    fn len(&self) -> usize {
        match self {
            Self::Together(axes) => axes[0].values.count().expect("only what can be counted is accepted"),
            Self::Cases(cases) => cases.len(),
            Self::Random(draws) => draws.len(),
        }
    }

    fn put(&self, index: usize, point: &mut Point) {
        match self {
            Self::Together(axes) => point.extend(axes.iter().map(|axis| axis.at(index))),
            Self::Cases(cases) => point.extend_from_slice(&cases[index]),
            Self::Random(draws) => point.extend(draws.at(index)),
        }
    }
}

fn case(table: &Table) -> Point {
    table.iter().map(|(path, value)| Assignment { path: path.clone(), value: value.clone() }).collect()
}

fn counted(axis: &Axis) -> Result<usize> {
    let path = &axis.path;
    let without = || {
        Wrong::new(
            path,
            format!(
                "the range of `{path}` has no steps, so that it cannot be counted out; add steps = 5, or draw from it in sweep.random"
            ),
        )
    };
    Ok(axis.values.count().ok_or_else(without)?)
}

/// # Errors
/// When the lists of a zip differ in length.
fn same_length(zip: &Axes) -> Result<Vec<Axis>> {
    let first = &zip.0[0];
    for axis in &zip.0 {
        let (expected, found) = (counted(first)?, counted(axis)?);
        if expected != found {
            let (path, other) = (&axis.path, &first.path);
            let message = format!(
                "sweep.zip has {expected} values of `{other}` and {found} of `{path}`; expected as many of each"
            );
            return Err(Wrong::new(path, message).into());
        }
    }
    Ok(zip.0.clone())
}

fn stops(block: &SweepSpec) -> bool {
    block.stop.is_some() || block.blocks.iter().any(stops)
}

/// What the point sets at this path: `None` if it says nothing of it, `Some(None)` if it sets something else in its place.
fn set_by<'a>(point: &'a Point, path: &str) -> Option<Option<&'a Value>> {
    point.iter().rev().find_map(|assignment| {
        let below = path.strip_prefix(assignment.path.as_str())?;
        match below.strip_prefix('.') {
            Some(below) => Some(value_at(&assignment.value, below)),
            None => below.is_empty().then_some(Some(&assignment.value)),
        }
    })
}

/// A condition on what there is not would silently hold never, or always.
fn check_conditions(sweep: &SweepSpec, defaults: &Table) -> Result<()> {
    let defaults = Value::Table(defaults.clone());
    let swept = sweep.paths();
    let below =
        |path: &str, above: &str| path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    for condition in sweep.conditions() {
        for path in condition.paths() {
            if value_at(&defaults, path).is_none() && !swept.iter().any(|above| below(path, above)) {
                let (text, meant) = (condition.text(), did_you_mean(path, swept.iter().copied()));
                let message =
                    format!("the condition `{text}` asks for `{path}`, which is neither set nor swept{meant}");
                return Err(Wrong { key: None, value: Some(Value::String(text.to_owned())), message }.into());
            }
        }
    }
    Ok(())
}
