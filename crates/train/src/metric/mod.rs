//! Numbers that say how good a model is. Each is a pure function of what was predicted and what was held out, and says itself
//! whether more is better. Where nothing was held out there is no value: never 0.

pub mod list;
pub mod rating;
pub mod reconstruction;

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::ser::{Serialize, Serializer};

pub use list::{ListMetric, Ranked};
pub use rating::{RatingMetric, Scored};
pub use reconstruction::ReconstructionMetric;

/// Which number, as written in experiments: `rmse`, `user-mae`, `unclipped-item-rmse`, `ndcg@100`, `all-cells-rmse`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Metric {
    /// Of predicted ratings.
    Rating(RatingMetric),
    /// Of the best `k` items for each user.
    List {
        /// Which property of a list.
        metric: ListMetric,
        /// How many items are recommended.
        k: NonZeroU32,
    },
    /// Of whole rows, unrated cells included: no error at ratings compares with it.
    Reconstruction(ReconstructionMetric),
}

impl Metric {
    /// Root of the mean squared error over all ratings: the "RMSE" of the literature.
    pub const RMSE: Self = Self::Rating(RatingMetric::RMSE);
    /// Mean over users of each user's RMSE: usually lower than `rmse` of the same predictions, and not comparable with it.
    pub const USER_RMSE: Self = Self::Rating(RatingMetric::USER_RMSE);
    /// Mean absolute error over all ratings.
    pub const MAE: Self = Self::Rating(RatingMetric::MAE);

    /// Whether a larger value is better.
    pub fn higher_is_better(self) -> bool {
        match self {
            Self::Rating(_) | Self::Reconstruction(_) => false,
            Self::List { metric, .. } => metric.higher_is_better(),
        }
    }
}

/// Whether a larger value is better of the metric of this full name, `test.ndcg@10`; one that this program does not know is taken for an
/// error.
pub fn higher_is_better(full_name: &str) -> bool {
    let name = full_name.split_once('.').map_or(full_name, |(_, name)| name);
    name.parse::<Metric>().is_ok_and(Metric::higher_is_better)
}

impl fmt::Display for Metric {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rating(metric) => metric.fmt(formatter),
            Self::List { metric, k } => write!(formatter, "{}@{k}", metric.name()),
            Self::Reconstruction(metric) => metric.fmt(formatter),
        }
    }
}

impl FromStr for Metric {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(metric) = RatingMetric::all().find(|metric| metric.to_string() == text) {
            return Ok(Self::Rating(metric));
        }
        let (name, k) = text.split_once('@').unwrap_or((text, ""));
        if let Some(metric) = ReconstructionMetric::parse(name, text.contains('@').then_some(k)) {
            return metric.map(Self::Reconstruction);
        }
        let list = ListMetric::ALL.into_iter().find(|metric| metric.name() == name);
        match (list, k.parse()) {
            (Some(metric), Ok(k)) => Ok(Self::List { metric, k }),
            (Some(_), Err(_)) => Err(format!("metric `{text}`, expected a number of items, at least 1: {name}@10")),
            (None, _) => Err(unknown(text)),
        }
    }
}

/// What can be asked for; lists as long as the unknown one's.
fn unknown(text: &str) -> String {
    let k = text.split_once('@').map_or("10", |(_, k)| k);
    let plain = RatingMetric::all().filter(|metric| !metric.unclipped && !metric.warm);
    let ratings = plain.map(|metric| format!("`{metric}`"));
    let lists = ListMetric::ALL.into_iter().map(|metric| format!("`{}@{k}`", metric.name()));
    let cells = ReconstructionMetric::EXAMPLES.into_iter().map(|name| format!("`{name}`"));
    let all: Vec<String> = ratings.chain(lists).chain(cells).collect();
    format!(
        "unknown metric `{text}`, expected one of {}; or an error of predictions before they are clipped, as in unclipped-rmse, or \
         without cold users and items, as in warm-rmse",
        all.join(", ")
    )
}

impl Serialize for Metric {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Metric {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Name)
    }
}

/// Reads a name where it stands, so that an error tells its place.
struct Name;

impl Visitor<'_> for Name {
    type Value = Metric;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of a metric, for example \"rmse\"")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Metric, E> {
        name.parse().map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_experiments_say() {
        let lists = ListMetric::ALL.map(|metric| format!("{}@20", metric.name()));
        let ratings = RatingMetric::all().map(|metric| metric.to_string());
        let cells = ReconstructionMetric::EXAMPLES.map(str::to_owned);
        for name in ratings.chain(lists).chain(cells) {
            assert_eq!(name.parse::<Metric>().unwrap().to_string(), name);
        }
        assert_eq!("rmse".parse(), Ok(Metric::RMSE));
        assert_eq!("user-rmse".parse(), Ok(Metric::USER_RMSE));
        for (wrong, complaint) in [
            ("rsme", "unknown metric `rsme`, expected one of `mae`, `rmse`, `squared-error`, `user-mae`"),
            ("user-squared-error", "expected one of"),
            ("ndcg", "metric `ndcg`, expected a number of items, at least 1: ndcg@10"),
            ("ndcg@0", "at least 1: ndcg@10"),
            ("ncdg@20", "`ndcg@20`"),
            ("rmse@10", "expected one of"),
            ("hidden-rmse", "metric `hidden-rmse`, expected a share between 0 and 1: hidden-rmse@0.2"),
            ("hidden-rmse@1", "expected a share between 0 and 1"),
            ("predictions-above@x", "metric `predictions-above@x`, expected a number: predictions-above@0.1"),
            ("all-cells-rmse@3", "metric `all-cells-rmse@3`, expected all-cells-rmse alone"),
        ] {
            let error = wrong.parse::<Metric>().unwrap_err();
            assert!(error.contains(complaint), "{wrong}: {error}");
        }
    }

    #[test]
    fn directions() {
        for (name, higher) in
            [("rmse", false), ("user-mae", false), ("ndcg@10", true), ("gini@10", false), ("diversity@10", true)]
        {
            assert_eq!(name.parse::<Metric>().unwrap().higher_is_better(), higher, "{name}");
        }
    }
}
