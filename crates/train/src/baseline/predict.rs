//! Many users at once: each by one thread, so that the number of threads changes no number.

use rayon::prelude::*;

use super::{Estimator, Question, When};
use crate::Task;
use crate::inputs::{HeldOut, Inputs};

/// Predictions for the stored entries that are asked for, row by row.
pub(super) fn by_user<E: Estimator + ?Sized>(task: &Task<'_>, estimator: &E, asked: HeldOut<'_>) -> Vec<f32> {
    let mut values = vec![0.0; asked.ratings.len()];
    let mut rest = &mut values[..];
    let mut of_users = Vec::new();
    for user in 0..asked.ratings.rows() {
        let items = asked.ratings.row(user).columns;
        let (scores, others) = rest.split_at_mut(items.len());
        rest = others;
        if !items.is_empty() {
            of_users.push((question(task, asked.inputs, user, items, true), scores));
        }
    }
    of_users.into_par_iter().for_each(|(question, scores)| estimator.score(&question, scores));
    values
}

/// The scores of all items for some users `[rows × items]`.
pub(crate) fn scores(task: &Task<'_>, estimator: &dyn Estimator, shown: &Inputs, rows: &[u32]) -> Vec<f32> {
    let items: Vec<u32> = (0..shown.ratings.columns() as u32).collect();
    let asked: Vec<Question<'_>> = rows.iter().map(|&row| question(task, shown, row as usize, &items, false)).collect();
    let mut scores = vec![0.0; rows.len() * items.len()];
    estimator.score_many(&asked, &mut scores);
    scores
}

/// A user is known by their ratings: who is shown with others at the same place is somebody else. Of somebody whom the data does
/// not know, no times are known; `then` asks about those at which the items were rated.
fn question<'a>(task: &Task<'a>, shown: &'a Inputs, row: usize, items: &'a [u32], then: bool) -> Question<'a> {
    let train = &task.inputs.ratings;
    let ratings = shown.ratings.row(row);
    let is_known = row < train.rows() && !ratings.is_empty() && train.row(row) == ratings;
    let (user, then) = match &shown.numbers {
        None => (Some(row as u32), then),
        Some(numbers) => (u32::try_from(numbers[row]).ok(), false),
    };
    let when = task.context.times.zip(user).map(|(times, user)| When { times, user, then });
    Question { known: is_known.then_some(row), shown: ratings, items, when }
}
