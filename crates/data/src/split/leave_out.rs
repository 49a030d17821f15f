//! Leave one out (He et al. 2017, WWW, "Neural Collaborative Filtering"), or leave `count` out.

use super::strata::Stratify;
use super::{Role, assign, times};
use crate::{Error, Interactions};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

/// How many ratings of each user are held out, and which.
///
/// A user who would keep none to train on keeps all of them, and is neither tested nor validated on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// How many of each user's ratings are tested on.
    pub count: NonZeroU32,
    /// How many of each user's ratings are validated on; without it, as many as are tested on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation: Option<u32>,
    /// Which are taken.
    pub by: By,
    /// The split's own seed; the models' seeds do not touch it.
    pub seed: u64,
}

/// In what order a user's ratings are taken, the last ones first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// At random.
    Random,
    /// By time: the last are tested on, those before them are validated on. Of two ratings with the same time, the one
    /// whose item has the later id counts as the later one.
    Time,
}

impl Default for Config {
    fn default() -> Self {
        Self { count: NonZeroU32::MIN, validation: None, by: By::Time, seed: 42 }
    }
}

impl Config {
    pub(super) fn roles(&self, interactions: &Interactions) -> Result<Vec<Role>, Error> {
        let test = self.count.get() as usize;
        let validation = self.validation.unwrap_or(self.count.get()) as usize;
        let mut random = Xoshiro256PlusPlus::seed_from_u64(self.seed);
        let mut users = Stratify::User.places(interactions);
        match self.by {
            By::Random => users.iter_mut().for_each(|places| places.shuffle(&mut random)),
            By::Time => {
                let remedy = "set split.leave-out.by = \"random\"";
                let times = times(interactions, "split.leave-out.by = \"time\"", remedy)?;
                // A stable sort of places that ascend by item.
                users.iter_mut().for_each(|places| places.sort_by_key(|&place| times[place]));
            }
        }
        let mut roles = vec![Role::Train; interactions.ratings.len()];
        for places in users.iter().filter(|places| places.len() > test + validation) {
            let (rest, tested) = places.split_at(places.len() - test);
            assign(&mut roles, tested, Role::Test);
            assign(&mut roles, &rest[rest.len() - validation..], Role::Validation);
        }
        Ok(roles)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interactions::tests::interactions;
    use Role::{Test, Train, Validation};

    #[test]
    fn the_last_ratings_of_each_user_are_taken() {
        // User 0 has four ratings, of which two have the same time; user 1 has two.
        let mut data = interactions(&[0, 1, 2, 3, 4, 5].map(|item| (u32::from(item > 3), item, 3.0)));
        data.times = vec![40, 30, 40, 10, 1, 2];
        let cases: [(&str, [Role; 6]); 4] = [
            ("", [Validation, Train, Test, Train, Train, Train]),
            ("validation = 0", [Train, Train, Test, Train, Train, Test]),
            ("count = 2\nvalidation = 1", [Test, Validation, Test, Train, Train, Train]),
            ("count = 2", [Train; 6]),
        ];
        for (lines, expected) in cases {
            assert_eq!(toml::from_str::<Config>(lines).unwrap().roles(&data).unwrap(), expected, "{lines}");
        }
    }

    #[test]
    fn random_ones_need_no_times() {
        let data = interactions(&(0..10).map(|place| (place / 5, place % 5, 3.0)).collect::<Vec<_>>());
        let error = Config::default().roles(&data).unwrap_err().to_string();
        assert_eq!(
            error,
            "split.leave-out.by = \"time\" needs the time of each rating, and the source has none; name the column of \
             times (data.delimited.columns.time), or set split.leave-out.by = \"random\""
        );
        let roles = |seed| Config { by: By::Random, seed, ..Config::default() }.roles(&data).unwrap();
        for user in roles(1).chunks(5) {
            let count = |wanted| user.iter().filter(|role| **role == wanted).count();
            assert_eq!([Train, Validation, Test].map(count), [3, 1, 1]);
        }
        assert!((0..20).any(|seed| roles(seed) != roles(1)));
    }
}
