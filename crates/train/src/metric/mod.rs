//! Numbers that say how good predictions are. Each is a pure function of predictions and held-out ratings, and says
//! itself whether more is better. No rating, no value: never 0.

pub mod mae;
pub mod rmse;
pub mod user_rmse;

use serde::{Deserialize, Serialize};

/// Which number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// Mean absolute error over all ratings.
    Mae,
    /// Root of the mean squared error over all ratings: the "RMSE" of the literature.
    Rmse,
    /// Mean over users of each user's RMSE: usually lower than `rmse` of the same predictions, and not comparable with it.
    UserRmse,
}

/// Predictions beside the ratings they stand for, entry by entry.
#[derive(Debug, Clone, Copy)]
pub struct Scored<'a> {
    /// Whose rating it is `[entries]`.
    pub users: &'a [u32],
    /// Clipped to the scale where the experiment says so `[entries]`.
    pub predicted: &'a [f32],
    /// `[entries]`.
    pub target: &'a [f32],
}

impl Scored<'_> {
    /// prediction − rating, entry by entry.
    fn errors(&self) -> impl Iterator<Item = f64> {
        self.predicted.iter().zip(self.target).map(|(&predicted, &target)| f64::from(predicted) - f64::from(target))
    }
}

impl Metric {
    /// Every metric.
    pub const ALL: [Self; 3] = [Self::Mae, Self::Rmse, Self::UserRmse];

    /// As written in experiments, in tables and on charts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mae => "mae",
            Self::Rmse => "rmse",
            Self::UserRmse => "user-rmse",
        }
    }

    /// The value, or nothing where there is no rating.
    pub fn compute(self, scored: Scored<'_>) -> Option<f64> {
        match self {
            Self::Mae => mae::mae(scored),
            Self::Rmse => rmse::rmse(scored),
            Self::UserRmse => user_rmse::user_rmse(scored),
        }
    }

    /// The direction.
    pub fn higher_is_better(self) -> bool {
        match self {
            Self::Mae | Self::Rmse | Self::UserRmse => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_experiments_say() {
        for metric in Metric::ALL {
            let text = serde_json::to_string(&metric).unwrap();
            assert_eq!(text, format!("{:?}", metric.name()));
        }
    }

    #[test]
    fn metrics_equal_hand_computed_values() {
        // User 0: errors 1 and 3, user 1: error 2; user 2 rated nothing and counts nowhere.
        let two_users = Scored { users: &[0, 0, 1], predicted: &[2.0, 5.0, 2.0], target: &[1.0, 2.0, 4.0] };
        let nobody = Scored { users: &[], predicted: &[], target: &[] };
        for (metric, scored, expected) in [
            (Metric::Mae, two_users, Some(2.0)),
            (Metric::Rmse, two_users, Some((14.0f64 / 3.0).sqrt())),
            (Metric::UserRmse, two_users, Some((5f64.sqrt() + 2.0) / 2.0)),
            (Metric::Mae, nobody, None),
            (Metric::Rmse, nobody, None),
            (Metric::UserRmse, nobody, None),
        ] {
            assert_eq!(metric.compute(scored), expected, "{metric:?} of {scored:?}");
        }
    }

    #[test]
    fn the_order_of_entries_does_not_matter_to_users() {
        let sorted = Scored { users: &[0, 0, 1], predicted: &[2.0, 5.0, 2.0], target: &[1.0, 2.0, 4.0] };
        let mixed = Scored { users: &[0, 1, 0], predicted: &[2.0, 2.0, 5.0], target: &[1.0, 4.0, 2.0] };
        assert_eq!(Metric::UserRmse.compute(sorted), Metric::UserRmse.compute(mixed));
    }
}
