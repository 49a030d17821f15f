//! Which ratings a model learns from, which it is selected on, and which it is judged on.
//!
//! | `[split.…]` | What is held out |
//! | --- | --- |
//! | `random` | a fraction at random, of each user (or item) in proportion |
//! | `folds` | one of `k` equal parts: cross-validation, swept by `"split.folds.fold" = [1, 2, 3, 4, 5]` |
//! | `leave-out` | so many ratings of each user: the last ones, or random ones |
//! | `temporal` | the latest fraction of all ratings, or of each user's |
//! | `temporal-cut` | what was rated from a fixed time on |
//! | `files` | what was read from files of given names |
//! | `rows` | lines of the source whose numbers are listed in files |
//! | `held-out-users` | all ratings of some users, of which a part is shown to the model when it is asked for the rest |
//! | `masked` | nothing: some of what is learned from is hidden when the model is asked; measures reconstruction |
//!
//! Whatever is drawn at random depends on the ratings and the split's own seed, and on no order of lines. A `validation`
//! fraction is one of what is left after the test part.

mod apportion;
pub mod files;
pub mod folds;
pub mod held_out_users;
pub mod leave_out;
pub mod masked;
#[cfg(test)]
mod properties;
pub mod random;
pub mod rows;
mod strata;
pub mod temporal;
pub mod temporal_cut;

pub use strata::Stratify;

use crate::fingerprint::Fingerprint;
use crate::{Csr, Error, Interactions};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A way to divide ratings; written as `[split.random]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SplitConfig {
    /// By the files that the ratings were read from.
    Files(files::Config),
    /// Cross-validation.
    Folds(folds::Config),
    /// By users, of whom a part of the ratings is shown.
    HeldOutUsers(held_out_users::Config),
    /// So many ratings of each user.
    LeaveOut(leave_out::Config),
    /// Ratings that are learned from, and hidden when they are asked for.
    Masked(masked::Config),
    /// At random, each user (or item) in proportion.
    Random(random::Config),
    /// By the numbers of the lines.
    Rows(rows::Config),
    /// The latest fraction.
    Temporal(temporal::Config),
    /// What is later than a fixed time.
    TemporalCut(temporal_cut::Config),
}

/// What each rating is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Learned from.
    Train,
    /// Shown to the model when it is asked for validation ratings of a user it has not learned from.
    ValidationFoldIn,
    /// Choices are made on it.
    Validation,
    /// Shown to the model when it is asked for test ratings of a user it has not learned from.
    TestFoldIn,
    /// Read once, at the end.
    Test,
    /// Left out.
    Unused,
}

/// Ratings with different purposes, all `[users, items]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// What is learned from.
    pub train: Csr,
    /// What choices are made on.
    pub validation: HeldOut,
    /// What is read once, at the end.
    pub test: HeldOut,
}

/// Ratings that a model is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldOut {
    /// What the model is shown of the users when it is asked; `None` where that is their training ratings.
    pub fold_in: Option<Csr>,
    /// What it is asked for.
    pub ratings: Csr,
}

impl SplitConfig {
    /// Divides the ratings.
    ///
    /// # Errors
    ///
    /// If no rating would be left to learn from, or the ratings cannot be divided this way.
    pub fn split(&self, interactions: &Interactions) -> Result<Split, Error> {
        let by_roles = |roles: Vec<Role>| Split::new(interactions, &roles);
        let split = match self {
            Self::Files(config) => by_roles(config.roles(interactions)?),
            Self::Folds(config) => by_roles(config.roles(interactions)?),
            Self::HeldOutUsers(config) => by_roles(config.roles(interactions)),
            Self::LeaveOut(config) => by_roles(config.roles(interactions)?),
            Self::Masked(config) => config.split(interactions),
            Self::Random(config) => by_roles(config.roles(interactions)?),
            Self::Rows(config) => by_roles(config.roles(interactions)?),
            Self::Temporal(config) => by_roles(config.roles(interactions)?),
            Self::TemporalCut(config) => by_roles(config.roles(interactions)?),
        };
        if split.train.is_empty() {
            return Err(Error::NoTrainingRatings { split: self.written(), ratings: interactions.ratings.len() });
        }
        Ok(split)
    }

    /// `split.random: test = 0.1, validation = 0.1`, for errors.
    fn written(&self) -> String {
        let Ok(serde_json::Value::Object(split)) = serde_json::to_value(self) else { return "split".to_owned() };
        let settings = |fields: &serde_json::Value| {
            let fields = fields.as_object().into_iter().flatten();
            fields.map(|(key, value)| format!("{key} = {value}")).collect::<Vec<_>>().join(", ")
        };
        split.iter().map(|(name, fields)| format!("split.{name}: {}", settings(fields))).collect()
    }

    /// The files that say how to divide.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        match self {
            Self::Rows(config) => config.files(),
            _ => Vec::new(),
        }
    }
}

/// Gives a role to the ratings at some places.
fn assign(roles: &mut [Role], places: &[usize], role: Role) {
    places.iter().for_each(|&place| roles[place] = role);
}

/// When each rating was given, for the setting `key`.
fn times<'a>(interactions: &'a Interactions, key: &'static str, remedy: &'static str) -> Result<&'a [i64], Error> {
    let known = interactions.times.len() == interactions.ratings.len();
    known.then_some(interactions.times.as_slice()).ok_or(Error::NoTimes { key, remedy })
}

impl Split {
    /// Each rating to where its role puts it.
    fn new(interactions: &Interactions, roles: &[Role]) -> Self {
        let part = |wanted: Role| {
            let with_roles = interactions.ratings.iter().zip(roles);
            interactions.matrix_of(with_roles.filter(move |(_, role)| **role == wanted).map(|(rating, _)| rating))
        };
        let fold_in = |role| Some(part(role)).filter(|part| !part.is_empty());
        Self {
            train: part(Role::Train),
            validation: HeldOut { fold_in: fold_in(Role::ValidationFoldIn), ratings: part(Role::Validation) },
            test: HeldOut { fold_in: fold_in(Role::TestFoldIn), ratings: part(Role::Test) },
        }
    }

    /// 16 hexadecimal digits that change when any rating changes its value or its role.
    pub fn fingerprint(&self) -> String {
        let mut fingerprint = Fingerprint::default();
        let held_out = [&self.validation, &self.test];
        fingerprint.matrix(&self.train);
        held_out.iter().for_each(|part| fingerprint.matrix(&part.ratings));
        for part in held_out {
            if let Some(fold_in) = &part.fold_in {
                fingerprint.matrix(fold_in);
            }
        }
        fingerprint.finish()
    }
}
