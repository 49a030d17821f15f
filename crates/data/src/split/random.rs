//! A random split, stratified as scikit-learn's `train_test_split` is.
//!
//! The test part is `test` of all ratings, rounded up; the validation part is `validation` of what is left, rounded up:
//! `test = 0.1, validation = 0.1` gives 81 % to train on, 9 % to validate on and 10 % to test on.

use super::strata::{Strata, Stratify};
use super::{Role, assign};
use crate::{Error, Fraction, Interactions};
use rand::SeedableRng;
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

impl Default for Config {
    fn default() -> Self {
        let tenth = Fraction::try_from(0.1).expect("0.1 is a fraction");
        Self { test: tenth, validation: tenth, stratify: Stratify::User, seed: 42 }
    }
}

impl Config {
    /// Depends on the ratings, the seed, and nothing else. Which are for the test does not depend on `validation`.
    pub(super) fn roles(&self, interactions: &Interactions) -> Result<Vec<Role>, Error> {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(self.seed);
        let mut strata = Strata::new("split.random", interactions, self.stratify, &mut random);
        let tested = strata.take("test", self.test, &mut random)?;
        let validated = strata.take("validation", self.validation, &mut random)?;
        let mut roles = vec![Role::Train; interactions.ratings.len()];
        assign(&mut roles, &tested, Role::Test);
        assign(&mut roles, &validated, Role::Validation);
        Ok(roles)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interactions::tests::interactions;
    use crate::{Split, SplitConfig};
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

    fn split(config: &Config, data: &Interactions) -> Split {
        SplitConfig::Random(config.clone()).split(data).unwrap()
    }

    fn sizes(split: &Split) -> [usize; 3] {
        [&split.train, &split.validation.ratings, &split.test.ratings].map(crate::Csr::len)
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
            assert_eq!(sizes(&split(&config, &data)), expected, "{config:?}");
        }
    }

    #[test]
    fn what_cannot_be_split_is_an_error() {
        let nothing_left = "split.random: seed = 3, stratify = \"none\", test = 0.9, validation = 0.9 leaves none of the 3 \
                            ratings to train on; hold out fewer";
        let nothing_at_all = "split.random: seed = 3, stratify = \"user\", test = 0.1, validation = 0.1 leaves none of the \
                              0 ratings to train on; hold out fewer";
        let pairs = "split.random.test = 0.6 asks for 4 ratings, but only 3 can be taken when every user or item with two \
                     ratings or more keeps one to train on; lower it, or set split.random.stratify = \"none\"";
        let cases: [(&[u32], _, _); 3] = [
            (&[1, 1, 1], config(0.9, 0.9, Stratify::None), nothing_left),
            (&[], config(0.1, 0.1, Stratify::User), nothing_at_all),
            (&[2, 2, 2], config(0.6, 0.0, Stratify::User), pairs),
        ];
        for (users, config, expected) in cases {
            let error = SplitConfig::Random(config).split(&users_with(users)).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn another_seed_or_a_changed_value_is_another_fingerprint() {
        let data = users_with(&[10, 10]);
        let config = Config::default();
        let original = split(&config, &data).fingerprint();
        assert_eq!(split(&config, &data).fingerprint(), original);
        let reseeded = Config { seed: 43, ..config.clone() };
        assert_ne!(split(&reseeded, &data).fingerprint(), original);
        let mut changed = data;
        changed.ratings[7].value += 0.5;
        assert_ne!(split(&config, &changed).fingerprint(), original);
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
            if let Ok(split) = SplitConfig::Random(config).split(&data) {
                let mut parts: Vec<(u32, u32, u32)> = [&split.train, &split.validation.ratings, &split.test.ratings]
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
            let split = split(&config, &data);
            let share = split.test.ratings.len() as f64 / data.ratings.len() as f64;
            let all = data.matrix();
            for user in 0..all.rows() {
                let expected = share * all.row(user).len() as f64;
                prop_assert!((split.test.ratings.row(user).len() as f64 - expected).abs() < 2.0);
                prop_assert!(all.row(user).len() < 2 || !split.train.row(user).is_empty());
            }
        }

        #[test]
        fn the_test_part_does_not_depend_on_the_validation_part(data in any_data(), seed: u64) {
            let test = |validation| split(&Config { seed, ..config(0.1, validation, Stratify::User) }, &data).test;
            prop_assert_eq!(test(0.0), test(0.25));
        }
    }

    #[test]
    fn two_seeds_choose_different_ratings() {
        let data = users_with(&[50]);
        let tests: BTreeSet<Vec<u32>> = (0..5)
            .map(|seed| split(&Config { seed, ..Config::default() }, &data).test.ratings.row(0).columns.to_vec())
            .collect();
        assert_eq!(tests.len(), 5);
    }
}
