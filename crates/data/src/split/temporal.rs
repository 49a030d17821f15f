//! The latest ratings are held out: what a model in use has to predict.
//!
//! The test part is the latest `test` of the ratings, rounded up; the validation part is the latest `validation` of those
//! before it, rounded up.

use super::strata::Stratify;
use super::{Role, assign, times};
use crate::{Error, Fraction, Interactions};
use serde::{Deserialize, Serialize};

/// How much goes where, and whose latest ratings are meant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The part of the ratings that is tested on.
    pub test: Fraction,
    /// The part of the ratings left before the test part that is validated on.
    pub validation: Fraction,
    /// Whose latest ratings are meant.
    pub per: Per,
}

/// Whose latest ratings are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Per {
    /// Those of all users as one, so that nothing that is learned from is later than what is asked for. Ratings with the
    /// same time stay together, on the later side of a cut, so that a part can be larger than it is said to be.
    All,
    /// Each user's own; every user keeps one to train on. Of two ratings with the same time, the one whose item has the
    /// later id counts as the later one.
    User,
}

impl Default for Config {
    fn default() -> Self {
        let tenth = Fraction::try_from(0.1).expect("0.1 is a fraction");
        Self { test: tenth, validation: tenth, per: Per::All }
    }
}

impl Config {
    pub(super) fn roles(&self, interactions: &Interactions) -> Result<Vec<Role>, Error> {
        let times = times(interactions, "split.temporal", "use another split, as split.random")?;
        let stratify = match self.per {
            Per::All => Stratify::None,
            Per::User => Stratify::User,
        };
        let mut roles = vec![Role::Train; interactions.ratings.len()];
        for mut places in stratify.places(interactions) {
            // A stable sort of places that ascend by item.
            places.sort_by_key(|&place| times[place]);
            assign(&mut roles, &self.take_latest(&mut places, self.test, times), Role::Test);
            assign(&mut roles, &self.take_latest(&mut places, self.validation, times), Role::Validation);
        }
        Ok(roles)
    }

    /// Takes the end off `places` that are sorted by time.
    fn take_latest(&self, places: &mut Vec<usize>, fraction: Fraction, times: &[i64]) -> Vec<usize> {
        let kept = places.len() - fraction.of(places.len());
        let kept = match self.per {
            Per::All => match places.get(kept) {
                Some(&first) => places.partition_point(|&place| times[place] < times[first]),
                None => places.len(),
            },
            Per::User => kept.max(1).min(places.len()),
        };
        places.split_off(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interactions::tests::interactions;

    /// Of `T`rain, `V`alidation and tes`t`, by place.
    fn letters(config: &str, times: &[i64]) -> String {
        let mut data = interactions(&(0..10).map(|place| (place / 6, place, 3.0)).collect::<Vec<_>>());
        data.times = times.to_vec();
        let roles = toml::from_str::<Config>(config).unwrap().roles(&data).unwrap();
        let letter = |role: &Role| match role {
            Role::Test => 't',
            Role::Validation => 'v',
            _ => '-',
        };
        roles.iter().map(letter).collect()
    }

    #[test]
    fn the_latest_are_held_out() {
        let rising = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
        let falling = [10, 9, 8, 7, 6, 5, 4, 3, 2, 1];
        let tied = [1, 2, 3, 4, 5, 6, 7, 7, 7, 8];
        let cases = [
            ("", rising, "--------vt"),
            ("", falling, "tv--------"),
            ("test = 0.2\nvalidation = 0.25", rising, "------vvtt"),
            ("test = 0.2\nvalidation = 0.5", tied, "---vvvtttt"),
            ("test = 0.2\nvalidation = 0.1", tied, "-----vtttt"),
            ("test = 0.2", [5; 10], "tttttttttt"),
            ("test = 0.0\nvalidation = 0.0", rising, "----------"),
            ("per = \"user\"\ntest = 0.3\nvalidation = 0.2", rising, "---vtt-vtt"),
            ("per = \"user\"\ntest = 0.3\nvalidation = 0.2", falling, "ttv---ttv-"),
            ("per = \"user\"\ntest = 0.3\nvalidation = 0.2", [5; 10], "---vtt-vtt"),
            ("per = \"user\"\ntest = 0.99\nvalidation = 0.9", rising, "-ttttt-ttt"),
        ];
        for (config, times, expected) in cases {
            assert_eq!(letters(config, &times), expected, "{config} {times:?}");
        }
    }

    #[test]
    fn without_times_there_is_no_latest() {
        let error = Config::default().roles(&interactions(&[(0, 0, 1.0)])).unwrap_err().to_string();
        assert_eq!(
            error,
            "split.temporal needs the time of each rating, and the source has none; name the column of times \
             (data.delimited.columns.time), or use another split, as split.random"
        );
    }
}
