//! Strong generalization (Liang et al. 2018, WWW, "Variational Autoencoders for Collaborative Filtering"): the model is
//! asked about users whom it has not learned from.
//!
//! Of a held-out user, a part of the ratings is shown to the model (the fold-in), and it is asked for the others. Only items
//! that a training user has rated count: held-out users' ratings of other items are left out. A held-out user who has fewer
//! than two ratings then, too few to show one and ask for one, is left out with them.

use super::strata::Stratify;
use super::{Role, assign};
use crate::{Fraction, Interactions};
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

/// How many users are held out, and how much is shown of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The part of the users that is tested on, rounded up. Users with fewer than two ratings do not count; they are
    /// learned from. (The original has filtered out those with fewer than five before: `ratings.minimum.per_user = 5`.)
    pub test: Fraction,
    /// The part of the users left that is validated on, rounded up.
    pub validation: Fraction,
    /// The part of a held-out user's ratings that is shown to the model, rounded up: at least one, and not all.
    pub fold_in: Fraction,
    /// The split's own seed; the models' seeds do not touch it.
    pub seed: u64,
}

impl Default for Config {
    fn default() -> Self {
        let fraction = |value| Fraction::try_from(value).expect("a number below 1");
        Self { test: fraction(0.1), validation: fraction(0.1), fold_in: fraction(0.8), seed: 42 }
    }
}

impl Config {
    pub(super) fn roles(&self, interactions: &Interactions) -> Vec<Role> {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(self.seed);
        let (mut users, too_small): (Vec<_>, Vec<_>) =
            Stratify::User.places(interactions).into_iter().partition(|places| places.len() > 1);
        users.shuffle(&mut random);
        let validated = users.split_off(self.test.of(users.len()));
        let (tested, mut validated) = (users, validated);
        let trained = validated.split_off(self.validation.of(validated.len()));

        let mut known = vec![false; interactions.items.len()];
        let item = |place: usize| interactions.ratings[place].item as usize;
        trained.iter().chain(&too_small).flatten().for_each(|&place| known[item(place)] = true);
        let mut roles = vec![Role::Train; interactions.ratings.len()];
        let parts = [(tested, Role::TestFoldIn, Role::Test), (validated, Role::ValidationFoldIn, Role::Validation)];
        for (users, shown, asked) in parts {
            for mut places in users {
                let unknown: Vec<usize> = places.extract_if(.., |&mut place| !known[item(place)]).collect();
                assign(&mut roles, &unknown, Role::Unused);
                self.fold_in(places, shown, asked, &mut roles, &mut random);
            }
        }
        roles
    }

    /// Divides the ratings of one user.
    fn fold_in(&self, mut places: Vec<usize>, shown: Role, asked: Role, roles: &mut [Role], random: &mut impl Rng) {
        if places.len() < 2 {
            return assign(roles, &places, Role::Unused);
        }
        places.shuffle(random);
        let count = self.fold_in.of(places.len()).clamp(1, places.len() - 1);
        assign(roles, &places[..count], shown);
        assign(roles, &places[count..], asked);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interactions::tests::interactions;
    use crate::{Split, SplitConfig};

    fn split(lines: &str, data: &Interactions) -> Split {
        SplitConfig::HeldOutUsers(toml::from_str(lines).unwrap()).split(data).unwrap()
    }

    /// How many ratings each of the users has who have any.
    fn sizes(matrix: &crate::Csr) -> Vec<usize> {
        (0..matrix.rows()).map(|user| matrix.row(user).len()).filter(|&size| size > 0).collect()
    }

    #[test]
    fn a_part_of_the_users_is_held_out_and_a_part_of_their_ratings_is_shown() {
        let data = interactions(&(0..200).map(|place| (place / 10, place % 10, 3.0)).collect::<Vec<_>>());
        let cases = [
            ("", [16, 2, 2], 8),
            ("test = 0.2\nvalidation = 0.25\nfold_in = 0.5", [12, 4, 4], 5),
            ("test = 0.21\nvalidation = 0\nfold_in = 0", [15, 0, 5], 1),
            ("test = 0.1\nvalidation = 0.06\nfold_in = 0.99", [16, 2, 2], 9),
        ];
        for (lines, [train, validation, test], shown) in cases {
            let split = split(lines, &data);
            assert_eq!(sizes(&split.train), vec![10; train], "{lines}");
            for (part, users) in [(&split.validation, validation), (&split.test, test)] {
                assert_eq!(sizes(&part.ratings), vec![10 - shown; users], "{lines}");
                assert_eq!(part.fold_in.as_ref().map(sizes).unwrap_or_default(), vec![shown; users], "{lines}");
            }
        }
    }

    #[test]
    fn small_users_train_and_unknown_items_are_left_out() {
        // Of the three users with two ratings or more, one is held out; item 9 is only user 0's, and user 3 has one rating.
        let pairs = [(0, 0), (0, 1), (0, 9), (1, 0), (1, 1), (2, 0), (2, 1), (3, 2)];
        let data = interactions(&pairs.map(|(user, item)| (user, item, 3.0)));
        for seed in 0..30 {
            let split = split(&format!("test = 0.3\nvalidation = 0\nseed = {seed}"), &data);
            assert_eq!(split.train.row(3).len(), 1);
            assert_eq!((sizes(&split.test.ratings), sizes(split.test.fold_in.as_ref().unwrap())), (vec![1], vec![1]));
            let held_out = (0..3).find(|&user| split.train.row(user).is_empty()).unwrap();
            let used = split.train.len() + 2;
            assert_eq!(used, if held_out == 0 { 7 } else { 8 }, "user {held_out}");
        }
    }
}
