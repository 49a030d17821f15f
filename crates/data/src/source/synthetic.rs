//! Made-up ratings whose best reachable RMSE is known.
//!
//! `rating = 3 + squeeze(user bias + item bias + p·q) + noise`: a planted model of low rank (`p` and `q`
//! are vectors of the user's and the item's tastes) and noise on top. The noise is uniform, hence bounded, and `squeeze`
//! (a scaled tanh) keeps the rest so far from the ends of the scale that no rating has to be clipped. So nothing predicts
//! better, on average, than the planted model does, and its RMSE is the standard deviation of the noise.
//!
//! Users are active in log-normal measure, and items are chosen by Zipf's law.

use super::raw::{Names, Raw, RawRating};
use crate::{Error, NonNegative, Scale};
use rand::seq::SliceRandom;
use rand::{Rng, RngExt, SeedableRng};
use rand_distr::{Distribution, Exp1, LogNormal, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

/// The ratings lie on this scale and are not rounded.
const SCALE: Scale = Scale { minimum: 1.0, maximum: 5.0 };
const MIDDLE: f64 = 3.0;
const HALF_SCALE: f64 = 2.0;

/// Noise of this standard deviation leaves the planted model a quarter of a star on either side of the middle.
const MOST_NOISE: f64 = 1.0;

/// Nobody rates fewer items, unless there are fewer.
const FEWEST_RATINGS: usize = 10;

/// The spread of the logarithm of the number of ratings per user.
const ACTIVITY_SPREAD: f64 = 0.6;

/// The most popular item is chosen `n^ZIPF` times as often as the `n`-th.
const ZIPF: f64 = 0.7;

/// How large the data is, and what is planted in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The number of users.
    pub users: NonZeroU32,
    /// The number of items.
    pub items: NonZeroU32,
    /// The mean number of ratings per user.
    pub ratings_per_user: NonNegative,
    /// The number of tastes, which are what a bottleneck has to hold.
    pub rank: u32,
    /// The standard deviation of the user biases, in stars before the squeeze.
    pub user_bias: NonNegative,
    /// The standard deviation of the item biases, in stars before the squeeze.
    pub item_bias: NonNegative,
    /// The standard deviation of the products of tastes, in stars before the squeeze.
    pub taste: NonNegative,
    /// The standard deviation of the noise, in stars: the best reachable RMSE. At most 1.
    pub noise: NonNegative,
    /// The seed of everything drawn.
    pub seed: u64,
}

impl Default for Config {
    fn default() -> Self {
        let count = |count| NonZeroU32::new(count).expect("a count above 0");
        let size = |size: f64| NonNegative::try_from(size).expect("a size of at least 0");
        Self {
            users: count(800),
            items: count(400),
            ratings_per_user: size(50.0),
            rank: 6,
            user_bias: size(0.5),
            item_bias: size(0.6),
            taste: size(0.9),
            noise: size(0.5),
            seed: 7,
        }
    }
}

impl Config {
    pub(super) fn generate(&self) -> Result<Raw, Error> {
        self.check()?;
        let mut random = Xoshiro256PlusPlus::seed_from_u64(self.seed);
        let planted = Planted::draw(self, &mut random);
        let popularity = self.popularity(&mut random);
        let half_width = noise_half_width(self.noise);
        let mut ratings = Vec::new();
        for user in 0..self.users.get() {
            let count = self.activity(&mut random);
            for item in choose(&popularity, count, &mut random) {
                let noise = half_width * (2.0 * random.random::<f64>() - 1.0);
                ratings.push(RawRating { user, item, value: (planted.signal(user, item) + noise) as f32 });
            }
        }
        Ok(Raw {
            users: Names::numbered(self.users.get()),
            items: Names::numbered(self.items.get()),
            ratings,
            scale: Some(SCALE),
            noise_floor: Some(self.noise.into()),
            ..Raw::default()
        })
    }

    fn check(&self) -> Result<(), Error> {
        let at_most = |key, value: NonNegative, most: f64, why| {
            let value = f64::from(value);
            if value <= most { Ok(()) } else { Err(Error::TooLarge { key, value, most, why }) }
        };
        at_most("noise", self.noise, MOST_NOISE, "more does not fit on the scale")?;
        let items = f64::from(self.items.get());
        at_most("ratings_per_user", self.ratings_per_user, items, "the number of items")
    }

    /// The weight of each item when users choose.
    fn popularity(&self, random: &mut impl Rng) -> Vec<f64> {
        let mut weights: Vec<f64> = (1..=self.items.get()).map(|rank| f64::from(rank).powf(-ZIPF)).collect();
        weights.shuffle(random);
        weights
    }

    /// The number of ratings of one user.
    fn activity(&self, random: &mut impl Rng) -> usize {
        let median_to_mean = (ACTIVITY_SPREAD * ACTIVITY_SPREAD / 2.0).exp();
        let long_tail = LogNormal::new(0.0, ACTIVITY_SPREAD).expect("a spread above 0");
        let count = f64::from(self.ratings_per_user) / median_to_mean * long_tail.sample(random);
        let items = self.items.get() as usize;
        (count.round() as usize).max(FEWEST_RATINGS).min(items)
    }
}

/// Uniform noise in ±w has the standard deviation w/√3.
fn noise_half_width(standard_deviation: NonNegative) -> f64 {
    f64::from(standard_deviation) * 3.0_f64.sqrt()
}

/// `count` different items, ascending, drawn by weight: those whose clock rings first when item `i` rings at the rate
/// `weights[i]` (Efraimidis and Spirakis 2006).
fn choose(weights: &[f64], count: usize, random: &mut impl Rng) -> Vec<u32> {
    let ring = |weight: &f64| Distribution::<f64>::sample(&Exp1, random) / weight;
    let mut times: Vec<(f64, u32)> = weights.iter().map(ring).zip(0..).collect();
    times.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let mut items: Vec<u32> = times.iter().take(count).map(|&(_, item)| item).collect();
    items.sort_unstable();
    items
}

/// What the ratings would be without noise.
struct Planted {
    /// How far from the middle of the scale the model reaches, in stars.
    reach: f64,
    user_bias: Vec<f64>,
    item_bias: Vec<f64>,
    /// `[users][rank]`
    user_tastes: Vec<Vec<f64>>,
    /// `[items][rank]`
    item_tastes: Vec<Vec<f64>>,
}

impl Planted {
    fn draw(config: &Config, random: &mut impl Rng) -> Self {
        let (users, items, rank) = (config.users.get() as usize, config.items.get() as usize, config.rank as usize);
        let mut normal = |count: usize, spread: f64| -> Vec<f64> {
            StandardNormal.sample_iter(&mut *random).take(count).map(|draw: f64| spread * draw).collect()
        };
        // The product of two such vectors has the standard deviation `taste`.
        let taste = (f64::from(config.taste) / (rank.max(1) as f64).sqrt()).sqrt();
        Self {
            reach: HALF_SCALE - noise_half_width(config.noise),
            user_bias: normal(users, config.user_bias.into()),
            item_bias: normal(items, config.item_bias.into()),
            user_tastes: (0..users).map(|_| normal(rank, taste)).collect(),
            item_tastes: (0..items).map(|_| normal(rank, taste)).collect(),
        }
    }

    /// The best prediction there is for a rating.
    fn signal(&self, user: u32, item: u32) -> f64 {
        let (user, item) = (user as usize, item as usize);
        let taste: f64 = self.user_tastes[user].iter().zip(&self.item_tastes[item]).map(|(p, q)| p * q).sum();
        MIDDLE + self.reach * ((self.user_bias[user] + self.item_bias[item] + taste) / self.reach).tanh()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Interactions, Rating, RatingsConfig};

    impl Config {
        fn interactions(&self) -> Interactions {
            RatingsConfig::default().apply(self.generate().unwrap()).unwrap()
        }
    }

    fn rmse(ratings: &[Rating], predict: impl Fn(&Rating) -> f64) -> f64 {
        let squares: f64 = ratings.iter().map(|rating| (f64::from(rating.value) - predict(rating)).powi(2)).sum();
        (squares / ratings.len() as f64).sqrt()
    }

    #[test]
    fn the_planted_model_attains_the_floor_and_the_mean_is_far_above_it() {
        for noise in [0.25, 0.5] {
            let config = Config { noise: noise.try_into().unwrap(), ..Config::default() };
            let data = config.interactions();
            let floor = data.noise_floor.unwrap();
            let planted = Planted::draw(&config, &mut Xoshiro256PlusPlus::seed_from_u64(config.seed));
            let oracle = rmse(&data.ratings, |rating| planted.signal(rating.user, rating.item));
            assert!((oracle / floor - 1.0).abs() < 0.02, "the planted model has {oracle}, the floor is {floor}");
            let mean = data.matrix().mean().unwrap();
            let constant = rmse(&data.ratings, |_| mean);
            assert!(constant > 1.6 * floor, "the global mean has {constant}, the floor is {floor}");
        }
    }

    #[test]
    fn users_and_items_have_long_tails() {
        let data = Config::default().interactions();
        let lengths = |matrix: &crate::Csr| -> Vec<usize> {
            let mut lengths: Vec<usize> = (0..matrix.rows()).map(|row| matrix.row(row).len()).collect();
            lengths.sort_unstable();
            lengths
        };
        let (users, items) = (lengths(&data.matrix()), lengths(&data.matrix().transpose()));
        assert_eq!((users.len(), items.len()), (800, 400));
        let mean = data.ratings.len() / users.len();
        assert!((40..60).contains(&mean), "{mean} ratings per user");
        assert!(users[0] >= FEWEST_RATINGS, "a user has {} ratings", users[0]);
        assert!(users[799] > 4 * users[400], "the most active user has {}, the median one {}", users[799], users[400]);
        assert!(items[399] > 4 * items[200], "the most popular item has {}, the median one {}", items[399], items[200]);
        assert!(items[0] > 10, "an item has {} ratings", items[0]);
    }

    #[test]
    fn ratings_lie_on_the_scale_without_clipping() {
        let loud = Config { noise: 1.0.try_into().unwrap(), ..Config::default() };
        for config in [Config::default(), loud] {
            let data = config.interactions();
            assert!(data.ratings.iter().all(|rating| SCALE.contains(rating.value)));
            let at_an_end = |rating: &&Rating| rating.value == SCALE.minimum || rating.value == SCALE.maximum;
            assert_eq!(data.ratings.iter().filter(at_an_end).count(), 0);
        }
    }

    #[test]
    fn the_seed_decides() {
        let with_seed = |seed| Config { seed, ..Config::default() }.interactions();
        assert_eq!(with_seed(7), with_seed(7));
        assert_ne!(with_seed(7).fingerprint(), with_seed(8).fingerprint());
    }

    #[test]
    fn ids_are_numbers_from_one() {
        let data = Config::default().interactions();
        assert_eq!((data.users.ids.name(0), data.users.ids.name(799), data.items.ids.name(9)), ("1", "800", "10"));
    }

    #[test]
    fn wrong_configurations_are_errors() {
        let parse = [
            ("users = 0", "invalid value: integer `0`, expected a nonzero u32"),
            ("noise = nan", "must be a finite number of at least 0, not NaN"),
            ("nois = 0.1", "unknown field `nois`"),
        ];
        for (line, expected) in parse {
            let error = toml::from_str::<Config>(line).unwrap_err();
            assert!(error.message().starts_with(expected), "{}", error.message());
        }
        let generate = [
            ("noise = 1.1", "data.synthetic.noise must be at most 1 (more does not fit on the scale), not 1.1"),
            ("items = 20", "data.synthetic.ratings_per_user must be at most 20 (the number of items), not 50"),
        ];
        for (line, expected) in generate {
            assert_eq!(toml::from_str::<Config>(line).unwrap().generate().unwrap_err().to_string(), expected);
        }
    }
}
