//! What a test leaves besides its metrics: how ratings, predictions and errors are distributed.

use anyhow::Result;
use hourglass_data::{Axis, Csr};
use hourglass_report::TrialFolder;
use hourglass_report::test_tables::{TestRatings, error_by_activity, prediction_counts, rating_counts, write_lines};
use hourglass_train::Task;
use hourglass_train::evaluate::{ratings, users_and_items};
use hourglass_train::inputs::HeldOut;

/// Writes the tables of a test; `parts` are training, validation and test, `predicted` is of the entries of the last.
///
/// # Errors
/// When the disk refuses.
pub fn write(folder: &TrialFolder, task: &Task<'_>, parts: &[HeldOut<'_>; 3], predicted: &[f32]) -> Result<()> {
    let values =
        |part: &HeldOut<'_>| -> Vec<f32> { part.ratings.entries().map(|(_, _, number)| task.rating(number)).collect() };
    let [train, validation, test] = [&parts[0], &parts[1], &parts[2]].map(values);
    let [users, _] = users_and_items(parts[2].ratings, task.rows);
    let shown = shown(&parts[2].inputs.ratings, task.rows);
    write_lines(&folder.ratings(), &rating_counts([&train, &validation, &test]))?;
    // Scores that are no ratings have no errors.
    if !task.predicts_ratings() {
        return Ok(());
    }
    let predicted = ratings(task, predicted);
    let tested = TestRatings { ratings: &test, predicted: &predicted, users: &users, shown: &shown };
    write_lines(&folder.predictions(), &prediction_counts(tested))?;
    Ok(write_lines(&folder.error_by_activity(), &error_by_activity(tested))?)
}

/// How many ratings of each user there are in what a network is shown `[rows, columns]`.
fn shown(ratings: &Csr, rows: Axis) -> Vec<u32> {
    match rows {
        Axis::Users => (0..ratings.rows()).map(|row| ratings.row(row).len() as u32).collect(),
        Axis::Items => {
            let mut shown = vec![0; ratings.columns()];
            ratings.entries().for_each(|(_, user, _)| shown[user as usize] += 1);
            shown
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratings_are_counted_by_user_whatever_rows_are() {
        let by_user = Csr::from_entries(3, 2, [(0, 0, 5.0), (0, 1, 0.0), (2, 1, 3.0)].into_iter());
        assert_eq!(shown(&by_user, Axis::Users), [2, 0, 1]);
        assert_eq!(shown(&by_user.transpose(), Axis::Items), [2, 0, 1]);
    }
}
