//! How good lists of recommended items are.
//!
//! A user's list holds the items with the highest predictions, best first, without those that the model was shown of the user;
//! relevant are the held-out ones. Users without any are not measured.

mod average_precision;
mod coverage;
mod diversity;
mod gini;
mod hit_rate;
mod ndcg;
mod novelty;
mod precision;
mod recall;
mod reciprocal_rank;

use hourglass_data::Csr;

/// Which number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListMetric {
    /// Share of all items that anybody is recommended.
    Coverage,
    /// How unlike each other the items of a list are, by who has rated them.
    Diversity,
    /// How unequally often items are recommended: 0 for all alike, near 1 where a few are recommended to everybody.
    Gini,
    /// Share of users whose list has a relevant item.
    HitRate,
    /// Mean average precision.
    Map,
    /// Mean reciprocal rank of the first relevant item.
    Mrr,
    /// Normalised discounted cumulative gain.
    Ndcg,
    /// How little known the recommended items are, in bits.
    Novelty,
    /// Share of the list that is relevant.
    Precision,
    /// Share of the relevant items that are in the list.
    Recall,
}

/// Lists of recommendations, and what they are measured by. Users are those that have a relevant item.
#[derive(Debug, Clone, Copy)]
pub struct Ranked<'a> {
    /// Of each user, the best items first `[users][≤ k]`.
    pub lists: &'a [Vec<u32>],
    /// Of each user, in rising order `[users]`.
    pub relevant: &'a [Vec<u32>],
    /// How many users' training ratings each item has `[items]`.
    pub raters: &'a [u32],
    /// The training ratings `[items, users]`, for metrics that compare items.
    pub ratings: Option<&'a Csr>,
    /// Users that were learned from.
    pub learned_from: usize,
}

/// A user's list cut off after k items.
#[derive(Debug)]
struct Hits {
    /// Whether each recommended item is relevant `[≤ k]`.
    relevant: Vec<bool>,
    /// Relevant items, whether recommended or not.
    all: usize,
    k: usize,
}

impl ListMetric {
    /// All metrics of lists, in the order in which an unknown name is told them.
    pub const ALL: [Self; 10] = [
        Self::Coverage,
        Self::Diversity,
        Self::Gini,
        Self::HitRate,
        Self::Map,
        Self::Mrr,
        Self::Ndcg,
        Self::Novelty,
        Self::Precision,
        Self::Recall,
    ];

    /// As written in experiments, before `@k`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Coverage => "coverage",
            Self::Diversity => "diversity",
            Self::Gini => "gini",
            Self::HitRate => "hit-rate",
            Self::Map => "map",
            Self::Mrr => "mrr",
            Self::Ndcg => "ndcg",
            Self::Novelty => "novelty",
            Self::Precision => "precision",
            Self::Recall => "recall",
        }
    }

    /// Whether a larger value is better.
    pub fn higher_is_better(self) -> bool {
        self != Self::Gini
    }

    /// The value for lists of k items, or nothing where nobody has a relevant item.
    pub fn compute(self, k: usize, ranked: Ranked<'_>) -> Option<f64> {
        let whole = |of_all: fn(usize, Ranked<'_>) -> f64| (!ranked.lists.is_empty()).then(|| of_all(k, ranked));
        match self {
            Self::Coverage => whole(coverage::coverage),
            Self::Gini => whole(gini::gini),
            Self::Novelty => novelty::novelty(k, ranked),
            _ => mean(self.of_users(k, ranked)?),
        }
    }

    /// Of each user, where there is one `[users]`; nothing where the metric is of all lists together.
    pub fn of_users(self, k: usize, ranked: Ranked<'_>) -> Option<Vec<Option<f64>>> {
        let each = |of_user: fn(&Hits) -> f64| Some(ranked.hits(k).map(|hits| Some(of_user(&hits))).collect());
        match self {
            Self::Coverage | Self::Gini | Self::Novelty => None,
            Self::Diversity => Some(diversity::diversity(k, ranked)),
            Self::HitRate => each(hit_rate::hit_rate),
            Self::Map => each(average_precision::average_precision),
            Self::Mrr => each(reciprocal_rank::reciprocal_rank),
            Self::Ndcg => each(ndcg::ndcg),
            Self::Precision => each(precision::precision),
            Self::Recall => each(recall::recall),
        }
    }
}

/// Over those that have a value.
fn mean(values: Vec<Option<f64>>) -> Option<f64> {
    let (sum, count) = values.into_iter().flatten().fold((0.0, 0_u32), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

impl Ranked<'_> {
    /// Of each user.
    fn hits(&self, k: usize) -> impl Iterator<Item = Hits> {
        let hits = move |(list, relevant): (&Vec<u32>, &Vec<u32>)| Hits {
            relevant: list.iter().take(k).map(|item| relevant.binary_search(item).is_ok()).collect(),
            all: relevant.len(),
            k,
        };
        self.lists.iter().zip(self.relevant).map(hits)
    }

    /// All recommended items, one after the other.
    fn recommended(&self, k: usize) -> impl Iterator<Item = u32> + '_ {
        self.lists.iter().flat_map(move |list| list.iter().take(k).copied())
    }

    /// How often each item is recommended `[items]`.
    fn times(&self, k: usize) -> Vec<u32> {
        let mut times = vec![0; self.raters.len()];
        self.recommended(k).for_each(|item| times[item as usize] += 1);
        times
    }
}

impl Hits {
    /// The places of relevant items in the list, from 1.
    fn places(&self) -> impl Iterator<Item = usize> + '_ {
        (1..).zip(&self.relevant).filter(|(_, relevant)| **relevant).map(|(place, _)| place)
    }

    /// How many relevant items a list can hold.
    fn possible(&self) -> usize {
        self.all.min(self.k)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two users and six items; the second user's list is short, as nothing else can be recommended.
    const LISTS: [&[u32]; 2] = [&[5, 0, 3], &[1, 2]];
    const RELEVANT: [&[u32]; 2] = [&[0, 1, 3, 4], &[4]];

    fn value(metric: ListMetric, k: usize, users: usize) -> Option<f64> {
        let [lists, relevant] =
            [LISTS, RELEVANT].map(|of| of[..users].iter().map(|items| items.to_vec()).collect::<Vec<_>>());
        let raters = [4, 2, 1, 0, 8, 8];
        let rated = [(0, 0), (0, 1), (0, 2), (0, 3), (1, 0), (1, 1), (2, 1), (4, 5), (5, 0)];
        let ratings = Csr::from_entries(6, 8, rated.into_iter().map(|(item, user)| (item, user, 1.0)));
        let ratings = Some(&ratings);
        metric.compute(k, Ranked { lists: &lists, relevant: &relevant, raters: &raters, ratings, learned_from: 8 })
    }

    #[test]
    fn metrics_equal_hand_computed_values() {
        let gain = |place: f64| 1.0 / (place + 1.0).log2();
        for (metric, k, expected) in [
            (ListMetric::HitRate, 3, 0.5),
            (ListMetric::HitRate, 1, 0.0),
            (ListMetric::Precision, 3, 2.0 / 3.0 / 2.0),
            // Of four relevant items, at most three fit.
            (ListMetric::Recall, 3, 2.0 / 3.0 / 2.0),
            (ListMetric::Recall, 2, 1.0 / 2.0 / 2.0),
            (ListMetric::Mrr, 3, 0.5 / 2.0),
            (ListMetric::Map, 3, (1.0 / 2.0 + 2.0 / 3.0) / 3.0 / 2.0),
            (ListMetric::Ndcg, 3, (gain(2.0) + gain(3.0)) / (gain(1.0) + gain(2.0) + gain(3.0)) / 2.0),
            // Items 5 and 0 share one of 1 and 4 raters, nobody has rated item 3; items 1 and 2 share one of 2 and 1.
            (ListMetric::Diversity, 3, (1.0 - 0.5 / 3.0 + 1.0 - 1.0 / 2f64.sqrt()) / 2.0),
            (ListMetric::Coverage, 3, 5.0 / 6.0),
            (ListMetric::Coverage, 1, 2.0 / 6.0),
            // 0 bits for the item that all have rated, 1 for half of them, 3 for an eighth; an unrated one counts as rated once.
            (ListMetric::Novelty, 3, (0.0 + 1.0 + 3.0 + 2.0 + 3.0) / 5.0),
            // Times 0, 1, 1, 1, 1, 1 in rising order.
            (ListMetric::Gini, 3, 1.0 / 6.0),
        ] {
            let found = value(metric, k, 2).unwrap();
            assert!((found - expected).abs() < 1e-12, "{metric:?} at {k}: {found} instead of {expected}");
        }
    }

    #[test]
    fn nobody_is_no_value() {
        for metric in ListMetric::ALL {
            assert_eq!(value(metric, 3, 0), None, "{metric:?}");
        }
    }
}
