//! Made-up ratings in which there is nothing to learn: who rates what, and how, are both drawn uniformly.
//!
//! The defaults are a toy that is in use: 10,000 × 500 draws of `randint(0, 6)`, each then made 0 with probability 0.8,
//! where 0 stands for unobserved. Five of the six values are not 0 and a fifth of them stays, so that a pair is observed with
//! probability 5/6 × 1/5 = 1/6, and its rating is any of 1 to 5. A binary matrix of `randint(0, 2)` is `values = [1]` with
//! `density = 0.5`.

use super::raw::{Description, Names, Raw, RawRating};
use crate::{Error, Finite, Fraction, Scale};
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

/// How large the data is, and which ratings there are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The number of users.
    pub users: NonZeroU32,
    /// The number of items.
    pub items: NonZeroU32,
    /// What a rating can be, each as often as the others.
    pub values: Vec<Finite>,
    /// The probability that a user has rated an item.
    pub density: Fraction,
    /// The seed of everything drawn.
    pub seed: u64,
}

impl Default for Config {
    fn default() -> Self {
        let count = |count| NonZeroU32::new(count).expect("a count above 0");
        Self {
            users: count(10_000),
            items: count(500),
            values: [1.0, 2.0, 3.0, 4.0, 5.0].map(|value: f32| value.try_into().expect("a finite value")).to_vec(),
            density: Fraction::try_from(1.0 / 6.0).expect("a fraction"),
            seed: 42,
        }
    }
}

impl Config {
    pub(super) fn generate(&self) -> Result<Raw, Error> {
        let values: Vec<f32> = self.values.iter().copied().map(f32::from).collect();
        if values.is_empty() {
            return Err(Error::NoValues);
        }
        let mut random = Xoshiro256PlusPlus::seed_from_u64(self.seed);
        let mut ratings = Vec::new();
        for user in 0..self.users.get() {
            for item in 0..self.items.get() {
                if random.random_bool(self.density.into()) {
                    let value = *values.choose(&mut random).expect("some values");
                    ratings.push(RawRating { user, item, value });
                }
            }
        }
        Ok(Raw {
            users: Names::numbered(self.users.get()),
            items: Names::numbered(self.items.get()),
            ratings,
            scale: Some(Scale::of(values.iter().copied())),
            described_users: Description::numbered(self.users.get()),
            described_items: Description::numbered(self.items.get()),
            noise_floor: Some(spread(&values)),
            ..Raw::default()
        })
    }
}

/// The standard deviation of the values: nothing predicts better than their mean.
fn spread(values: &[f32]) -> f64 {
    let mean =
        |of: &dyn Fn(f64) -> f64| values.iter().map(|&value| of(value.into())).sum::<f64>() / values.len() as f64;
    let middle = mean(&|value| value);
    mean(&|value| (value - middle).powi(2)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Interactions, RatingsConfig};

    fn interactions(config: &str, ratings: &str) -> Interactions {
        let ratings: RatingsConfig = toml::from_str(ratings).unwrap();
        ratings.apply(toml::from_str::<Config>(config).unwrap().generate().unwrap()).unwrap()
    }

    #[test]
    fn a_sixth_of_the_toy_is_observed_and_each_value_is_as_frequent() {
        let data = interactions("", "");
        assert_eq!((data.users.len(), data.items.len()), (10_000, 500));
        let expected = 5_000_000.0 / 6.0;
        // The standard deviation is 833 for all, and 365 for one of the values: these bounds are six of them.
        assert!((data.ratings.len() as f64 - expected).abs() < 5_000.0, "{}", data.ratings.len());
        for value in 1..=5 {
            let count = data.ratings.iter().filter(|rating| rating.value == value as f32).count();
            assert!((count as f64 - expected / 5.0).abs() < 2_400.0, "{count} ratings of {value}");
        }
        assert_eq!(data.noise_floor, Some(2.0_f64.sqrt()));
        assert_eq!(data.scale.map(<[f32; 2]>::from), Some([1.0, 5.0]));
    }

    #[test]
    fn a_binary_matrix_has_ones_only() {
        let data = interactions("users = 1000\nitems = 100\nvalues = [1]\ndensity = 0.5", "");
        assert!((48_000..52_000).contains(&data.ratings.len()));
        assert!(data.ratings.iter().all(|rating| rating.value == 1.0));
    }

    #[test]
    fn the_catalogue_can_hold_all_that_are_declared() {
        let sparse = "users = 50\nitems = 40\ndensity = 0.01";
        assert!(interactions(sparse, "").users.len() < 50);
        let all = interactions(sparse, "catalogue = \"listed\"");
        assert_eq!((all.users.len(), all.items.len()), (50, 40));
    }

    #[test]
    fn the_seed_decides() {
        let with_seed = |seed| interactions(&format!("users = 50\nitems = 40\nseed = {seed}"), "");
        assert_eq!(with_seed(7), with_seed(7));
        assert_ne!(with_seed(7).fingerprint(), with_seed(8).fingerprint());
    }
}
