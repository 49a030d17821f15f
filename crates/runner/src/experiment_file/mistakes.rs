//! All mistakes of a document at once: serde stops at the first, so what is wrong is taken out, and the rest is read again.

use serde::Deserialize;
use toml::de::{DeTable, DeValue, Deserializer};
use toml::{Spanned, de};

use super::document::{Document, Mistake, Step};
use super::inheritance::EXTENDS;
use crate::config_error::did_you_mean;
use crate::spec::Spec;

/// What stands for a section that is missing or wrong as a whole, while the others are looked at.
const STAND_IN: &str = r#"
name = "experiment"
data = { synthetic = {} }
split = { random = {} }
model = { autoencoder = {} }
input = { rows = "users" }
"#;

/// More mistakes than anybody reads.
const MOST: usize = 100;

/// The experiment, or all that is wrong with it. Of a file that is a part of an experiment (`partly`), names and types alone are
/// looked at, because other files may have what it lacks.
pub(super) fn read(document: &Document<'_>, partly: bool) -> Result<Spec, Vec<Mistake>> {
    let mut reading =
        Reading { document, partly, table: document.table.clone(), found: Vec::new(), removed: Vec::new() };
    reading.table.get_mut().remove(EXTENDS);
    let mut rest = Ok(());
    for _ in 0..MOST {
        match Spec::deserialize(Deserializer::from(reading.table.clone())) {
            Ok(spec) if reading.found.is_empty() => return Ok(spec),
            Ok(_) => break,
            Err(error) => {
                rest = reading.note(&error);
                if rest.is_err() {
                    break;
                }
            }
        }
    }
    if reading.found.is_empty() {
        reading.found.extend(rest.err());
    }
    Err(reading.found)
}

struct Reading<'a, 'd> {
    document: &'d Document<'a>,
    partly: bool,
    /// What is left of it.
    table: Spanned<DeTable<'a>>,
    found: Vec<Mistake>,
    removed: Vec<Vec<Step>>,
}

impl Reading<'_, '_> {
    /// Notes a mistake unless it follows from an earlier one, and takes it out.
    ///
    /// # Errors
    /// With the mistake if it cannot be taken out.
    fn note(&mut self, error: &de::Error) -> Result<(), Mistake> {
        let span = error.span().unwrap_or_default();
        let steps = self.document.steps_to(&span);
        let missing = error.message().strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
        let mistake = || self.document.mistake(span.clone(), &steps, error.message());
        let counts = match missing {
            Some(key) => !self.partly && !self.has_lost(&steps, key),
            None if self.partly => ["unknown ", "invalid "].iter().any(|kind| error.message().starts_with(kind)),
            None => !self.removed.iter().any(|gone| gone.len() > steps.len() && gone.starts_with(&steps)),
        };
        let mistake = mistake();
        if !steps.is_empty() {
            Document::remove(self.table.get_mut(), &steps);
            self.removed.push(steps);
        } else if !missing.is_some_and(|key| self.stand_in(key)) {
            return Err(mistake);
        }
        if counts {
            self.found.push(mistake);
        }
        Ok(())
    }

    /// Whether the key was there, wrong or misspelt, before it was taken out.
    fn has_lost(&self, steps: &[Step], key: &str) -> bool {
        self.removed.iter().any(|gone| match gone.split_last() {
            Some((Step::Key(last), above)) => above == steps && !did_you_mean(last, [key].into_iter()).is_empty(),
            _ => false,
        })
    }

    /// Puts something right in the place of a section; whether there is something.
    fn stand_in(&mut self, key: &str) -> bool {
        let stand_in = DeTable::parse(STAND_IN).expect("it is TOML").into_inner();
        let entry = stand_in.into_iter().find(|(known, _)| known.get_ref() == key);
        entry.map(|(key, value): (_, Spanned<DeValue<'static>>)| self.table.get_mut().insert(key, value)).is_some()
    }
}
