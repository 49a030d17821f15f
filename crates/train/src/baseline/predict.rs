//! Many users at once: each by one thread, so that the number of threads changes no number.

use hourglass_data::Csr;
use rayon::prelude::*;

use super::{Estimator, Question, When};
use crate::Task;
use crate::inputs::{HeldOut, Inputs};

/// Predictions for the stored entries that are asked for, row by row.
pub(super) fn by_user<E: Estimator + ?Sized>(task: &Task<'_>, estimator: &E, asked: HeldOut<'_>) -> Vec<f32> {
    let (train, shown) = (&task.inputs.ratings, &asked.inputs.ratings);
    let mut values = vec![0.0; asked.ratings.len()];
    let mut rest = &mut values[..];
    let mut of_users = Vec::new();
    for user in 0..asked.ratings.rows() {
        let items = asked.ratings.row(user).columns;
        let (scores, others) = rest.split_at_mut(items.len());
        rest = others;
        if !items.is_empty() {
            let question = question(train, shown, user, items);
            of_users.push((Question { when: when(task, asked.inputs, user, true), ..question }, scores));
        }
    }
    of_users.into_par_iter().for_each(|(question, scores)| estimator.score(&question, scores));
    values
}

/// The scores of all items for some users `[rows × items]`.
pub(crate) fn scores(task: &Task<'_>, estimator: &dyn Estimator, shown: &Inputs, rows: &[u32]) -> Vec<f32> {
    let train = &task.inputs.ratings;
    let items: Vec<u32> = (0..shown.ratings.columns() as u32).collect();
    let question = |&row: &u32| Question {
        when: when(task, shown, row as usize, false),
        ..question(train, &shown.ratings, row as usize, &items)
    };
    let asked: Vec<Question<'_>> = rows.iter().map(question).collect();
    let mut scores = vec![0.0; rows.len() * items.len()];
    estimator.score_many(&asked, &mut scores);
    scores
}

/// A user is known by their ratings: who is shown with others at the same place is somebody else.
fn question<'a>(train: &Csr, shown: &'a Csr, user: usize, items: &'a [u32]) -> Question<'a> {
    let shown = shown.row(user);
    let is_known = user < train.rows() && !shown.is_empty() && train.row(user) == shown;
    Question { known: is_known.then_some(user), shown, items, when: None }
}

/// When whoever is in this row has rated; of somebody whom the data does not know, nothing is known of that either.
fn when<'a>(task: &Task<'a>, shown: &Inputs, row: usize, then: bool) -> Option<When<'a>> {
    let user = match &shown.numbers {
        None => row as u32,
        Some(numbers) => u32::try_from(numbers[row]).ok()?,
    };
    Some(When { times: task.context.times?, user, then: then && shown.numbers.is_none() })
}
