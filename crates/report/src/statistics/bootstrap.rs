//! How far the difference of two numbers would be another one, had there been other users.

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;
use statrs::distribution::{ContinuousCDF, Normal};

/// A user's part in two numbers that are compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// A sum, of the first.
    pub first: f64,
    /// The same, of the second.
    pub second: f64,
    /// How many summands each of them has.
    pub weight: f64,
}

/// How the parts of users become one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooled {
    /// `Σ sums / Σ weights`.
    Mean,
    /// `√(Σ sums / Σ weights)`.
    RootMean,
}

/// Where a number lies with 95 % confidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// Users drawn with replacement, as many as there are, again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bootstrap {
    /// How often.
    pub resamples: usize,
    /// Of the draws: the same seed gives the same interval, whatever the number of threads.
    pub seed: u64,
}

impl Pooled {
    fn of(self, sum: f64, weight: f64) -> f64 {
        match self {
            Pooled::Mean => sum / weight,
            Pooled::RootMean => (sum / weight).sqrt(),
        }
    }

    /// The second number and the first, of all these pairs.
    pub fn values(self, pairs: &[Pair]) -> (f64, f64) {
        let Pair { first, second, weight } = pairs.iter().fold(NOTHING, plus);
        (self.of(first, weight), self.of(second, weight))
    }

    fn difference(self, sums: Pair) -> f64 {
        self.of(sums.second, sums.weight) - self.of(sums.first, sums.weight)
    }
}

const NOTHING: Pair = Pair { first: 0.0, second: 0.0, weight: 0.0 };

fn plus(sum: Pair, pair: &Pair) -> Pair {
    Pair { first: sum.first + pair.first, second: sum.second + pair.second, weight: sum.weight + pair.weight }
}

impl Bootstrap {
    /// The interval of the second number minus the first; `None` for fewer than two users.
    ///
    /// The bias-corrected and accelerated interval of Efron, "Better bootstrap confidence intervals", Journal of the American
    /// Statistical Association 82 (1987).
    pub fn interval(self, pairs: &[Pair], pooled: Pooled) -> Option<Interval> {
        if pairs.len() < 2 {
            return None;
        }
        let all = pairs.iter().fold(NOTHING, plus);
        let mut resampled: Vec<f64> =
            (0..self.resamples).into_par_iter().map(|number| self.resample(number, pairs, pooled)).collect();
        let without = |pair: &Pair| Pair {
            first: all.first - pair.first,
            second: all.second - pair.second,
            weight: all.weight - pair.weight,
        };
        let left_out: Vec<f64> = pairs.iter().map(|pair| pooled.difference(without(pair))).collect();
        Some(accelerated(&mut resampled, pooled.difference(all), &left_out))
    }

    fn resample(self, number: usize, pairs: &[Pair], pooled: Pooled) -> f64 {
        let seed = self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(number as u64);
        let mut generator = Xoshiro256PlusPlus::seed_from_u64(seed);
        let drawn = (0..pairs.len()).map(|_| &pairs[generator.random_range(0..pairs.len())]);
        pooled.difference(drawn.fold(NOTHING, plus))
    }
}

/// Of the number as found, as resampled, and as it is without each user.
fn accelerated(resampled: &mut [f64], found: f64, left_out: &[f64]) -> Interval {
    let normal = Normal::standard();
    resampled.sort_by(f64::total_cmp);
    let below = resampled.iter().filter(|value| **value < found).count();
    let equal = resampled.iter().filter(|value| **value == found).count();
    let bias = normal.inverse_cdf((below as f64 + equal as f64 / 2.0) / resampled.len() as f64);
    let mean = left_out.iter().sum::<f64>() / left_out.len() as f64;
    let moment = |power: i32| left_out.iter().map(|value| (mean - value).powi(power)).sum::<f64>();
    let acceleration = moment(3) / (6.0 * moment(2).powf(1.5));
    let end = |share: f64| {
        let z = bias + normal.inverse_cdf(share);
        let moved = normal.cdf(bias + z / (1.0 - acceleration * z));
        // Where all resamples lie on one side, or are the same, there is nothing to correct.
        quantile(resampled, if moved.is_finite() && bias.is_finite() { moved } else { share })
    };
    Interval { low: end(0.025), high: end(0.975) }
}

/// Of sorted values, between two of them in proportion.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    below + (above - below) * place.fract()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// As [`accelerated`], for a comparison with another implementation.
    pub(crate) fn corrected(resampled: &[f64], found: f64, left_out: &[f64]) -> Interval {
        accelerated(&mut resampled.to_vec(), found, left_out)
    }

    fn pairs() -> Vec<Pair> {
        let pair = |user: i32| {
            let user = f64::from(user);
            Pair { first: 3.0 + (user * 0.7).sin(), second: 3.2 + (user * 1.3).cos(), weight: 2.0 + user % 3.0 }
        };
        (0..60).map(pair).collect()
    }

    #[test]
    fn the_same_seed_gives_the_same_interval_and_the_order_its_sign() {
        let of = |seed| Bootstrap { resamples: 500, seed }.interval(&pairs(), Pooled::Mean).unwrap();
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
        let turned: Vec<Pair> =
            pairs().iter().map(|pair| Pair { first: pair.second, second: pair.first, ..*pair }).collect();
        let turned = Bootstrap { resamples: 500, seed: 1 }.interval(&turned, Pooled::Mean).unwrap();
        assert!((turned.low + of(1).high).abs() < 1e-9 && (turned.high + of(1).low).abs() < 1e-9, "{turned:?}");
    }

    #[test]
    fn numbers_are_pooled_over_ratings_not_over_users() {
        let pairs = [Pair { first: 8.0, second: 2.0, weight: 2.0 }, Pair { first: 0.0, second: 0.0, weight: 6.0 }];
        assert_eq!(Pooled::Mean.values(&pairs), (1.0, 0.25));
        assert_eq!(Pooled::RootMean.values(&pairs), (1.0, 0.5));
    }

    #[test]
    fn where_nothing_varies_the_interval_is_a_point() {
        let same = vec![Pair { first: 1.0, second: 1.5, weight: 1.0 }; 10];
        let found = Bootstrap { resamples: 100, seed: 1 }.interval(&same, Pooled::Mean).unwrap();
        assert_eq!(found, Interval { low: 0.5, high: 0.5 });
        assert_eq!(Bootstrap { resamples: 100, seed: 1 }.interval(&same[..1], Pooled::Mean), None);
    }
}
