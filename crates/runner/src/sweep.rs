//! What an experiment varies.

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use crate::overrides::Assignment;

/// `[sweep]`: every combination of the values in `grid`, each with every one of the `cases`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SweepSpec {
    /// Dotted path → list of values.
    #[serde(skip_serializing_if = "Table::is_empty")]
    pub grid: Table,
    /// Settings that belong together: each a table of dotted path → value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<Table>,
}

/// One point of a sweep: what is set there, in the order it was written.
pub type Point = Vec<Assignment>;

impl SweepSpec {
    /// Whether nothing is varied.
    pub fn is_empty(&self) -> bool {
        self.grid.is_empty() && self.cases.is_empty()
    }

    /// All points; the last axis of the grid changes fastest, cases faster still.
    ///
    /// # Errors
    /// When an axis is not a list, or is empty.
    pub fn points(&self) -> Result<Vec<Point>> {
        let mut points = vec![Point::new()];
        for (path, values) in &self.grid {
            let axis = axis(path, values)?;
            points = product(&points, &axis);
        }
        if !self.cases.is_empty() {
            let cases: Vec<Point> = self.cases.iter().map(case).collect();
            points = product(&points, &cases);
        }
        Ok(points)
    }

    /// Every path that is varied, in the order it was written.
    pub fn paths(&self) -> Vec<&str> {
        let mut paths: Vec<&str> = self.grid.keys().map(String::as_str).collect();
        for path in self.cases.iter().flat_map(Table::keys) {
            if !paths.contains(&path.as_str()) {
                paths.push(path);
            }
        }
        paths
    }
}

fn axis(path: &str, values: &Value) -> Result<Vec<Point>> {
    let Value::Array(values) = values else {
        bail!("sweep.grid.\"{path}\" is {values}; expected a list of values, for example [{values}]");
    };
    if values.is_empty() {
        bail!("sweep.grid.\"{path}\" is an empty list; expected at least one value, or remove the line");
    }
    Ok(values.iter().map(|value| vec![Assignment { path: path.to_owned(), value: value.clone() }]).collect())
}

fn case(table: &Table) -> Point {
    table.iter().map(|(path, value)| Assignment { path: path.clone(), value: value.clone() }).collect()
}

fn product(left: &[Point], right: &[Point]) -> Vec<Point> {
    left.iter().flat_map(|l| right.iter().map(move |r| [l.as_slice(), r].concat())).collect()
}

/// Puts a point into a table that has all defaults filled in.
///
/// # Errors
/// When a path does not exist.
pub fn apply(point: &Point, table: &mut Table) -> Result<()> {
    point.iter().try_for_each(|assignment| {
        assignment.apply(table).with_context(|| format!("in the sweep over `{}`", assignment.path))
    })
}
