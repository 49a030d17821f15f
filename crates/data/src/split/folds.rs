//! Cross-validation: every rating is tested on once, in one of `folds` trials.
//!
//! The folds are the same for every `fold`, so that an experiment that sweeps `"split.folds.fold" = [1, 2, 3, 4, 5]` tests
//! on all ratings, on each once. Their sizes differ by one at most, in all and of each user (or item).

use super::strata::{Strata, Stratify};
use super::{Role, assign};
use crate::{Error, Fraction, Interactions};
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

/// Into how many parts, and which of them is tested on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The number of parts: at least 2.
    pub folds: u32,
    /// The part that is tested on: 1 to `folds`.
    pub fold: u32,
    /// The part of the other folds' ratings that is validated on, drawn as [`random`](super::random) does.
    pub validation: Fraction,
    /// Whose ratings are divided in proportion.
    pub stratify: Stratify,
    /// The split's own seed; the models' seeds do not touch it.
    pub seed: u64,
}

impl Default for Config {
    fn default() -> Self {
        let validation = Fraction::try_from(0.1).expect("0.1 is a fraction");
        Self { folds: 5, fold: 1, validation, stratify: Stratify::User, seed: 42 }
    }
}

impl Config {
    pub(super) fn roles(&self, interactions: &Interactions) -> Result<Vec<Role>, Error> {
        let Self { folds, fold, validation, stratify, seed } = *self;
        let wrong = |key, accepted, value: u32| Err(Error::SplitSetting { key, accepted, value: value.to_string() });
        if folds < 2 {
            return wrong("split.folds.folds", "at least 2".to_owned(), folds);
        }
        if folds as usize > interactions.ratings.len() {
            let accepted = format!("at most {}, the number of ratings", interactions.ratings.len());
            return wrong("split.folds.folds", accepted, folds);
        }
        if !(1..=folds).contains(&fold) {
            return wrong("split.folds.fold", format!("1 to {folds}, the number of split.folds.folds"), fold);
        }
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut strata = Strata::new("split.folds", interactions, stratify, &mut random);
        let tested = strata.take_fold(fold as usize - 1, folds as usize);
        let validated = strata.take("validation", validation, &mut random)?;
        let mut roles = vec![Role::Train; interactions.ratings.len()];
        assign(&mut roles, &tested, Role::Test);
        assign(&mut roles, &validated, Role::Validation);
        Ok(roles)
    }
}

#[cfg(test)]
mod tests {
    use super::super::properties::any_data;
    use super::*;
    use proptest::prelude::*;

    /// Which ratings are tested on, in each fold.
    fn tested(data: &Interactions, config: &Config) -> Vec<Vec<usize>> {
        let fold = |fold| {
            let roles = Config { fold, ..config.clone() }.roles(data).unwrap();
            roles.iter().enumerate().filter(|(_, role)| **role == Role::Test).map(|(place, _)| place).collect()
        };
        (1..=config.folds).map(fold).collect()
    }

    proptest! {
        #[test]
        fn the_test_parts_of_all_folds_are_a_partition(
            data in any_data(),
            folds in 2_u32..12,
            stratify in prop_oneof![Just(Stratify::Item), Just(Stratify::None), Just(Stratify::User)],
            seed: u64,
        ) {
            let none = Fraction::try_from(0.0).unwrap();
            let tested = tested(&data, &Config { folds, stratify, seed, validation: none, fold: 1 });
            let mut all = tested.concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..data.ratings.len()).collect::<Vec<_>>());
            let even = |sizes: &[usize]| sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1;
            prop_assert!(even(&tested.iter().map(Vec::len).collect::<Vec<_>>()));
            for stratum in stratify.places(&data) {
                let size = |fold: &Vec<usize>| fold.iter().filter(|place| stratum.contains(place)).count();
                prop_assert!(even(&tested.iter().map(size).collect::<Vec<_>>()));
            }
        }
    }

    #[test]
    fn a_fold_that_does_not_exist_is_an_error() {
        let cases = [
            ("folds = 2\nfold = 0", "split.folds.fold must be 1 to 2, the number of split.folds.folds, not 0"),
            ("folds = 2\nfold = 3", "split.folds.fold must be 1 to 2, the number of split.folds.folds, not 3"),
            ("folds = 1", "split.folds.folds must be at least 2, not 1"),
            ("folds = 3", "split.folds.folds must be at most 2, the number of ratings, not 3"),
        ];
        let data = crate::interactions::tests::interactions(&[(0, 0, 1.0), (0, 1, 1.0)]);
        for (lines, expected) in cases {
            assert_eq!(toml::from_str::<Config>(lines).unwrap().roles(&data).unwrap_err().to_string(), expected);
        }
    }
}
