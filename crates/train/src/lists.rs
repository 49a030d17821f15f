//! Lists of recommended items, as they are measured: for every user with a relevant held-out item, the items with the highest
//! outputs among those that the network was not shown.

use hourglass_data::{Axis, Csr};
use hourglass_models::{Mode, Model};

use crate::Task;
use crate::best::Best;
use crate::engine::dense;
use crate::inputs::{HeldOut, Inputs};
use crate::metric::{ListMetric, Metric, Ranked};
use crate::noise::Phase;

/// Outputs that are in memory at the same time.
pub(crate) const CELLS: usize = 1 << 23;

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
    pub fn of(task: &Task<'_>, model: &dyn Model, asked: HeldOut<'_>, known: &[&Csr]) -> Option<Self> {
        let length = longest(task)?;
        let relevant = relevant(task, asked.ratings);
        let mut best: Vec<Option<Best>> =
            relevant.iter().map(|items| (!items.is_empty()).then(|| Best::new(length))).collect();
        let known: Vec<&Csr> = [&asked.inputs.ratings].into_iter().chain(known.iter().copied()).collect();
        let columns = asked.ratings.columns();
        // Where rows are items, each user needs all of them.
        let is_needed = |row: &u32| task.rows == Axis::Items || best[*row as usize].is_some();
        let rows: Vec<u32> = (0..asked.ratings.rows() as u32).filter(is_needed).collect();
        for rows in rows.chunks((CELLS / columns.max(1)).max(1)) {
            let mut scores = scores(task, model, asked.inputs, rows);
            for (scores, &row) in scores.chunks_mut(columns).zip(rows) {
                for &column in known.iter().flat_map(|known| known.row(row as usize).columns) {
                    scores[column as usize] = f32::NEG_INFINITY;
                }
            }
            offer(task.rows, rows, &scores, columns, &mut best);
        }
        let raters = raters(task);
        let best = best.into_iter().flatten().map(|best| best.sorted().into_iter().map(|(_, item)| item).collect());
        let asked: Vec<u32> =
            (0..).zip(&relevant).filter(|(_, items)| !items.is_empty()).map(|(user, _)| user).collect();
        Some(Self {
            users: asked,
            lists: best.collect(),
            ratings: needs_ratings(task).then(|| by_item(task)),
            relevant: relevant.into_iter().filter(|items| !items.is_empty()).collect(),
            learned_from: users_with_ratings(task),
            raters,
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

/// All outputs of some rows, as evaluation makes them, where there is one for each value of a rating what they mean as a rating
/// `[rows × columns]`.
pub fn scores(task: &Task<'_>, model: &dyn Model, shown: &Inputs, rows: &[u32]) -> Vec<f32> {
    tch::no_grad(|| {
        let outputs = dense::forward(task, model, shown, rows, Phase::Evaluate, &mut Mode::Evaluate).outputs;
        let cells = match outputs.size()[1] / shown.ratings.columns() as i64 {
            0 | 1 => outputs.reshape(-1),
            levels => outputs.reshape([-1, levels]),
        };
        Vec::try_from(task.objective.prediction(&cells, task.levels)).expect("numbers in one row")
    })
}

/// Shows each user the scores of some rows.
fn offer(of_rows: Axis, rows: &[u32], scores: &[f32], columns: usize, best: &mut [Option<Best>]) {
    for (scores, &row) in scores.chunks(columns).zip(rows) {
        match of_rows {
            Axis::Users => {
                let best = best[row as usize].as_mut().expect("only these rows are computed");
                (0..).zip(scores).for_each(|(item, &score)| best.offer(item, score));
            }
            Axis::Items => {
                let users = best.iter_mut().zip(scores).filter_map(|(best, &score)| Some((best.as_mut()?, score)));
                users.for_each(|(best, score)| best.offer(row, score));
            }
        }
    }
}

/// Of each user, the items held out that count as liked `[users][]`.
fn relevant(task: &Task<'_>, part: &Csr) -> Vec<Vec<u32>> {
    let from = task.evaluation.relevant_from.unwrap_or(f32::NEG_INFINITY);
    let users = match task.rows {
        Axis::Users => part.rows(),
        Axis::Items => part.columns(),
    };
    let mut relevant = vec![Vec::new(); users];
    for (row, column, _) in part.entries().filter(|&(_, _, rating)| task.rating(rating) >= from) {
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
