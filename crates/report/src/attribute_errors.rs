//! How far off a test was for users of one kind and another: `error_by_attribute.csv`.
//!
//! ```text
//! error_by_attribute.csv   attribute, value, users, ratings, rmse, mae    test ratings of users with such a value
//! ```

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::test_tables::TestRatings;
use crate::{TrialFolder, format};

/// A line of `error_by_attribute.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttributeError {
    /// What is known of users: `gender`.
    pub attribute: String,
    /// What it is of these: `F`, or a range of numbers; `not known` of those of whom it is not.
    pub value: String,
    /// Such users with test ratings.
    pub users: u64,
    /// Their test ratings.
    pub ratings: u64,
    /// Over these ratings, in rating points.
    pub rmse: f64,
    /// Over these ratings, in rating points.
    pub mae: f64,
}

/// With at most so many different values, each has a line.
const MOST_VALUES: usize = 21;
/// Lines for numbers, where there are more values.
const RANGES: usize = 8;
/// Of users of whom an attribute is not known.
const NOT_KNOWN: &str = "not known";

impl TrialFolder {
    /// How far off predictions are for users of one kind and another.
    pub fn error_by_attribute(&self) -> PathBuf {
        self.folder().join("error_by_attribute.csv")
    }
}

/// `error_by_age`.
pub(crate) fn attribute_chart_name(attribute: &str) -> String {
    format!("error_by_{attribute}")
}

/// How far off predictions are for users with each value of their attributes `(name, values[users])`. An attribute that tells nobody apart,
/// or nearly everybody, as a postcode does, is left out.
pub fn error_by_attribute(test: TestRatings, attributes: &[(&str, &[String])]) -> Vec<AttributeError> {
    attributes.iter().flat_map(|(name, values)| of_attribute(test, name, values)).collect()
}

fn of_attribute(test: TestRatings, name: &str, values: &[String]) -> Vec<AttributeError> {
    let Some((labels, group)) = grouped(values) else { return Vec::new() };
    let mut sums = vec![(0_u64, 0.0, 0.0); labels.len()];
    let mut asked = vec![false; values.len()];
    for ((rating, predicted), &user) in test.ratings.iter().zip(test.predicted).zip(test.users) {
        let error = f64::from(*predicted) - f64::from(*rating);
        let (ratings, squares, distances) = &mut sums[group[user as usize]];
        *ratings += 1;
        *squares += error * error;
        *distances += error.abs();
        asked[user as usize] = true;
    }
    let mut users = vec![0; labels.len()];
    group.iter().zip(&asked).filter(|(_, asked)| **asked).for_each(|(group, _)| users[*group] += 1);
    let lines = labels.into_iter().zip(users).zip(sums).filter(|(_, (ratings, ..))| *ratings > 0);
    let line = |((value, users), (ratings, squares, distances)): ((String, u64), (u64, f64, f64))| AttributeError {
        attribute: name.to_owned(),
        value,
        users,
        ratings,
        rmse: (squares / ratings as f64).sqrt(),
        mae: distances / ratings as f64,
    };
    let lines: Vec<AttributeError> = lines.map(line).collect();
    if lines.len() > 1 { lines } else { Vec::new() }
}

/// Names of groups, and the group of each user: one for each value, or ranges of numbers with about as many users each.
fn grouped(values: &[String]) -> Option<(Vec<String>, Vec<usize>)> {
    let numbers: Option<Vec<Option<f64>>> = values.iter().map(|value| number(value)).collect();
    let distinct: BTreeSet<&str> = values.iter().map(String::as_str).filter(|value| !value.is_empty()).collect();
    let mut names: Vec<&str> = distinct.into_iter().collect();
    let (mut labels, places): (Vec<String>, Vec<Option<usize>>) = match numbers {
        Some(numbers) if names.len() > MOST_VALUES => ranges(&numbers),
        _ if names.len() > MOST_VALUES => return None,
        numbers => {
            if numbers.is_some() {
                let of = |name: &&str| number(name).flatten().unwrap_or(f64::NAN);
                names.sort_by(|a, b| of(a).total_cmp(&of(b)));
            }
            let place = |value: &String| names.iter().position(|name| name == value);
            (names.iter().map(|name| (*name).to_owned()).collect(), values.iter().map(place).collect())
        }
    };
    let unknown = labels.len();
    labels.push(NOT_KNOWN.to_owned());
    Some((labels, places.into_iter().map(|place| place.unwrap_or(unknown)).collect()))
}

/// A number, or nothing known; nothing at all, where it is a text.
fn number(value: &str) -> Option<Option<f64>> {
    if value.is_empty() {
        return Some(None);
    }
    value.parse().ok().filter(|number: &f64| number.is_finite()).map(Some)
}

/// Ranges between quantiles; the same number is never in two of them.
fn ranges(numbers: &[Option<f64>]) -> (Vec<String>, Vec<Option<usize>>) {
    let mut sorted: Vec<f64> = numbers.iter().copied().flatten().collect();
    sorted.sort_by(f64::total_cmp);
    let mut firsts: Vec<f64> = (0..RANGES).map(|range| sorted[range * sorted.len() / RANGES]).collect();
    firsts.dedup();
    let place = |number: f64| firsts.partition_point(|first| *first <= number) - 1;
    let mut last = firsts.clone();
    sorted.iter().for_each(|&number| last[place(number)] = number);
    let labels = firsts.iter().zip(&last).map(|(first, last)| format::range(*first, *last)).collect();
    (labels, numbers.iter().map(|number| number.map(place)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEST: TestRatings<'_> = TestRatings {
        ratings: &[1.0, 5.0, 5.0, 3.0, 1.0],
        predicted: &[1.5, 4.0, 5.0, 4.0, 3.0],
        users: &[0, 0, 1, 2, 4],
        shown: &[3, 0, 2, 9, 3],
    };

    fn lines(name: &str, values: &[&str]) -> Vec<(String, u64, u64, f64)> {
        let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        let found = error_by_attribute(TEST, &[(name, &values)]);
        found.into_iter().map(|line| (line.value, line.users, line.ratings, line.mae)).collect()
    }

    #[test]
    fn errors_are_of_users_with_a_value() {
        let expected = [("F".into(), 2, 3, 1.5 / 3.0), ("M".into(), 1, 1, 1.0), ("not known".into(), 1, 1, 2.0)];
        // The fourth user has no test rating.
        assert_eq!(lines("gender", &["F", "F", "M", "X", ""]), expected);
        // Numbers come by size, not by their letters.
        let found: Vec<_> = lines("age", &["18", "5", "100", "18", "5"]).into_iter().map(|line| line.0).collect();
        assert_eq!(found, ["5", "18", "100"]);
        assert_eq!(lines("gender", &["F"; 5]), [], "nobody is told apart");
    }

    #[test]
    fn many_numbers_are_ranges_and_many_texts_are_nothing() {
        let users: Vec<u32> = (0..100).collect();
        let (ratings, predicted, shown) = (vec![3.0; 100], vec![4.0; 100], vec![1; 100]);
        let test = TestRatings { ratings: &ratings, predicted: &predicted, users: &users, shown: &shown };
        let ages: Vec<String> = (0..100).map(|user| (user / 2).to_string()).collect();
        let codes: Vec<String> = (0..100).map(|user| format!("A{user}")).collect();
        let found = error_by_attribute(test, &[("age", &ages), ("code", &codes)]);
        assert!(found.iter().all(|line| line.attribute == "age" && line.rmse == 1.0), "{found:?}");
        let found: Vec<_> = found.iter().map(|line| (line.value.as_str(), line.users)).collect();
        assert_eq!((found[0], found[7], found.len()), (("0–5", 12), ("43–49", 14), 8), "{found:?}");
        assert_eq!(found.iter().map(|(_, users)| users).sum::<u64>(), 100);
    }
}
