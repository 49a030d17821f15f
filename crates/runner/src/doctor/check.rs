//! A question that is asked of every setting.

use serde::Serialize;

use super::Setting;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// A number is not what its name says.
    Wrong,
    /// A number may be too good, or compared with what it cannot be compared with.
    Doubtful,
    /// Worth a sentence beside the number.
    Note,
}

/// One question.
pub struct Check {
    /// Its name.
    pub name: &'static str,
    /// The number of the trap of `docs/traps.md` that it belongs to.
    pub trap: Option<u8>,
    /// Why it matters.
    pub why: &'static str,
    /// The answer, if there is something to question.
    pub look: fn(&Setting<'_>) -> Option<Raised>,
}

/// What there is to question.
pub struct Raised {
    /// How much it weighs.
    pub severity: Severity,
    /// The dotted path of what would have to change.
    pub key: String,
    /// What there is to question.
    pub says: String,
    /// What would settle it.
    pub remedy: String,
}

impl Severity {
    /// In a line.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Wrong => "wrong",
            Severity::Doubtful => "doubtful",
            Severity::Note => "note",
        }
    }

    /// Raises it.
    pub(super) fn at(self, key: &str, says: impl Into<String>, remedy: impl Into<String>) -> Option<Raised> {
        Some(Raised { severity: self, key: key.to_owned(), says: says.into(), remedy: remedy.into() })
    }
}
