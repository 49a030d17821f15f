//! What stands behind the question mark of an address.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::str::FromStr;

use anyhow::{Result, anyhow, bail, ensure};

use crate::config_error::did_you_mean;

/// Keys and their values, each once.
pub(super) struct Query {
    values: BTreeMap<String, String>,
}

impl Query {
    /// # Errors
    /// When a key is not one of those, or stands there twice.
    pub(super) fn of(text: Option<&str>, keys: &[&str]) -> Result<Self> {
        let mut values = BTreeMap::new();
        for (key, value) in form_urlencoded::parse(text.unwrap_or_default().as_bytes()) {
            if !keys.contains(&key.as_ref()) {
                let near = did_you_mean(&key, keys.iter().copied());
                bail!("there is no parameter `{key}`; expected {}{near}", keys.join(", "));
            }
            let before = values.insert(key.clone().into_owned(), value.into_owned());
            ensure!(before.is_none(), "{key} is given twice; leave one of them out");
        }
        Ok(Self { values })
    }

    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(String::as_str)
    }

    /// A number, or what stands for it where it is not given.
    ///
    /// # Errors
    /// When it is no number, or one that is not accepted.
    pub(super) fn number<N>(&self, key: &str, default: N, accepted: RangeInclusive<N>) -> Result<N>
    where
        N: FromStr + PartialOrd + std::fmt::Display,
    {
        let Some(text) = self.text(key) else { return Ok(default) };
        let number = text.parse().ok().filter(|number| accepted.contains(number));
        number.ok_or_else(|| {
            anyhow!("{key}={text}: expected a whole number from {} to {}", accepted.start(), accepted.end())
        })
    }
}
