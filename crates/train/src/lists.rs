//! Lists of recommended items, as they are measured: for every user with a relevant held-out item, the items with the highest
//! outputs among those that the network was not shown.

use hourglass_data::{Axis, Csr};

use crate::inputs::HeldOut;
use crate::metric::{ListMetric, Metric, Ranked};
use crate::score::{best_columns, best_rows, scorer};
use crate::{Learner, Task};

/// The lists of all users that are measured, and what they are measured by; see [`Ranked`].
#[derive(Debug, Clone, PartialEq)]
pub struct Lists {
    /// Whose they are: places in the catalogue `[users]`.
    users: Vec<u32>,
    /// `[users][≤ length]`.
    lists: Vec<Vec<u32>>,
    /// `[users][]`.
    relevant: Vec<Vec<u32>>,
    /// `[items]`.
    raters: Vec<u32>,
    /// `[items, users]`, where it is needed.
    ratings: Option<Csr>,
    learned_from: usize,
}

impl Lists {
    /// For the users of a part, as long as the longest that the experiment measures; nothing, where it measures none.
    ///
    /// No list has an item that the user's row or column in `known` holds, as in what is shown.
    pub fn of(task: &Task<'_>, model: &Learner, asked: HeldOut<'_>, known: &[&Csr]) -> Option<Self> {
        let length = longest(task)?;
        let relevant = relevant(task, asked.ratings);
        let users: Vec<u32> =
            (0..).zip(&relevant).filter(|(_, items)| !items.is_empty()).map(|(user, _)| user).collect();
        let known: Vec<&Csr> = [&asked.inputs.ratings].into_iter().chain(known.iter().copied()).collect();
        let scorer = scorer(task, model);
        let best = match task.rows {
            Axis::Users => best_columns(scorer.as_ref(), asked.inputs, &users, length, &known, &[]),
            Axis::Items => {
                let items: Vec<u32> = (0..asked.ratings.rows() as u32).collect();
                best_rows(scorer.as_ref(), asked.inputs, &items, &users, length, &known)
            }
        };
        Some(Self {
            users,
            lists: best.into_iter().map(|best| best.into_iter().map(|(_, item)| item).collect()).collect(),
            ratings: needs_ratings(task).then(|| by_item(task)),
            relevant: relevant.into_iter().filter(|items| !items.is_empty()).collect(),
            raters: raters(task),
            learned_from: users_with_ratings(task),
        })
    }

    /// As metrics take them.
    pub fn ranked(&self) -> Ranked<'_> {
        let Self { lists, relevant, raters, ratings, learned_from, .. } = self;
        Ranked { lists, relevant, raters, ratings: ratings.as_ref(), learned_from: *learned_from }
    }

    /// Whose lists they are, in their order: places in the catalogue `[users]`.
    pub fn users(&self) -> &[u32] {
        &self.users
    }
}

fn needs_ratings(task: &Task<'_>) -> bool {
    let compares_items = |metric: &Metric| matches!(metric, Metric::List { metric: ListMetric::Diversity, .. });
    task.evaluation.metrics.list().iter().any(compares_items)
}

/// The training ratings `[items, users]`.
fn by_item(task: &Task<'_>) -> Csr {
    match task.rows {
        Axis::Users => task.inputs.ratings.transpose(),
        Axis::Items => task.inputs.ratings.clone(),
    }
}

/// Of the metrics on lists.
pub(crate) fn longest(task: &Task<'_>) -> Option<usize> {
    let lengths = task.evaluation.metrics.list().iter().filter_map(|metric| match metric {
        Metric::List { k, .. } => Some(k.get() as usize),
        Metric::Rating(_) | Metric::Reconstruction(_) => None,
    });
    lengths.max()
}

/// Of each user, the items held out that count as liked `[users][]`.
fn relevant(task: &Task<'_>, part: &Csr) -> Vec<Vec<u32>> {
    // Where ratings are mapped to a range, so is the boundary: the way back has rounding errors.
    let from = task.evaluation.relevant_from.map_or(f32::NEG_INFINITY, |from| task.number(from.into()));
    let users = match task.rows {
        Axis::Users => part.rows(),
        Axis::Items => part.columns(),
    };
    let mut relevant = vec![Vec::new(); users];
    for (row, column, _) in part.entries().filter(|&(_, _, rating)| rating >= from) {
        match task.rows {
            Axis::Users => relevant[row as usize].push(column),
            Axis::Items => relevant[column as usize].push(row),
        }
    }
    relevant
}

/// How many training ratings each item has.
fn raters(task: &Task<'_>) -> Vec<u32> {
    let ratings = &task.inputs.ratings;
    match task.rows {
        Axis::Users => counts(ratings.entries().map(|(_, column, _)| column), ratings.columns()),
        Axis::Items => counts(ratings.entries().map(|(row, _, _)| row), ratings.rows()),
    }
}

fn users_with_ratings(task: &Task<'_>) -> usize {
    let ratings = &task.inputs.ratings;
    let of_users = match task.rows {
        Axis::Users => counts(ratings.entries().map(|(row, _, _)| row), ratings.rows()),
        Axis::Items => counts(ratings.entries().map(|(_, column, _)| column), ratings.columns()),
    };
    of_users.iter().filter(|count| **count > 0).count()
}

fn counts(places: impl Iterator<Item = u32>, length: usize) -> Vec<u32> {
    let mut counts = vec![0; length];
    places.for_each(|place| counts[place as usize] += 1);
    counts
}
