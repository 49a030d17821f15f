//! Which points of a sweep count: `train.batch < 64 and (input.fill = "zero" or not model.autoencoder.tied_weights = true)`.

use std::iter::Peekable;
use std::vec::IntoIter;

use serde::{Deserialize, Serialize};
use toml::Value;

use crate::overrides::Assignment;

/// Comparisons of settings with values, joined by `and`, `or`, `not` and parentheses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Condition {
    text: String,
    test: Test,
}

#[derive(Debug, Clone, PartialEq)]
enum Test {
    Or(Box<Test>, Box<Test>),
    And(Box<Test>, Box<Test>),
    Not(Box<Test>),
    Compare { path: String, operator: Operator, value: Value },
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Operator {
    Equal,
    Unequal,
    Below,
    AtMost,
    Above,
    AtLeast,
}

const OPERATORS: [(&str, Operator); 6] = [
    ("!=", Operator::Unequal),
    ("<=", Operator::AtMost),
    (">=", Operator::AtLeast),
    ("=", Operator::Equal),
    ("<", Operator::Below),
    (">", Operator::Above),
];

impl Condition {
    /// Whether it holds where `value_of` tells what stands at a path. What stands nowhere equals nothing.
    pub fn holds<'a>(&self, value_of: &impl Fn(&str) -> Option<&'a Value>) -> bool {
        self.test.holds(value_of)
    }

    /// Every path that it asks for.
    pub fn paths(&self) -> Vec<&str> {
        self.test.paths()
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl Test {
    fn holds<'a>(&self, value_of: &impl Fn(&str) -> Option<&'a Value>) -> bool {
        match self {
            Self::Or(left, right) => left.holds(value_of) || right.holds(value_of),
            Self::And(left, right) => left.holds(value_of) && right.holds(value_of),
            Self::Not(test) => !test.holds(value_of),
            Self::Compare { path, operator, value } => operator.holds(value_of(path), value),
        }
    }

    fn paths(&self) -> Vec<&str> {
        match self {
            Self::Or(left, right) | Self::And(left, right) => [left.paths(), right.paths()].concat(),
            Self::Not(test) => test.paths(),
            Self::Compare { path, .. } => vec![path],
        }
    }
}

impl Operator {
    fn holds(self, found: Option<&Value>, value: &Value) -> bool {
        let numbers = found.and_then(number).zip(number(value));
        match self {
            Self::Equal => found.is_some_and(|found| equal(found, value)),
            Self::Unequal => !found.is_some_and(|found| equal(found, value)),
            Self::Below => numbers.is_some_and(|(found, value)| found < value),
            Self::AtMost => numbers.is_some_and(|(found, value)| found <= value),
            Self::Above => numbers.is_some_and(|(found, value)| found > value),
            Self::AtLeast => numbers.is_some_and(|(found, value)| found >= value),
        }
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        _ => None,
    }
}

/// Whether two values mean the same: 3 is 3.0.
fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| equal(left, right))
        }
        (Value::Table(left), Value::Table(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, value)| right.get(key).is_some_and(|other| equal(value, other)))
        }
        _ => number(left).zip(number(right)).map_or(left == right, |(left, right)| left == right),
    }
}

impl TryFrom<String> for Condition {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let mut words = words(&text)?.into_iter().peekable();
        let test = either(&mut words)?;
        match words.next() {
            Some(word) => Err(format!("`{word}` in `{text}`; expected `and`, `or` or the end")),
            None => Ok(Self { text, test }),
        }
    }
}

impl From<Condition> for String {
    fn from(condition: Condition) -> Self {
        condition.text
    }
}

/// Operators, parentheses, quoted texts, lists and tables, and whatever stands between blanks.
fn words(text: &str) -> Result<Vec<&str>, String> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let operator = OPERATORS.iter().find(|(sign, _)| rest.starts_with(sign)).map(|(sign, _)| sign.len());
        let length = match first {
            '(' | ')' => 1,
            _ if operator.is_some() => operator.unwrap_or_default(),
            _ => value_length(rest)
                .ok_or_else(|| format!("`{rest}` does not end; expected the closing `]`, `}}` or quote"))?,
        };
        words.push(&rest[..length]);
        rest = rest[length..].trim_start();
    }
    Ok(words)
}

/// How long the value at the beginning is: up to a blank or a sign that is not within brackets or quotes.
fn value_length(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quote = None;
    for (position, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => depth = depth.saturating_sub(1),
            (None, _) if depth == 0 && (c.is_whitespace() || "()<>=!".contains(c)) => return Some(position.max(1)),
            (None, _) => {}
        }
    }
    (depth == 0 && quote.is_none()).then_some(text.len())
}

type Words<'a> = Peekable<IntoIter<&'a str>>;

fn either(words: &mut Words<'_>) -> Result<Test, String> {
    let mut test = both(words)?;
    while words.next_if_eq(&"or").is_some() {
        test = Test::Or(Box::new(test), Box::new(both(words)?));
    }
    Ok(test)
}

fn both(words: &mut Words<'_>) -> Result<Test, String> {
    let mut test = single(words)?;
    while words.next_if_eq(&"and").is_some() {
        test = Test::And(Box::new(test), Box::new(single(words)?));
    }
    Ok(test)
}

fn single(words: &mut Words<'_>) -> Result<Test, String> {
    const FORM: &str = "expected a comparison, for example train.batch < 64";
    match words.next() {
        Some("not") => Ok(Test::Not(Box::new(single(words)?))),
        Some("(") => {
            let test = either(words)?;
            words.next_if_eq(&")").map(|_| test).ok_or_else(|| "a `(` without its `)`".to_owned())
        }
        Some(path) if path.starts_with(|c: char| c.is_ascii_alphabetic()) => {
            let sign = words.next().unwrap_or("the end");
            let (_, operator) = OPERATORS.iter().find(|(known, _)| *known == sign).ok_or_else(|| {
                format!("{sign} after `{path}`; expected `=`, `!=`, `<`, `<=`, `>` or `>=`, and then a value")
            })?;
            let written = words.next().ok_or_else(|| format!("no value after `{path} {sign}`; {FORM}"))?;
            let value =
                format!("value={written}").parse::<Assignment>().map_err(|error| format!("{error}; {FORM}"))?.value;
            if !matches!(operator, Operator::Equal | Operator::Unequal) && number(&value).is_none() {
                return Err(format!("{value} after `{path} {sign}`; expected a number"));
            }
            Ok(Test::Compare { path: path.to_owned(), operator: *operator, value })
        }
        Some(word) => Err(format!("`{word}`; {FORM}")),
        None => Err(format!("nothing where a comparison should be; {FORM}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_hold_or_do_not() {
        let table: toml::Table =
            "a = 3\nb = 0.5\nc = 'zero'\nd = [2, 4]\ne = { constant = 3.0 }\nf = true".parse().unwrap();
        let table = Value::Table(table);
        let value_of = |path: &str| super::super::value_at(&table, path);
        for (text, holds) in [
            ("a = 3", true),
            ("a = 3.0", true),
            ("a != 3", false),
            ("a < 3", false),
            ("a <= 3", true),
            ("a>=3", true),
            ("b > 5e-2", true),
            ("c = zero", true),
            ("c = 'zero'", true),
            ("c = \"one (1) and\"", false),
            ("c < 3", false),
            ("d = [2, 4]", true),
            ("d = [2,4.0]", true),
            ("d = [2]", false),
            ("e = { constant = 3 }", true),
            ("e.constant = 3", true),
            ("c.constant = 3", false),
            ("c.constant != 3", true),
            ("f = true", true),
            ("not f = true", false),
            ("a = 1 or b = 0.5 and c = zero", true),
            ("(a = 1 or b = 0.5) and c = one", false),
            ("a = 1 or not (b = 1 or c = one)", true),
        ] {
            assert_eq!(Condition::try_from(text.to_owned()).unwrap().holds(&value_of), holds, "{text}");
        }
    }

    #[test]
    fn what_is_no_condition_is_refused() {
        for (text, complaint) in [
            ("", "nothing where a comparison should be; expected a comparison, for example"),
            ("a", "the end after `a`; expected `=`"),
            ("a =", "no value after `a =`"),
            ("a b", "b after `a`; expected `=`"),
            ("a == 3", "`=` is not"),
            ("a = 3 b = 4", "`b` in `a = 3 b = 4`; expected `and`, `or` or the end"),
            ("(a = 3", "a `(` without its `)`"),
            ("a = [3", "`[3` does not end"),
            ("a ! 3", "! after `a`"),
            ("a < zero", "\"zero\" after `a <`; expected a number"),
            ("3 = a", "`3`; expected a comparison"),
            ("a = 3 and", "nothing where a comparison should be"),
        ] {
            let error = Condition::try_from(text.to_owned()).expect_err(text);
            assert!(error.contains(complaint), "{text}: {error}");
        }
    }
}
