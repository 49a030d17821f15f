//! Which runs, or which points of a sweep, are meant: `model.autoencoder.layers = [256, 512, 256] and test.rmse < 0.88`.
//!
//! ```text
//! any        = all { "or" all }
//! all        = one { "and" one }
//! one        = "not" one | "(" any ")" | path comparison value
//! comparison = "=" | "!=" | "<" | "<=" | ">" | ">=" | "~"
//! value      = number | word | "text" | 'text' | true | false | [ value, … ]
//! ```

mod parse;
mod token;

use std::fmt;

use serde_json::Value;

/// Comparisons of what stands at paths with values, joined by `and`, `or`, `not` and parentheses.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    condition: Condition,
    paths: Vec<FilterPath>,
}

/// A path that a filter asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterPath {
    /// Dotted.
    pub path: String,
    /// Where it begins in the text, in characters, from 1.
    pub column: usize,
}

/// A text that is no filter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: expected {expected}, found {found}")]
pub struct FilterError {
    /// In characters, from 1.
    pub column: usize,
    /// What is accepted there.
    pub expected: &'static str,
    /// What stands there.
    pub found: String,
}

#[derive(Clone, Debug, PartialEq)]
enum Condition {
    Compare(String, Comparison, Value),
    Not(Box<Condition>),
    All(Vec<Condition>),
    Any(Vec<Condition>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    AtMost,
    Greater,
    AtLeast,
    Contains,
}

impl Filter {
    /// Reads a condition.
    ///
    /// # Errors
    /// If it is none: the column, what is accepted there, and what stands there.
    pub fn parse(text: &str) -> Result<Filter, FilterError> {
        parse::parse(text)
    }

    /// Whether it holds where `value_of` tells what stands at a path. What stands nowhere compares as false, so that only `!=`
    /// and `not` hold for it.
    pub fn holds(&self, value_of: &impl Fn(&str) -> Option<Value>) -> bool {
        self.condition.holds(value_of)
    }

    /// The paths that it asks for.
    pub fn paths(&self) -> &[FilterPath] {
        &self.paths
    }
}

impl Condition {
    fn holds(&self, value_of: &impl Fn(&str) -> Option<Value>) -> bool {
        match self {
            Condition::Compare(path, Comparison::NotEqual, value) => {
                value_of(path).is_none_or(|found| !equal(&found, value))
            }
            Condition::Compare(path, comparison, value) => {
                value_of(path).is_some_and(|found| comparison.holds(&found, value))
            }
            Condition::Not(condition) => !condition.holds(value_of),
            Condition::All(conditions) => conditions.iter().all(|condition| condition.holds(value_of)),
            Condition::Any(conditions) => conditions.iter().any(|condition| condition.holds(value_of)),
        }
    }
}

impl Comparison {
    fn is_of_order(self) -> bool {
        matches!(self, Comparison::Less | Comparison::AtMost | Comparison::Greater | Comparison::AtLeast)
    }

    fn holds(self, found: &Value, value: &Value) -> bool {
        let numbers = || found.as_f64().zip(value.as_f64());
        match self {
            Comparison::Equal => equal(found, value),
            Comparison::NotEqual => !equal(found, value),
            Comparison::Less => numbers().is_some_and(|(found, value)| found < value),
            Comparison::AtMost => numbers().is_some_and(|(found, value)| found <= value),
            Comparison::Greater => numbers().is_some_and(|(found, value)| found > value),
            Comparison::AtLeast => numbers().is_some_and(|(found, value)| found >= value),
            Comparison::Contains => plain(found).contains(&plain(value)),
        }
    }
}

/// Numbers are equal by value, 0.001 and 1e-3; a choice with options, `{ constant = 3 }`, equals its name too.
fn equal(found: &Value, value: &Value) -> bool {
    match (found, value) {
        (Value::Number(found), Value::Number(value)) => found.as_f64() == value.as_f64(),
        (Value::Array(found), Value::Array(value)) => {
            found.len() == value.len() && found.iter().zip(value).all(|(found, value)| equal(found, value))
        }
        (Value::Object(choice), Value::String(name)) => choice.len() == 1 && choice.contains_key(name),
        (found, value) => found == value,
    }
}

/// A text as it is, anything else as JSON.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

impl fmt::Display for FilterPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "column {}: `{}`", self.column, self.path)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::run::tests::run;

    #[test]
    fn conditions_hold_or_not() {
        let setting = json!({
            "input": {"fill": {"constant": 3}, "noise": []},
            "model": {"autoencoder": {"layers": [256, 512, 256], "activation": "selu", "tied": false}},
            "train": {"optimizer": {"adam": {"lr": 0.001}}, "batch": 64},
        });
        let run = run("a1b2", 2, setting, Some(0.87));
        let cases = [
            ("model.autoencoder.layers = [256,512,256] and test.rmse < 0.88", true),
            ("model.autoencoder.layers = [256, 512]", false),
            ("test.rmse < 0.87 or test.rmse >= 0.87", true),
            ("test.rmse<=0.87", true),
            ("train.optimizer.adam.lr = 1e-3", true),
            ("train.optimizer = adam and model = 'autoencoder'", true),
            ("train.batch > 63 and not train.batch > 64", true),
            ("input.fill.constant = 3.0", true),
            ("input.fill = constant", true),
            ("input.fill != \"constant\"", false),
            ("input.noise = []", true),
            ("model.autoencoder.tied = false", true),
            ("model.autoencoder.activation ~ el", true),
            ("train.optimizer ~ lr", true),
            ("trial ~ \"b2\" and experiment = fills and outcome = finished", true),
            // What is not there.
            ("input.range = 1", false),
            ("input.range < 1 or input.range >= 1", false),
            ("input.range != 1", true),
            ("not input.range = 1", true),
            // "and" binds more tightly than "or", "not" more tightly than both.
            ("seed = 2 or seed = 3 and seed = 4", true),
            ("(seed = 2 or seed = 3) and seed = 4", false),
            ("not seed = 3 and seed = 2", true),
            ("not (seed = 3 or seed = 2)", false),
            // Only numbers have an order.
            ("experiment < 3", false),
        ];
        for (text, expected) in cases {
            let filter = Filter::parse(text).unwrap();
            assert_eq!(filter.holds(&|path| run.value(path)), expected, "{text}");
        }
    }

    #[test]
    fn paths_are_told_with_their_columns() {
        let filter = Filter::parse("seed = 1 and (test.rmse < 1 or input.fill ~ x)").unwrap();
        let paths: Vec<_> = filter.paths().iter().map(ToString::to_string).collect();
        assert_eq!(paths, ["column 1: `seed`", "column 15: `test.rmse`", "column 32: `input.fill`"]);
    }
}
