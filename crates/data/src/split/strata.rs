//! Ratings in strata, of which each gives to every part in proportion, as in scikit-learn's `train_test_split`.

use super::apportion::apportion;
use crate::{Error, Fraction, Interactions, Rating};
use rand::Rng;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

/// Whose ratings are divided in proportion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stratify {
    /// Each item's; an item with two ratings or more keeps one to train on.
    Item,
    /// Nobody's: all ratings are divided as one.
    None,
    /// Each user's; a user with two ratings or more keeps one to train on.
    User,
}

impl Stratify {
    /// The places of the ratings by whom they are divided, ascending.
    pub(super) fn places(self, interactions: &Interactions) -> Vec<Vec<usize>> {
        let (count, stratum_of): (usize, fn(&Rating) -> u32) = match self {
            Self::Item => (interactions.items.len(), |rating| rating.item),
            Self::None => (1, |_| 0),
            Self::User => (interactions.users.len(), |rating| rating.user),
        };
        let mut strata = vec![Vec::new(); count];
        for (place, rating) in interactions.ratings.iter().enumerate() {
            strata[stratum_of(rating) as usize].push(place);
        }
        strata
    }
}

/// The ratings that are not given to a part yet.
pub(super) struct Strata {
    /// Where the settings are, for errors.
    table: &'static str,
    stratify: Stratify,
    /// The places of the ratings that are left, shuffled.
    left: Vec<Vec<usize>>,
    /// How many there were at first.
    sizes: Vec<usize>,
}

impl Strata {
    pub(super) fn new(
        table: &'static str,
        interactions: &Interactions,
        stratify: Stratify,
        random: &mut impl Rng,
    ) -> Self {
        let mut left = stratify.places(interactions);
        left.iter_mut().for_each(|stratum| stratum.shuffle(random));
        Self { table, stratify, sizes: left.iter().map(Vec::len).collect(), left }
    }

    /// Leaves only some places.
    pub(super) fn retain(&mut self, kept: impl Fn(usize) -> bool) {
        self.left.iter_mut().for_each(|stratum| stratum.retain(|&place| kept(place)));
    }

    /// Takes one of `folds` parts, whose sizes differ by one at most, in all and in each stratum.
    pub(super) fn take_fold(&mut self, fold: usize, folds: usize) -> Vec<usize> {
        // Dealt on from one stratum to the next, not anew, so that no fold gets the odd one of every stratum.
        let mut dealt = (0..folds).cycle();
        let strata = self.left.iter_mut();
        strata.flat_map(|stratum| stratum.extract_if(.., |_| dealt.next() == Some(fold)).collect::<Vec<_>>()).collect()
    }

    /// Takes a fraction of all that is left, for the setting `part`.
    pub(super) fn take(
        &mut self,
        part: &'static str,
        fraction: Fraction,
        random: &mut impl Rng,
    ) -> Result<Vec<usize>, Error> {
        let left: Vec<usize> = self.left.iter().map(Vec::len).collect();
        let total = fraction.of(left.iter().sum());
        let keep_one = |size: usize| size > 1 && self.stratify != Stratify::None;
        let can_give = |(&left, &size): (&usize, &usize)| left.saturating_sub(usize::from(keep_one(size)));
        let capacities: Vec<usize> = left.iter().zip(&self.sizes).map(can_give).collect();
        let capacity = capacities.iter().sum();
        if total > capacity {
            let (table, fraction) = (self.table, fraction.into());
            return Err(Error::StrataTooSmall { table, part, fraction, total, capacity });
        }
        let counts = apportion(&left, &capacities, total, random);
        Ok(self.left.iter_mut().zip(counts).flat_map(|(stratum, count)| stratum.drain(..count)).collect())
    }
}
