//! Members are named by what does not change.

use serde::{Deserialize, Serialize};

/// Digits of a trial's id.
const DIGITS: usize = 8;

/// Ids of trials, each once, in this order; an id names a setting, so that the same blend is the same trial again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Members(Vec<String>);

impl Members {
    /// All of them.
    pub fn ids(&self) -> &[String] {
        &self.0
    }
}

impl TryFrom<Vec<String>> for Members {
    type Error = String;

    fn try_from(ids: Vec<String>) -> Result<Self, String> {
        let is_id = |id: &&String| id.len() == DIGITS && id.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'));
        if let Some(id) = ids.iter().find(|id| !is_id(id)) {
            return Err(format!(
                "`{id}` is not the id of a trial; expected {DIGITS} digits and letters from a to f, as `hourglass list` shows them; \
                 `hourglass blend` takes runs by any name and writes their ids"
            ));
        }
        match (ids.iter().enumerate()).find(|(place, id)| ids[..*place].contains(id)) {
            _ if ids.is_empty() => Err("no member; expected the id of at least one finished trial".to_owned()),
            Some((_, id)) => Err(format!("{id} is listed twice; list it once")),
            None => Ok(Self(ids)),
        }
    }
}

impl From<Members> for Vec<String> {
    fn from(members: Members) -> Self {
        members.0
    }
}
