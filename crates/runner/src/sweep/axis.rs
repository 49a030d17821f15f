//! A dotted path with the values that it takes.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use toml::Value;

use super::Range;
use crate::overrides::Assignment;

/// Dotted path → values, in the order they were written.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Axes(pub Vec<Axis>);

/// A dotted path with the values that it takes.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// `train.epochs`.
    pub path: String,
    /// At least one.
    pub values: Values,
}

/// Values that are listed, or counted out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub enum Values {
    /// At least one.
    List(Vec<Value>),
    /// Numbers.
    Range(Range),
}

impl Axis {
    /// With the value at this position.
    pub fn at(&self, index: usize) -> Assignment {
        let value = match &self.values {
            Values::List(list) => list[index].clone(),
            Values::Range(range) => range.at(index),
        };
        Assignment { path: self.path.clone(), value }
    }

    /// With the value that belongs to `unit`, from 0 to below 1.
    pub fn draw(&self, unit: f64) -> Assignment {
        let value = match &self.values {
            Values::List(list) => list[(unit * list.len() as f64) as usize].clone(),
            Values::Range(range) => range.draw(unit),
        };
        Assignment { path: self.path.clone(), value }
    }
}

impl Values {
    /// How many, where they can be counted.
    pub fn count(&self) -> Option<usize> {
        match self {
            Self::List(list) => Some(list.len()),
            Self::Range(range) => range.count(),
        }
    }
}

/// The form of a range, for errors.
const RANGE: &str = "{ linear = { from = 0, to = 1, steps = 5 } }";

impl TryFrom<Value> for Values {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        match value {
            Value::Array(list) if list.is_empty() => {
                Err("an empty list; expected at least one value, or remove the line".to_owned())
            }
            Value::Array(list) => Ok(Self::List(list)),
            Value::Table(ref table) if ["linear", "log", "integer"].iter().all(|name| !table.contains_key(*name)) => {
                let key = table.keys().next().map_or("linear", String::as_str);
                Err(format!(
                    "`{key}` is no range; expected a list of values, or a range of `linear`, `log` or `integer`, for example \
                     {RANGE}; where a path was meant, write it in quotation marks: \"train.epochs\" = [10, 20]"
                ))
            }
            Value::Table(_) => {
                let range: Range = value.try_into().map_err(|error: toml::de::Error| error.message().to_owned())?;
                range.check().map(|()| Self::Range(range))
            }
            other => Err(format!("{other}; expected a list of values, for example [{other}], or a range, {RANGE}")),
        }
    }
}

impl From<Values> for Value {
    fn from(values: Values) -> Self {
        match values {
            Values::List(list) => Self::Array(list),
            Values::Range(range) => Self::try_from(range).expect("a range that was read can be written"),
        }
    }
}

impl Axes {
    /// Whether nothing is varied.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The paths, in the order they were written.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|axis| axis.path.as_str())
    }
}

impl Serialize for Axes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|axis| (&axis.path, &axis.values)))
    }
}

impl<'de> Deserialize<'de> for Axes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(InOrder)
    }
}

/// Keeps the order of the file: the last axis changes fastest.
struct InOrder;

impl<'de> Visitor<'de> for InOrder {
    type Value = Axes;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a table of paths with lists of values, for example { \"train.epochs\" = [10, 20] }")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Axes, A::Error> {
        let mut axes = Vec::new();
        while let Some(path) = map.next_key()? {
            axes.push(Axis { path, values: map.next_value()? });
        }
        Ok(Axes(axes))
    }
}
