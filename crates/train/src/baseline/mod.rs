//! Baselines: what recommends without layers, so that a table shows what an autoencoder buys.
//!
//! A baseline reads rows of users. It is fitted to the training ratings alone, by itself: in one go, or epoch by epoch, with the
//! same early stopping and selection as a network. What it predicts for a user follows from what is shown of that user, so that
//! held-out users are folded in without training wherever this is exact.
//!
//! A file is whole: configuration, formula, paper, estimator. Adding one is this file and an arm in `registry.rs`.

pub mod als;
mod array;
pub mod biases;
pub mod blend;
pub mod centring;
mod check;
pub mod ease;
pub mod edlae;
pub mod global_mean;
mod gram;
pub mod ials;
pub mod infinite_autoencoder;
mod inverse;
pub mod item_knn;
pub mod item_mean;
mod item_weights;
pub mod linear_variational;
pub mod matrix_factorisation;
pub mod neighbours;
mod normal_equations;
pub mod popularity;
mod predict;
pub mod similarity;
pub mod slim;
pub mod slope_one;
pub mod svd;
pub mod user_knn;
pub mod user_mean;

pub use array::Array;
pub use centring::Centring;
pub(crate) use check::{check, meaningless};
pub(crate) use predict::scores;

use hourglass_data::{Csr, Row, Times};
use hourglass_models::Dims;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::inputs::HeldOut;
use crate::{Error, Task};

/// What a baseline's configuration says of it. What has a default here is so of most.
pub trait Baseline {
    /// The estimator for this task, before it is fitted.
    fn estimator(&self, task: &Task<'_>) -> Box<dyn Estimator>;

    /// How much it keeps and needs.
    fn size(&self, dims: Dims) -> Size;

    /// Floating-point operations of an epoch of fitting to these ratings `[users, items]`, and of predicting them; those that wait
    /// for something count as many as take as long in a sum over rows of weights, with all threads.
    fn operations(&self, ratings: &Csr) -> f64;

    /// Whether it gets better from epoch to epoch; else it is fitted in one.
    fn learns_by_epochs(&self) -> bool {
        false
    }

    /// Whether its scores are ratings, and not only higher for what is liked more.
    fn predicts_ratings(&self) -> bool {
        true
    }

    /// Whether its scores are sums over what is shown, a part for each rating, and a constant.
    fn is_linear(&self) -> bool {
        false
    }

    /// The setting that asks for the times of ratings, if one does.
    fn needs_times(&self) -> Option<&'static str> {
        None
    }

    /// Whether it compares items by what is known of them.
    fn reads_items(&self) -> bool {
        false
    }

    /// Whether any item can be asked about, as lists of recommended items need.
    fn ranks(&self) -> bool {
        true
    }

    /// Whether users whom it has not learned from can be asked about.
    fn folds_in(&self) -> bool {
        true
    }

    /// Whether it can be fitted to these ratings.
    ///
    /// # Errors
    /// Names the key, why it does not fit, and what would.
    fn check(&self, _task: &Task<'_>) -> Result<(), String> {
        Ok(())
    }
}

/// How much memory a baseline takes, besides the ratings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Numbers of single precision that are learned.
    pub kept: u64,
    /// Bytes while it is fitted.
    pub fitting: u64,
}

impl Size {
    /// Of what needs next to nothing while it is fitted.
    pub(crate) fn kept(numbers: i64) -> Self {
        Self { kept: numbers as u64, fitting: 0 }
    }
}

/// A baseline at work.
pub trait Estimator: Send + Sync {
    /// What it has learned, under stable names; shapes do not change.
    fn arrays(&self) -> Vec<&Array>;

    /// The same, to be replaced; what follows from it is computed anew.
    fn arrays_mut(&mut self) -> Vec<&mut Array>;

    /// Fits it, or makes it better by an epoch (from 1). Depends on the arrays, the task and the epoch alone. Tells the loss, where
    /// there is one.
    ///
    /// # Errors
    /// When it cannot be fitted.
    fn learn(&mut self, task: &Task<'_>, epoch: usize) -> Result<Option<f64>, Error>;

    /// What it gives each of the items that a user is asked about.
    fn score(&self, asked: &Question<'_>, scores: &mut [f32]);

    /// What it gives the items that each of these users is asked about, as many for each `[users × items]`. The same numbers as
    /// of one user after the other.
    fn score_many(&self, asked: &[Question<'_>], scores: &mut [f32]) {
        let items = scores.len() / asked.len().max(1);
        let of_users = scores.par_chunks_mut(items.max(1)).zip(asked);
        of_users.for_each(|(scores, asked)| self.score(asked, scores));
    }

    /// Predictions for the stored entries that are asked for, row by row.
    fn predict(&self, task: &Task<'_>, asked: HeldOut<'_>) -> Vec<f32> {
        predict::by_user(task, self, asked)
    }
}

/// Items that a user is asked about, and what is known of the user.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// Whose training ratings these are; nothing, where it is learned from nobody who has these ratings at this place.
    pub known: Option<usize>,
    /// Of the user.
    pub shown: Row<'a>,
    /// In rising order.
    pub items: &'a [u32],
    /// When they rated what is shown, where that is known.
    pub when: Option<When<'a>>,
}

/// When a user has rated.
#[derive(Debug, Clone, Copy)]
pub struct When<'a> {
    /// Of all users.
    pub times: &'a Times,
    /// Who it is.
    pub user: u32,
    /// Whether they are asked about those moments at which they rated the items, or about some time to come.
    pub then: bool,
}

/// What neighbours and singular vectors are used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Predicts {
    /// How each item would be rated.
    Ratings,
    /// Which items come first.
    Lists,
}
