//! Ratings are hidden when the model is asked for them, but it **has learned from them**: all ratings train.
//!
//! What this measures is reconstruction, how well the model fills gaps in rows that it knows, and not prediction. A model
//! that has memorised its training part does well here. It is there to reproduce programs that evaluate in this way; its
//! numbers must not be compared with those of any other split.

use super::{HeldOut, Split};
use crate::{Fraction, Interactions};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

/// How much is hidden.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The probability with which a rating is hidden, and asked for, at the test.
    pub test: Fraction,
    /// The same at a validation; the two hide ratings independently of each other.
    pub validation: Fraction,
    /// The split's own seed; the models' seeds do not touch it.
    pub seed: u64,
}

impl Default for Config {
    fn default() -> Self {
        let fraction = |value| Fraction::try_from(value).expect("a number below 1");
        Self { test: fraction(0.2), validation: fraction(0.0), seed: 42 }
    }
}

impl Config {
    /// Everything to train on, and what is hidden of it.
    pub(super) fn split(&self, interactions: &Interactions) -> Split {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(self.seed);
        // The test first, so that it does not depend on the validation.
        let test = mask(interactions, self.test, &mut random);
        let validation = mask(interactions, self.validation, &mut random);
        Split { train: interactions.matrix(), validation, test }
    }
}

/// Hides each rating with this probability, and shows the rest.
fn mask(interactions: &Interactions, probability: Fraction, random: &mut Xoshiro256PlusPlus) -> HeldOut {
    let probability = f64::from(probability);
    let hidden: Vec<bool> = interactions.ratings.iter().map(|_| random.random::<f64>() < probability).collect();
    let part = |wanted: bool| {
        let marked = interactions.ratings.iter().zip(&hidden);
        interactions.matrix_of(marked.filter(move |(_, hidden)| **hidden == wanted).map(|(rating, _)| rating))
    };
    let ratings = part(true);
    let fold_in = (!ratings.is_empty()).then(|| part(false));
    HeldOut { fold_in, ratings }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interactions::tests::interactions;

    #[test]
    fn everything_trains_and_what_is_hidden_is_asked_for() {
        let data = interactions(&(0..1000).map(|place| (place / 50, place % 50, place as f32)).collect::<Vec<_>>());
        let split = toml::from_str::<Config>("validation = 0.5").unwrap().split(&data);
        assert_eq!(split.train, data.matrix());
        // Five standard deviations of a binomial variable on either side.
        for (part, expected, slack) in [(&split.test, 200, 64), (&split.validation, 500, 80)] {
            assert!(part.ratings.len().abs_diff(expected) < slack, "{}", part.ratings.len());
            let shown = part.fold_in.as_ref().unwrap();
            let mut both: Vec<_> = part.ratings.entries().chain(shown.entries()).collect();
            both.sort_by_key(|&(user, item, _)| (user, item));
            assert!(both.into_iter().eq(split.train.entries()));
        }
        let without = Config::default().split(&data);
        assert_eq!(without.test, split.test);
        assert!(without.validation.ratings.is_empty() && without.validation.fold_in.is_none());
    }
}
