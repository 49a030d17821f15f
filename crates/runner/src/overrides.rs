//! Changing one value of an experiment by its dotted path: what `--set` and sweeps do.

use std::fmt;
use std::str::FromStr;

use anyhow::{Result, bail};
use toml::{Table, Value};

use crate::config_error::did_you_mean;

/// `model.autoencoder.dropout=0.5`.
#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    /// Dotted.
    pub path: String,
    /// What to put there.
    pub value: Value,
}

impl Assignment {
    /// Puts the value into a table that has all defaults filled in.
    ///
    /// # Errors
    /// When the path leads through a key that is not there.
    pub fn apply(&self, table: &mut Table) -> Result<()> {
        let mut keys: Vec<&str> = self.path.split('.').collect();
        let last = keys.pop().expect("splitting gives at least one piece");
        let mut place = table;
        for (depth, key) in keys.iter().enumerate() {
            let here = keys[..depth].join(".");
            let known: Vec<String> = place.keys().cloned().collect();
            place = match place.get_mut(*key) {
                Some(Value::Table(inner)) => inner,
                Some(other) => bail!(
                    "`{0}` is {other}, which has no keys; set `{0}` itself, or name another key",
                    join(&here, key)
                ),
                None if known.is_empty() => bail!("there is no `{0}` yet; set `{0}` as a whole", join(&here, key)),
                None => bail!(
                    "there is no `{}`; {} has {}{}",
                    join(&here, key),
                    if here.is_empty() { "an experiment".to_owned() } else { format!("`{here}`") },
                    list(&known),
                    did_you_mean(key, known.iter().map(String::as_str)),
                ),
            };
        }
        place.insert(last.to_owned(), self.value.clone());
        Ok(())
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

impl FromStr for Assignment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = "expected key=value, for example train.epochs=10";
        let (path, value) = text.split_once('=').ok_or_else(|| format!("`{text}` has no `=`; {form}"))?;
        let (path, value) = (path.trim(), value.trim());
        if path.is_empty() || path.split('.').any(str::is_empty) {
            return Err(format!("`{path}` is not a dotted path; {form}"));
        }
        // A bare word is a string: quotes would have to be protected from the shell.
        let parsed = format!("value = {value}").parse::<Table>();
        let value = match parsed {
            Ok(mut table) if table.len() == 1 => table.remove("value").expect("it was just given"),
            Ok(_) => return Err(format!("`{value}` is not one value; {form}")),
            Err(_) if value.is_empty() => return Err(format!("`` is not a value; {form}")),
            Err(_) if value.chars().all(|c| c.is_alphanumeric() || "-_./".contains(c)) => {
                Value::String(value.to_owned())
            }
            Err(error) => return Err(format!("`{value}` is not a TOML value: {}", error.message())),
        };
        Ok(Self { path: path.to_owned(), value })
    }
}

impl fmt::Display for Assignment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}={}", self.path, self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assignment_reads_back_as_it_is_written() {
        for (text, value) in [
            ("a.b=10", Value::Integer(10)),
            ("a.b = 1e-4", Value::Float(1e-4)),
            ("a.b=true", Value::Boolean(true)),
            ("a.b=user-mean", Value::String("user-mean".to_owned())),
            ("a.b=\"user-mean\"", Value::String("user-mean".to_owned())),
            ("a.b=../data/ml-1m", Value::String("../data/ml-1m".to_owned())),
            ("a.b='with = and \" in it'", Value::String("with = and \" in it".to_owned())),
            ("a.b=[[2], [4]]", Value::from(vec![vec![2], vec![4]])),
            ("a.b={ constant = 3 }", Value::Table(Table::from_iter([("constant".to_owned(), Value::Integer(3))]))),
        ] {
            let read: Assignment = text.parse().expect(text);
            assert_eq!((read.path.as_str(), &read.value), ("a.b", &value), "{text}");
            assert_eq!(read.to_string().parse(), Ok(read), "{text}");
        }
    }

    #[test]
    fn what_is_no_assignment_is_refused() {
        for (text, complaint) in [
            ("a", "`a` has no `=`"),
            ("=1", "`` is not a dotted path"),
            ("a..b=1", "`a..b` is not a dotted path"),
            (".a=1", "`.a` is not a dotted path"),
            ("a=", "`` is not a value"),
            ("a=[1", "`[1` is not a TOML value"),
            ("a=two words", "`two words` is not a TOML value"),
            ("a=1\nb=2", "is not one value"),
        ] {
            let error = text.parse::<Assignment>().expect_err(text);
            assert!(error.contains(complaint), "{text}: {error}");
        }
    }
}
