//! What was rated from a fixed time on is held out, so that two data sets (or two versions of one) are cut alike.

use super::{Role, times};
use crate::{Error, Interactions};
use serde::{Deserialize, Serialize};

/// The times of the cuts, in seconds since 1970.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Ratings of this time or a later one are tested on.
    pub test_from: i64,
    /// Earlier ratings of this time or a later one are validated on; without it, none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation_from: Option<i64>,
}

impl Config {
    pub(super) fn roles(&self, interactions: &Interactions) -> Result<Vec<Role>, Error> {
        let times = times(interactions, "split.temporal-cut", "use another split, as split.random")?;
        self.check(times)?;
        let validation_from = self.validation_from.unwrap_or(self.test_from);
        let role = |&time: &i64| match time {
            _ if time >= self.test_from => Role::Test,
            _ if time >= validation_from => Role::Validation,
            _ => Role::Train,
        };
        Ok(times.iter().map(role).collect())
    }

    /// A cut that cuts nothing off, or leaves nothing, is a mistake: in the unit, mostly.
    fn check(&self, times: &[i64]) -> Result<(), Error> {
        let (Some(&first), Some(&last)) = (times.iter().min(), times.iter().max()) else { return Ok(()) };
        let check = |key, value: i64, largest, name| {
            if first < value && value <= largest {
                return Ok(());
            }
            let accepted = format!("above {first} (the earliest rating) and at most {largest} ({name})");
            Err(Error::SplitSetting { key, accepted, value: value.to_string() })
        };
        check("split.temporal-cut.test_from", self.test_from, last, "the latest rating")?;
        self.validation_from.map_or(Ok(()), |from| {
            check("split.temporal-cut.validation_from", from, self.test_from, "split.temporal-cut.test_from")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interactions::tests::interactions;
    use Role::{Test, Train, Validation};

    fn roles(lines: &str) -> Result<Vec<Role>, String> {
        let mut data = interactions(&[0, 1, 2, 3].map(|item| (0, item, 3.0)));
        data.times = vec![300, 100, 400, 200];
        toml::from_str::<Config>(lines).unwrap().roles(&data).map_err(|error| error.to_string())
    }

    #[test]
    fn a_cut_is_the_first_time_of_the_later_part() {
        let cases = [
            ("test_from = 300", [Test, Train, Test, Train]),
            ("test_from = 301", [Train, Train, Test, Train]),
            ("test_from = 400\nvalidation_from = 200", [Validation, Train, Test, Validation]),
            ("test_from = 300\nvalidation_from = 300", [Test, Train, Test, Train]),
        ];
        for (lines, expected) in cases {
            assert_eq!(roles(lines).unwrap(), expected, "{lines}");
        }
    }

    #[test]
    fn a_cut_outside_the_data_is_an_error() {
        let test_from =
            "split.temporal-cut.test_from must be above 100 (the earliest rating) and at most 400 (the latest rating)";
        let validation_from = "split.temporal-cut.validation_from must be above 100 (the earliest rating) and at most 300 \
                               (split.temporal-cut.test_from)";
        let cases = [
            ("test_from = 300000", format!("{test_from}, not 300000")),
            ("test_from = 100", format!("{test_from}, not 100")),
            ("test_from = 300\nvalidation_from = 301", format!("{validation_from}, not 301")),
            ("test_from = 300\nvalidation_from = 0", format!("{validation_from}, not 0")),
        ];
        for (lines, expected) in cases {
            assert_eq!(roles(lines).unwrap_err(), expected);
        }
    }
}
