//! A random split, stratified as scikit-learn's `train_test_split` is.
//!
//! The test part is `test` of all ratings, rounded up; the validation part is `validation` of what is left, rounded up:
//! `test = 0.1, validation = 0.1` gives 81 % to train on, 9 % to validate on and 10 % to test on.

use super::Split;
use super::apportion::apportion;
use crate::{Error, Fraction, Interactions, Rating};
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

/// How much goes where, and whose ratings are divided in proportion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The part of all ratings that is tested on.
    pub test: Fraction,
    /// The part of the ratings left after the test part that is validated on.
    pub validation: Fraction,
    /// Whose ratings are divided in proportion.
    pub stratify: Stratify,
    /// The split's own seed; the models' seeds do not touch it.
    pub seed: u64,
}

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

impl Default for Config {
    fn default() -> Self {
        let tenth = Fraction::try_from(0.1).expect("0.1 is a fraction");
        Self { test: tenth, validation: tenth, stratify: Stratify::User, seed: 42 }
    }
}

impl Config {
    /// Divides the ratings; depends on their order, the seed, and nothing else.
    ///
    /// The test part does not depend on `validation`.
    pub(super) fn split(&self, interactions: &Interactions) -> Result<Split, Error> {
        let mut strata = self.strata(interactions);
        let mut random = Xoshiro256PlusPlus::seed_from_u64(self.seed);
        for stratum in &mut strata {
            stratum.shuffle(&mut random);
        }
        let sizes: Vec<usize> = strata.iter().map(Vec::len).collect();
        let tested = self.take("split.random.test", self.test, &sizes, &sizes, &mut random)?;
        let left: Vec<usize> = sizes.iter().zip(&tested).map(|(size, taken)| size - taken).collect();
        let validated = self.take("split.random.validation", self.validation, &left, &sizes, &mut random)?;
        if left.iter().sum::<usize>() == validated.iter().sum() {
            let (test, validation) = (self.test.into(), self.validation.into());
            return Err(Error::NoTrainingRatings { ratings: interactions.ratings.len(), test, validation });
        }
        // A stratum is shuffled already: its first ratings are the test's, the next the validation's.
        let part = |range: fn(usize, usize, usize) -> std::ops::Range<usize>| {
            let counts = tested.iter().zip(&validated);
            let chosen =
                strata.iter().zip(counts).flat_map(move |(stratum, (&t, &v))| &stratum[range(t, v, stratum.len())]);
            interactions.matrix_of(chosen.copied())
        };
        Ok(Split {
            train: part(|test, validation, all| test + validation..all),
            validation: part(|test, validation, _| test..test + validation),
            test: part(|test, _, _| 0..test),
        })
    }

    /// The ratings by whom they are divided, each in file order.
    fn strata<'a>(&self, interactions: &'a Interactions) -> Vec<Vec<&'a Rating>> {
        let (count, stratum_of): (usize, fn(&Rating) -> u32) = match self.stratify {
            Stratify::Item => (interactions.items.len(), |rating| rating.item),
            Stratify::None => (1, |_| 0),
            Stratify::User => (interactions.users.len(), |rating| rating.user),
        };
        let mut strata = vec![Vec::new(); count];
        for rating in &interactions.ratings {
            strata[stratum_of(rating) as usize].push(rating);
        }
        strata
    }

    /// How many of the ratings `left` in each stratum go to the part named `key`, which gets `fraction` of them.
    fn take(
        &self,
        key: &'static str,
        fraction: Fraction,
        left: &[usize],
        sizes: &[usize],
        random: &mut impl Rng,
    ) -> Result<Vec<usize>, Error> {
        let fraction = f64::from(fraction);
        // 0.07 * 100 is 7.000000000000001 and not eight ratings.
        let total = (fraction * left.iter().sum::<usize>() as f64 - 1e-9).ceil() as usize;
        let keep_one = |size: usize| size > 1 && self.stratify != Stratify::None;
        let capacities: Vec<usize> =
            left.iter().zip(sizes).map(|(&left, &size)| left - usize::from(keep_one(size))).collect();
        let capacity = capacities.iter().sum();
        if total > capacity {
            return Err(Error::StrataTooSmall { key, fraction, total, capacity });
        }
        Ok(apportion(left, &capacities, total, random))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interactions::tests::interactions;
    use proptest::collection::btree_set;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn config(test: f64, validation: f64, stratify: Stratify) -> Config {
        let [test, validation] = [test, validation].map(|part| part.try_into().unwrap());
        Config { test, validation, stratify, seed: 3 }
    }

    /// `counts[u]` ratings by user `u`, each with another value.
    fn users_with(counts: &[u32]) -> Interactions {
        let pairs = (0..).zip(counts).flat_map(|(user, &count)| (0..count).map(move |item| (user, item)));
        interactions(&pairs.zip(0..).map(|((user, item), value)| (user, item, value as f32)).collect::<Vec<_>>())
    }

    fn sizes(split: &Split) -> [usize; 3] {
        [&split.train, &split.validation, &split.test].map(crate::Csr::len)
    }

    #[test]
    fn the_parts_have_exact_sizes() {
        let cases = [
            (0.1, 0.1, Stratify::User, [81, 9, 10]),
            (0.1, 0.1, Stratify::None, [81, 9, 10]),
            (0.07, 0.0, Stratify::Item, [93, 0, 7]),
            (0.2, 0.25, Stratify::User, [60, 20, 20]),
            (0.0, 0.0, Stratify::User, [100, 0, 0]),
            (0.101, 0.1, Stratify::User, [80, 9, 11]),
        ];
        let data = users_with(&[10, 20, 30, 40]);
        for (test, validation, stratify, expected) in cases {
            let config = config(test, validation, stratify);
            assert_eq!(sizes(&config.split(&data).unwrap()), expected, "{config:?}");
        }
    }

    #[test]
    fn what_cannot_be_split_is_an_error() {
        let nothing_left =
            "split.random: test = 0.9 and validation = 0.9 leave none of the 3 ratings to train on; lower them";
        let nothing_at_all =
            "split.random: test = 0.1 and validation = 0.1 leave none of the 0 ratings to train on; lower them";
        let pairs = "split.random.test = 0.6 asks for 4 ratings, but only 3 can be taken when every user or item with two \
                     ratings or more keeps one to train on; lower it, or set split.random.stratify = \"none\"";
        let cases: [(&[u32], _, _); 3] = [
            (&[1, 1, 1], config(0.9, 0.9, Stratify::None), nothing_left),
            (&[], config(0.1, 0.1, Stratify::User), nothing_at_all),
            (&[2, 2, 2], config(0.6, 0.0, Stratify::User), pairs),
        ];
        for (users, config, expected) in cases {
            assert_eq!(config.split(&users_with(users)).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn another_seed_or_a_changed_value_is_another_fingerprint() {
        let data = users_with(&[10, 10]);
        let config = Config::default();
        let original = config.split(&data).unwrap().fingerprint();
        assert_eq!(config.split(&data).unwrap().fingerprint(), original);
        let reseeded = Config { seed: 43, ..config.clone() };
        assert_ne!(reseeded.split(&data).unwrap().fingerprint(), original);
        let mut changed = data;
        changed.ratings[7].value += 0.5;
        assert_ne!(config.split(&changed).unwrap().fingerprint(), original);
    }

    #[test]
    fn configurations_with_mistakes_do_not_parse() {
        let cases = [
            ("test = 1.0", "must be at least 0 and below 1, not 1"),
            ("tset = 0.1", "unknown field `tset`, expected one of `test`, `validation`, `stratify`, `seed`"),
            ("stratify = \"users\"", "unknown variant `users`, expected one of `item`, `none`, `user`"),
        ];
        for (line, expected) in cases {
            assert_eq!(toml::from_str::<Config>(line).unwrap_err().message(), expected);
        }
        assert_eq!(toml::from_str::<Config>("").unwrap(), Config::default());
    }

    prop_compose! {
        fn any_data()(pairs in btree_set((0_u32..8, 0_u32..30), 20..150)) -> Interactions {
            let numbered = pairs.iter().zip(0..).map(|(&(user, item), value)| (user, item, value as f32));
            interactions(&numbered.collect::<Vec<_>>())
        }
    }

    fn any_config() -> impl Strategy<Value = Config> {
        let stratify = prop_oneof![Just(Stratify::Item), Just(Stratify::None), Just(Stratify::User)];
        (0.0..0.35, 0.0..0.35, stratify, any::<u64>())
            .prop_map(|(test, validation, stratify, seed)| Config { seed, ..config(test, validation, stratify) })
    }

    proptest! {
        #[test]
        fn the_parts_are_a_partition(data in any_data(), config in any_config()) {
            // Items with two or three ratings can be too many for the part that is asked for.
            if let Ok(split) = config.split(&data) {
                let mut parts: Vec<(u32, u32, u32)> = [&split.train, &split.validation, &split.test]
                    .into_iter()
                    .flat_map(|part| part.entries().map(|(user, item, value)| (user, item, value as u32)))
                    .collect();
                parts.sort_unstable();
                let mut all: Vec<_> = data.ratings.iter().map(|r| (r.user, r.item, r.value as u32)).collect();
                all.sort_unstable();
                prop_assert_eq!(parts, all);
            }
        }

        #[test]
        fn every_user_gives_in_proportion_and_keeps_one(data in any_data(), seed: u64) {
            let config = Config { seed, ..config(0.2, 0.1, Stratify::User) };
            let split = config.split(&data).unwrap();
            let share = split.test.len() as f64 / data.ratings.len() as f64;
            let all = data.matrix();
            for user in 0..all.rows() {
                let expected = share * all.row(user).len() as f64;
                prop_assert!((split.test.row(user).len() as f64 - expected).abs() < 2.0);
                prop_assert!(all.row(user).len() < 2 || !split.train.row(user).is_empty());
            }
        }

        #[test]
        fn the_test_part_does_not_depend_on_the_validation_part(data in any_data(), seed: u64) {
            let test = |validation| Config { seed, ..config(0.1, validation, Stratify::User) }.split(&data).unwrap().test;
            prop_assert_eq!(test(0.0), test(0.25));
        }
    }

    #[test]
    fn two_seeds_choose_different_ratings() {
        let data = users_with(&[50]);
        let tests: BTreeSet<Vec<u32>> = (0..5)
            .map(|seed| Config { seed, ..Config::default() }.split(&data).unwrap().test.row(0).columns.to_vec())
            .collect();
        assert_eq!(tests.len(), 5);
    }
}
