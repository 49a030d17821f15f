//! Held-out ratings of which nothing is known: their user is shown with no rating, or their item has no training rating.

use hourglass_data::{Axis, Csr, Finite};
use serde::{Deserialize, Serialize};

use crate::Task;
use crate::evaluate::users_and_items;
use crate::inputs::HeldOut;

/// What counts as the prediction for such a rating, as written in `evaluation.cold`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cold {
    /// This rating, as AutoRec's authors take 3: `{ constant = 3 }`.
    Constant(Finite),
    /// The mean of all training ratings.
    GlobalMean,
    /// What the model says, which has learned nothing of the item or is shown nothing of the user.
    #[default]
    Predict,
    /// The mean of what is shown of the user; of a user of whom nothing is, that of all training ratings.
    UserMean,
}

impl Cold {
    /// Whether the model is asked all the same.
    pub(crate) fn is_predict(&self) -> bool {
        *self == Self::Predict
    }
}

/// Whether nothing is known of the user or of the item of each rating that is asked for `[entries]`.
pub fn cold(task: &Task<'_>, asked: HeldOut<'_>) -> Vec<bool> {
    let rows_have =
        |ratings: &Csr| -> Vec<bool> { (0..ratings.rows()).map(|row| !ratings.row(row).is_empty()).collect() };
    let columns_have = |ratings: &Csr| {
        let mut have = vec![false; ratings.columns()];
        ratings.entries().for_each(|(_, column, _)| have[column as usize] = true);
        have
    };
    // Of users counts what is shown when they are asked for, of items what was learned from.
    let (learned, shown) = (&task.inputs.ratings, &asked.inputs.ratings);
    let (rows, columns) = match task.rows {
        Axis::Users => (rows_have(shown), columns_have(learned)),
        Axis::Items => (rows_have(learned), columns_have(shown)),
    };
    asked.ratings.entries().map(|(row, column, _)| !rows[row as usize] || !columns[column as usize]).collect()
}

/// Puts what `evaluation.cold` says in the place of the predictions for cold ratings, in rating points `[entries]`.
pub(crate) fn replace(task: &Task<'_>, asked: HeldOut<'_>, cold: &[bool], predicted: &mut [f32]) {
    let mean = || task.inputs.ratings.mean().map_or(0.0, |mean| task.rating(mean as f32));
    match task.evaluation.cold {
        Cold::Predict => {}
        Cold::Constant(value) => fill(predicted, cold, |_| value.into()),
        Cold::GlobalMean => {
            let mean = mean();
            fill(predicted, cold, |_| mean);
        }
        Cold::UserMean => {
            let (mean, means) = (mean(), user_means(&asked.inputs.ratings, task.rows));
            let [users, _] = users_and_items(asked.ratings, task.rows);
            fill(predicted, cold, |entry| means[users[entry] as usize].map_or(mean, |number| task.rating(number)));
        }
    }
}

fn fill(predicted: &mut [f32], cold: &[bool], value: impl Fn(usize) -> f32) {
    let entries = predicted.iter_mut().zip(cold).enumerate();
    entries.filter(|(_, (_, cold))| **cold).for_each(|(entry, (predicted, _))| *predicted = value(entry));
}

/// Of what is shown of each user, in the range of the network.
fn user_means(shown: &Csr, rows: Axis) -> Vec<Option<f32>> {
    let by_user = match rows {
        Axis::Users => shown.clone(),
        Axis::Items => shown.transpose(),
    };
    (0..by_user.rows()).map(|user| by_user.row(user).mean().map(|mean| mean as f32)).collect()
}
