//! How far predicted ratings are from held-out ones.

use std::fmt;

/// An error, over what its mean is taken, and of which predictions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RatingMetric {
    /// Of a prediction.
    pub error: RatingError,
    /// Over what the mean is taken.
    pub over: Over,
    /// Of predictions as they are, even where the experiment clips them to the scale.
    pub unclipped: bool,
    /// Without the ratings of users and items of which nothing is known.
    pub warm: bool,
}

/// What is made of the differences between predictions and ratings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RatingError {
    /// `Σ |error| / n`.
    Mae,
    /// `√(Σ error² / n)`.
    Rmse,
    /// `Σ error²`.
    SquaredError,
}

/// What counts the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// Every rating.
    Ratings,
    /// Every user that has a held-out rating: the mean of each one's error.
    Users,
    /// Every item that has one.
    Items,
}

/// Predictions beside the ratings they stand for, entry by entry.
#[derive(Debug, Clone, Copy)]
pub struct Scored<'a> {
    /// Whose rating it is `[entries]`.
    pub users: &'a [u32],
    /// What is rated `[entries]`.
    pub items: &'a [u32],
    /// Clipped to the scale where the experiment says so `[entries]`.
    pub predicted: &'a [f32],
    /// `[entries]`.
    pub target: &'a [f32],
    /// Whether nothing is known of the user or of the item `[entries]`; empty where no metric leaves them out.
    pub cold: &'a [bool],
}

impl RatingError {
    const ALL: [Self; 3] = [Self::Mae, Self::Rmse, Self::SquaredError];

    fn name(self) -> &'static str {
        match self {
            Self::Mae => "mae",
            Self::Rmse => "rmse",
            Self::SquaredError => "squared-error",
        }
    }

    fn of(self, error: f64) -> f64 {
        match self {
            Self::Mae => error.abs(),
            Self::Rmse | Self::SquaredError => error * error,
        }
    }

    /// Of the sum over so many ratings.
    fn of_sum(self, sum: f64, count: u32) -> f64 {
        match self {
            Self::Mae => sum / f64::from(count),
            Self::Rmse => (sum / f64::from(count)).sqrt(),
            Self::SquaredError => sum,
        }
    }
}

impl Over {
    const ALL: [Self; 3] = [Self::Ratings, Self::Users, Self::Items];

    fn prefix(self) -> &'static str {
        match self {
            Self::Ratings => "",
            Self::Users => "user-",
            Self::Items => "item-",
        }
    }
}

impl RatingMetric {
    pub(super) const RMSE: Self = Self { error: RatingError::Rmse, over: Over::Ratings, unclipped: false, warm: false };
    pub(super) const USER_RMSE: Self = Self { over: Over::Users, ..Self::RMSE };
    pub(super) const MAE: Self = Self { error: RatingError::Mae, ..Self::RMSE };

    /// Every one; a sum has no mean over users or items.
    pub fn all() -> impl Iterator<Item = Self> {
        let each = |(warm, unclipped)| {
            let of = move |over| RatingError::ALL.map(|error| Self { error, over, unclipped, warm });
            Over::ALL.into_iter().flat_map(of)
        };
        let is_mean = |metric: &Self| metric.error != RatingError::SquaredError || metric.over == Over::Ratings;
        let modes = [(false, false), (false, true), (true, false), (true, true)];
        modes.into_iter().flat_map(each).filter(is_mean)
    }

    /// The value, or nothing where there is no rating.
    pub fn compute(self, scored: Scored<'_>) -> Option<f64> {
        let group_of = |entry: usize| match self.over {
            Over::Ratings => 0,
            Over::Users => scored.users[entry] as usize,
            Over::Items => scored.items[entry] as usize,
        };
        let count = scored.target.len();
        let is_measured = |entry: &usize| !self.warm || !scored.cold.get(*entry).copied().unwrap_or(false);
        let mut sums = vec![(0.0, 0_u32); (0..count).map(|entry| group_of(entry) + 1).max().unwrap_or(0)];
        for entry in (0..count).filter(is_measured) {
            let (sum, count) = &mut sums[group_of(entry)];
            *sum += self.error.of(f64::from(scored.predicted[entry]) - f64::from(scored.target[entry]));
            *count += 1;
        }
        let groups: Vec<f64> =
            sums.into_iter().filter(|(_, n)| *n > 0).map(|(sum, n)| self.error.of_sum(sum, n)).collect();
        (!groups.is_empty()).then(|| groups.iter().sum::<f64>() / groups.len() as f64)
    }
}

impl fmt::Display for RatingMetric {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let warm = if self.warm { "warm-" } else { "" };
        let unclipped = if self.unclipped { "unclipped-" } else { "" };
        write!(formatter, "{warm}{unclipped}{}{}", self.over.prefix(), self.error.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(name: &str, scored: Scored<'_>) -> Option<f64> {
        RatingMetric::all().find(|metric| metric.to_string() == name).expect(name).compute(scored)
    }

    /// Nobody is cold.
    const WARM: &[bool] = &[];

    #[test]
    fn metrics_equal_hand_computed_values() {
        // User 0: errors 1 and 3, user 1: error −2; user 2 rated nothing and counts nowhere. Item 4 has errors 1 and −2.
        let (users, items) = (&[0, 0, 1], &[4, 2, 4]);
        let (predicted, target) = (&[2.0, 5.0, 2.0], &[1.0, 2.0, 4.0]);
        let two_users = Scored { users, items, predicted, target, cold: &[false, true, false] };
        for (name, expected) in [
            ("mae", 2.0),
            ("rmse", (14f64 / 3.0).sqrt()),
            ("squared-error", 14.0),
            ("user-mae", 2.0),
            ("user-rmse", (5f64.sqrt() + 2.0) / 2.0),
            ("item-mae", (1.5 + 3.0) / 2.0),
            ("item-rmse", (2.5f64.sqrt() + 3.0) / 2.0),
            ("unclipped-user-rmse", (5f64.sqrt() + 2.0) / 2.0),
            // Without the error of 3.
            ("warm-rmse", 2.5f64.sqrt()),
            ("warm-unclipped-user-mae", 1.5),
            ("warm-squared-error", 5.0),
        ] {
            assert_eq!(value(name, two_users), Some(expected), "{name}");
        }
        let nobody = Scored { users: &[], items: &[], predicted: &[], target: &[], cold: WARM };
        for metric in RatingMetric::all() {
            assert_eq!(metric.compute(nobody), None, "{metric}");
        }
        // A user whose every rating is cold counts as little as one without any: not as an error of 0.
        let cold = Scored { cold: &[false, false, true], ..two_users };
        assert_eq!(value("warm-user-rmse", cold), Some(5f64.sqrt()));
        assert_eq!(value("warm-rmse", Scored { cold: &[true; 3], ..two_users }), None);
    }

    #[test]
    fn the_order_of_entries_does_not_matter_to_users() {
        let (items, cold) = (&[0, 1, 2], WARM);
        let sorted = Scored { users: &[0, 0, 1], items, predicted: &[2.0, 5.0, 2.0], target: &[1.0, 2.0, 4.0], cold };
        let mixed = Scored { users: &[0, 1, 0], items, predicted: &[2.0, 2.0, 5.0], target: &[1.0, 4.0, 2.0], cold };
        assert_eq!(value("user-rmse", sorted), value("user-rmse", mixed));
    }
}
