//! Members are named by what does not change.

use serde::{Deserialize, Serialize};

/// Digits of a trial's id.
const DIGITS: usize = 8;

/// The id of a trial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TrialId(String);

impl TrialId {
    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for TrialId {
    type Error = String;

    fn try_from(id: String) -> Result<Self, String> {
        if id.len() == DIGITS && id.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')) {
            return Ok(Self(id));
        }
        Err(format!(
            "`{id}` is not the id of a trial; expected {DIGITS} digits and letters from a to f, as `hourglass list` shows them; \
             `hourglass blend` takes runs by any name and writes their ids"
        ))
    }
}

impl From<TrialId> for String {
    fn from(id: TrialId) -> Self {
        id.0
    }
}

/// Ids of trials, each once, in this order; an id names a setting, so that the same blend is the same trial again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Members(Vec<TrialId>);

impl Members {
    /// All of them.
    pub fn ids(&self) -> &[TrialId] {
        &self.0
    }
}

impl TryFrom<Vec<String>> for Members {
    type Error = String;

    fn try_from(ids: Vec<String>) -> Result<Self, String> {
        let ids = ids.into_iter().map(TrialId::try_from).collect::<Result<Vec<_>, _>>()?;
        match (ids.iter().enumerate()).find(|(place, id)| ids[..*place].contains(id)) {
            _ if ids.is_empty() => Err("no member; expected the id of at least one finished trial".to_owned()),
            Some((_, TrialId(id))) => Err(format!("{id} is listed twice; list it once")),
            None => Ok(Self(ids)),
        }
    }
}

impl From<Members> for Vec<String> {
    fn from(members: Members) -> Self {
        members.0.into_iter().map(String::from).collect()
    }
}
