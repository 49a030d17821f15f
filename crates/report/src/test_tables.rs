//! Small tables that a trial's test leaves beside its record, so that charts of predictions need neither the data nor the network:
//!
//! ```text
//! ratings.csv             rating_from, rating_to, train, validation, test           ratings with such a value
//! predictions.csv         rating_from, rating_to, predicted_from, predicted_to, ratings   test ratings of this value, predicted so
//! error_by_activity.csv   shown_from, shown_to, users, ratings, rmse, mae           test ratings of users of whom so many are shown
//! ```
//!
//! All three hold counts, and no rating of anybody. A value from `a` to `b` lies in `a ≤ value < b`, in the last bin `≤ b`; where
//! there are few different values, each has a bin with `a = b`.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{ReportError, TrialFolder, write_atomically};

/// A line of `ratings.csv`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RatingCount {
    /// The lowest value in this bin, in rating points.
    pub rating_from: f32,
    /// The highest.
    pub rating_to: f32,
    /// Training ratings with such a value.
    pub train: u64,
    /// Validation ratings.
    pub validation: u64,
    /// Test ratings.
    pub test: u64,
}

/// A line of `predictions.csv`; a pair of bins without a rating has none.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PredictionCount {
    /// The lowest true value in this bin, in rating points.
    pub rating_from: f32,
    /// The highest.
    pub rating_to: f32,
    /// The lowest prediction.
    pub predicted_from: f32,
    /// The highest.
    pub predicted_to: f32,
    /// Test ratings in both.
    pub ratings: u64,
}

/// A line of `error_by_activity.csv`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ActivityError {
    /// The fewest ratings of a user that the network is shown at the test.
    pub shown_from: u64,
    /// The most.
    pub shown_to: u64,
    /// Such users with test ratings.
    pub users: u64,
    /// Their test ratings.
    pub ratings: u64,
    /// Over these ratings, in rating points.
    pub rmse: f64,
    /// Over these ratings, in rating points.
    pub mae: f64,
}

/// Test ratings with what was predicted for them, and whose they are.
#[derive(Clone, Copy, Debug)]
pub struct TestRatings<'a> {
    /// The true ratings `[entries]`.
    pub ratings: &'a [f32],
    /// In rating points `[entries]`.
    pub predicted: &'a [f32],
    /// Whose they are `[entries]`.
    pub users: &'a [u32],
    /// How many ratings of each user the network is shown `[users]`.
    pub shown: &'a [u32],
}

/// With at most so many different ratings, each is a bin.
const MOST_LEVELS: usize = 21;
/// Bins of ratings, where there are more.
const RATING_BINS: usize = 20;
/// Bins of predictions.
const PREDICTION_BINS: usize = 60;

impl TrialFolder {
    /// How often each rating is given.
    pub fn ratings(&self) -> PathBuf {
        self.folder().join("ratings.csv")
    }

    /// What was predicted for test ratings of each value.
    pub fn predictions(&self) -> PathBuf {
        self.folder().join("predictions.csv")
    }

    /// How far off predictions are for users of whom few or many ratings are shown.
    pub fn error_by_activity(&self) -> PathBuf {
        self.folder().join("error_by_activity.csv")
    }
}

/// How often each value is given, in training, validation and test ratings.
pub fn rating_counts(parts: [&[f32]; 3]) -> Vec<RatingCount> {
    let bins = Bins::of_ratings(parts.iter().copied().flatten().copied());
    let line = |(rating_from, rating_to)| RatingCount { rating_from, rating_to, train: 0, validation: 0, test: 0 };
    let mut lines: Vec<RatingCount> = bins.ends().map(line).collect();
    let [train, validation, test] = parts;
    let places = |part: &[f32]| part.iter().filter_map(|rating| bins.place(*rating)).collect::<Vec<_>>();
    places(train).into_iter().for_each(|place| lines[place].train += 1);
    places(validation).into_iter().for_each(|place| lines[place].validation += 1);
    places(test).into_iter().for_each(|place| lines[place].test += 1);
    lines
}

/// How often ratings of each value are predicted as what. What is not a number has no place.
pub fn prediction_counts(test: TestRatings) -> Vec<PredictionCount> {
    let rows = Bins::of_ratings(test.ratings.iter().copied());
    let columns = Bins::equal(test.predicted.iter().chain(test.ratings).copied(), PREDICTION_BINS);
    let mut counts = vec![0; rows.len() * columns.len()];
    for (rating, predicted) in test.ratings.iter().zip(test.predicted) {
        if let Some((row, column)) = rows.place(*rating).zip(columns.place(*predicted)) {
            counts[row * columns.len() + column] += 1;
        }
    }
    let ends = rows.ends().flat_map(|rating| columns.ends().map(move |predicted| (rating, predicted)));
    let line = |(((rating_from, rating_to), (predicted_from, predicted_to)), ratings)| PredictionCount {
        rating_from,
        rating_to,
        predicted_from,
        predicted_to,
        ratings,
    };
    ends.zip(counts).map(line).filter(|line| line.ratings > 0).collect()
}

/// How far off predictions are, by the number of the user's ratings that are shown: 0, 1, 2–3, 4–7, … and so on by powers of two.
/// Numbers that no user has are left out.
pub fn error_by_activity(test: TestRatings) -> Vec<ActivityError> {
    let bin = |shown: u32| (u32::BITS - shown.leading_zeros()) as usize;
    let mut sums = [(0_u64, 0.0_f64, 0.0_f64); u32::BITS as usize + 1];
    let mut asked = vec![false; test.shown.len()];
    for ((rating, predicted), &user) in test.ratings.iter().zip(test.predicted).zip(test.users) {
        let error = f64::from(*predicted) - f64::from(*rating);
        let (ratings, squares, distances) = &mut sums[bin(test.shown[user as usize])];
        *ratings += 1;
        *squares += error * error;
        *distances += error.abs();
        asked[user as usize] = true;
    }
    let mut users = [0; u32::BITS as usize + 1];
    for (shown, _) in test.shown.iter().zip(asked).filter(|(_, asked)| *asked) {
        users[bin(*shown)] += 1;
    }
    let line = |(bin, ((ratings, squares, distances), users)): (usize, ((u64, f64, f64), u64))| ActivityError {
        shown_from: if bin == 0 { 0 } else { 1 << (bin - 1) },
        shown_to: (1 << bin) - 1,
        users,
        ratings,
        rmse: (squares / ratings as f64).sqrt(),
        mae: distances / ratings as f64,
    };
    sums.into_iter().zip(users).enumerate().filter(|(_, ((ratings, ..), _))| *ratings > 0).map(line).collect()
}

/// Writes lines as CSV, with a header, whole or not at all.
///
/// # Errors
/// If the disk refuses.
pub fn write_lines<L: Serialize>(path: &Path, lines: &[L]) -> Result<(), ReportError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for line in lines {
        writer.serialize(line).expect("a line of numbers is a line of CSV, and memory takes it");
    }
    write_atomically(path, &writer.into_inner().expect("memory takes the last line"))
}

/// Reads lines; none where the file is not there.
///
/// # Errors
/// If it cannot be read, or is no such table: path, line and column.
pub fn read_lines<L: DeserializeOwned>(path: &Path) -> Result<Vec<L>, ReportError> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let broken = |cause| ReportError::TestTable { path: path.to_owned(), cause };
    csv::Reader::from_path(path).map_err(broken)?.into_deserialize().collect::<Result<_, _>>().map_err(broken)
}

/// Ranges of values, ascending.
enum Bins {
    Levels(Vec<f32>),
    Equal { low: f32, high: f32, count: usize },
}

impl Bins {
    fn of_ratings(values: impl Iterator<Item = f32> + Clone) -> Bins {
        let mut levels: Vec<f32> = Vec::new();
        for value in values.clone().filter(|value| value.is_finite()) {
            if let Err(place) = levels.binary_search_by(|level| level.total_cmp(&value)) {
                levels.insert(place, value);
            }
            if levels.len() > MOST_LEVELS {
                return Bins::equal(values, RATING_BINS);
            }
        }
        Bins::Levels(levels)
    }

    fn equal(values: impl Iterator<Item = f32>, count: usize) -> Bins {
        let (mut low, mut high) = (f32::INFINITY, f32::NEG_INFINITY);
        for value in values.filter(|value| value.is_finite()) {
            (low, high) = (low.min(value), high.max(value));
        }
        if low < high {
            Bins::Equal { low, high, count }
        } else {
            Bins::Levels([low].into_iter().filter(|l| l.is_finite()).collect())
        }
    }

    fn len(&self) -> usize {
        match self {
            Bins::Levels(levels) => levels.len(),
            Bins::Equal { count, .. } => *count,
        }
    }

    fn place(&self, value: f32) -> Option<usize> {
        match self {
            Bins::Levels(levels) => levels.binary_search_by(|level| level.total_cmp(&value)).ok(),
            Bins::Equal { low, high, count } => {
                let share = (f64::from(value) - f64::from(*low)) / (f64::from(*high) - f64::from(*low));
                (0.0..=1.0).contains(&share).then(|| ((share * *count as f64) as usize).min(count - 1))
            }
        }
    }

    fn ends(&self) -> impl Iterator<Item = (f32, f32)> + Clone {
        let end = |place: usize| match self {
            Bins::Levels(levels) => levels[place.min(levels.len() - 1)],
            Bins::Equal { low, high, count } => {
                let share = place as f64 / *count as f64;
                (f64::from(*low) + share * (f64::from(*high) - f64::from(*low))) as f32
            }
        };
        let next = usize::from(matches!(self, Bins::Equal { .. }));
        (0..self.len()).map(move |place| (end(place), end(place + next))).collect::<Vec<_>>().into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEST: TestRatings<'_> = TestRatings {
        ratings: &[1.0, 5.0, 5.0, 3.0, 1.0],
        predicted: &[1.5, 4.0, 5.0, f32::NAN, 3.0],
        users: &[0, 0, 1, 2, 4],
        shown: &[3, 0, 2, 9, 3],
    };

    #[test]
    fn ratings_are_counted_by_value_or_by_bin() {
        let lines = rating_counts([&[1.0, 3.0, 3.0], &[0.0], &[3.0, f32::NAN]]);
        let found: Vec<_> = lines.iter().map(|l| (l.rating_from, l.rating_to, l.train, l.validation, l.test)).collect();
        assert_eq!(found, [(0.0, 0.0, 0, 1, 0), (1.0, 1.0, 1, 0, 0), (3.0, 3.0, 2, 0, 1)]);

        let many: Vec<f32> = (0..=100).map(|value| value as f32 / 10.0).collect();
        let lines = rating_counts([&many, &[], &[10.0]]);
        assert_eq!(lines.len(), RATING_BINS);
        assert_eq!((lines[0].rating_from, lines[0].rating_to, lines[19].rating_to), (0.0, 0.5, 10.0));
        assert_eq!((lines[0].train, lines[19].train, lines[19].test), (5, 6, 1));
        assert_eq!(lines.iter().map(|line| line.train).sum::<u64>(), 101);
        assert_eq!(rating_counts([&[], &[], &[]]), []);
    }

    #[test]
    fn predictions_are_counted_beside_what_they_stand_for() {
        let lines = prediction_counts(TEST);
        assert_eq!(lines.iter().map(|line| line.ratings).sum::<u64>(), 4, "one prediction is no number");
        for line in &lines {
            assert!(line.predicted_from < line.predicted_to && line.ratings == 1, "{line:?}");
        }
        let of_five: Vec<_> = lines.iter().filter(|line| line.rating_from == 5.0).map(|l| l.predicted_to).collect();
        assert_eq!(of_five.len(), 2);
        assert!((of_five[0] - 4.0).abs() <= 4.0 / 60.0 + 1e-6 && of_five[1] == 5.0, "{of_five:?}");
        let constant = TestRatings { ratings: &[2.0], predicted: &[2.0], users: &[0], shown: &[1] };
        assert_eq!(prediction_counts(constant).len(), 1);
    }

    #[test]
    fn errors_are_of_users_with_as_many_ratings() {
        let test = TestRatings { predicted: &[1.5, 4.0, 5.0, 4.0, 3.0], ..TEST };
        let lines = error_by_activity(test);
        let found: Vec<_> = lines.iter().map(|l| (l.shown_from, l.shown_to, l.users, l.ratings, l.mae)).collect();
        // Users 0, 2 and 4 are shown with 3, 2 and 3 ratings: one bin.
        assert_eq!(found, [(0, 0, 1, 1, 0.0), (2, 3, 3, 4, (0.5 + 1.0 + 1.0 + 2.0) / 4.0)]);
        assert_eq!(lines[1].rmse, ((0.25 + 1.0 + 1.0 + 4.0) / 4.0_f64).sqrt());
    }

    #[test]
    fn tables_read_back_as_written_and_a_broken_one_names_the_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("predictions.csv");
        assert_eq!(read_lines::<PredictionCount>(&path).unwrap(), []);
        write_lines(&path, &prediction_counts(TEST)).unwrap();
        assert_eq!(read_lines::<PredictionCount>(&path).unwrap(), prediction_counts(TEST));
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("rating_from,rating_to,predicted_from,predicted_to,ratings\n"), "{text}");
        std::fs::write(&path, text.replacen("1.0,", "one,", 1)).unwrap();
        let said = read_lines::<PredictionCount>(&path).unwrap_err().to_string();
        assert!(["predictions.csv", "line: 2", "field 0", "delete"].iter().all(|piece| said.contains(piece)), "{said}");
    }
}
