//! What a test leaves besides its metrics: how ratings, predictions and errors are distributed.

use anyhow::Result;
use hourglass_data::{Axis, Catalogue, Csr};
use hourglass_report::attribute_errors::error_by_attribute;
use hourglass_report::test_tables::{TestRatings, error_by_activity, prediction_counts, rating_counts, write_lines};
use hourglass_report::{TrialFolder, UserErrors};
use hourglass_train::evaluate::Rated;
use hourglass_train::inputs::HeldOut;
use hourglass_train::lists::Lists;
use hourglass_train::{Metric, Task};

/// Writes the tables of a test; `parts` are training, validation and test, `rated` is of the entries of the last, `users` are all.
///
/// # Errors
/// When the disk refuses.
pub fn write(
    folder: &TrialFolder,
    task: &Task<'_>,
    parts: &[HeldOut<'_>; 3],
    rated: &Rated,
    users: &Catalogue,
) -> Result<()> {
    let values =
        |part: &HeldOut<'_>| -> Vec<f32> { part.ratings.entries().map(|(_, _, number)| task.rating(number)).collect() };
    let [train, validation] = [&parts[0], &parts[1]].map(values);
    let shown = shown(&parts[2].inputs.ratings, task.rows);
    write_lines(&folder.ratings(), &rating_counts([&train, &validation, &rated.target]))?;
    // Scores that are no ratings have no errors.
    if !task.predicts_ratings() {
        return Ok(());
    }
    let tested = TestRatings { ratings: &rated.target, predicted: &rated.clipped, users: &rated.users, shown: &shown };
    write_lines(&folder.predictions(), &prediction_counts(tested))?;
    write_lines(&folder.error_by_activity(), &error_by_activity(tested))?;
    let attributes: Vec<(&str, &[String])> =
        users.attributes.iter().map(|attribute| (attribute.name.as_str(), &attribute.values[..])).collect();
    let errors = error_by_attribute(tested, &attributes);
    // Where nothing is known of users, there is nothing to break errors down by.
    if errors.is_empty() { Ok(()) } else { Ok(write_lines(&folder.error_by_attribute(), &errors)?) }
}

/// Writes how far off the test was for each user.
///
/// # Errors
/// When the disk refuses.
pub fn write_user_errors(folder: &TrialFolder, task: &Task<'_>, rated: &Rated, lists: Option<&Lists>) -> Result<()> {
    let of_users = |metric: &Metric| {
        let Metric::List { metric: list, k } = metric else { return None };
        let values = list.of_users(k.get() as usize, lists?.ranked())?;
        Some((metric.to_string(), lists?.users().iter().copied().zip(values).collect()))
    };
    let of_lists = task.evaluation.metrics.list().iter().filter_map(of_users).collect();
    let errors = UserErrors::of(&rated.target, &rated.clipped, &rated.users, of_lists);
    Ok(errors.write(&folder.user_errors())?)
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
