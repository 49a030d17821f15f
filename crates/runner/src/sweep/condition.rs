//! Which points of a sweep count: `train.batch < 64 and (input.fill = zero or not model.autoencoder.tied_weights = true)`.

use hourglass_report::Filter;
use serde::{Deserialize, Serialize};
use toml::Value;

/// A [`Filter`] of points, as it was written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Condition {
    text: String,
    filter: Filter,
}

impl Condition {
    /// Whether it holds where `value_of` tells what stands at a path.
    pub fn holds<'a>(&self, value_of: &impl Fn(&str) -> Option<&'a Value>) -> bool {
        self.filter.holds(&|path| serde_json::to_value(value_of(path)?).ok())
    }

    /// Every path that it asks for.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.filter.paths().iter().map(|asked| asked.path.as_str())
    }

    /// What it asks.
    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl TryFrom<String> for Condition {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let filter = Filter::parse(&text).map_err(|error| format!("`{text}`, {error}"))?;
        Ok(Self { text, filter })
    }
}

impl From<Condition> for String {
    fn from(condition: Condition) -> Self {
        condition.text
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
            ("a = 3.0", true),
            ("a < 3", false),
            ("b > 5e-2", true),
            ("c = zero", true),
            ("c < 3", false),
            ("d = [2,4.0]", true),
            ("d = [2]", false),
            ("e = constant", true),
            ("e.constant = 3", true),
            ("c.constant != 3", true),
            ("not f = true", false),
            ("a = 1 or not (b = 1 or c = one)", true),
        ] {
            assert_eq!(Condition::try_from(text.to_owned()).unwrap().holds(&value_of), holds, "{text}");
        }
    }

    #[test]
    fn what_is_no_condition_is_refused_with_its_text() {
        let error = Condition::try_from("a = 3 b = 4".to_owned()).unwrap_err();
        assert_eq!(error, "`a = 3 b = 4`, column 7: expected and, or, or the end, found `b`");
    }
}
