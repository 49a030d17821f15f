//! Whole rows as they come back, block by block: what [`ReconstructionMetric`] is measured on.

use hourglass_data::{Axis, Csr};
use rand::RngExt;

use crate::inputs::{Fill, HeldOut, Inputs};
use crate::metric::reconstruction::Reconstructed;
use crate::metric::{Metric, ReconstructionMetric};
use crate::score::{all, scorer};
use crate::stream::{Purpose, Streams};
use crate::{Learner, Task};

/// All outputs of the rows of a part beside what is known of them: what is shown and what is asked for, and 0 elsewhere. Nothing,
/// where the experiment measures no such thing.
pub fn reconstructed(task: &Task<'_>, model: &Learner, asked: HeldOut<'_>) -> Option<Reconstructed> {
    let wanted: Vec<ReconstructionMetric> = metrics(task).collect();
    let hides = |metric: &ReconstructionMetric| matches!(metric, ReconstructionMetric::HiddenRmse(_));
    if wanted.is_empty() {
        return None;
    }
    let mut found = Reconstructed::default();
    if !wanted.iter().all(hides) {
        of_all_cells(task, model, asked, &wanted, &mut found);
    }
    for metric in &wanted {
        if let ReconstructionMetric::HiddenRmse(share) = *metric {
            let (sum, count) = of_hidden(task, model, asked.inputs, share);
            found.hidden.push((share, sum, count));
        }
    }
    Some(found)
}

/// Those that the experiment asks for.
pub(crate) fn metrics(task: &Task<'_>) -> impl Iterator<Item = ReconstructionMetric> {
    task.evaluation.metrics.list().iter().filter_map(|metric| match metric {
        Metric::Reconstruction(metric) => Some(*metric),
        Metric::Rating(_) | Metric::List { .. } => None,
    })
}

/// What hides a rating must not have looked at it before.
///
/// # Errors
/// Names the key, why it does not fit, and what would.
pub(crate) fn check(task: &Task<'_>) -> Result<(), String> {
    let Some(metric) = metrics(task).find(|metric| matches!(metric, ReconstructionMetric::HiddenRmse(_))) else {
        return Ok(());
    };
    let seen = match (&task.inputs.groups, depends_on_users(&task.inputs.fill, task.rows)) {
        (Some(_), _) => "input.groups",
        (None, true) => "input.fill",
        (None, false) => return Ok(()),
    };
    Err(format!(
        "evaluation.metrics: {metric} hides ratings that {seen} has looked at; leave one of them out, set input.fill = \"zero\", or \
         hide the same share with [split.masked], whose test error is measured without them"
    ))
}

/// Whether users differ in what stands for their missing ratings: then it was made of their ratings.
fn depends_on_users(fill: &Fill, rows: Axis) -> bool {
    let of_users = match rows {
        Axis::Users => &fill.row[..],
        Axis::Items => fill.column.as_deref().unwrap_or_default(),
    };
    of_users.windows(2).any(|pair| pair[0] != pair[1])
}

fn of_all_cells(
    task: &Task<'_>,
    model: &Learner,
    asked: HeldOut<'_>,
    wanted: &[ReconstructionMetric],
    found: &mut Reconstructed,
) {
    let thresholds = wanted.iter().filter_map(|metric| match metric {
        ReconstructionMetric::PredictionsAbove(threshold) => Some((*threshold, 0)),
        _ => None,
    });
    found.above = thresholds.collect();
    let shown = &asked.inputs.ratings;
    let has_rating = |row: &u32| !shown.row(*row as usize).is_empty() || !asked.ratings.row(*row as usize).is_empty();
    let rows: Vec<u32> = (0..shown.rows() as u32).filter(has_rating).collect();
    found.cells = rows.len() as u64 * shown.columns() as u64;
    let mut known = vec![0.0; shown.columns()];
    in_blocks(task, model, asked.inputs, &rows, |row, outputs| {
        let entries = || shown.row(row).iter().chain(asked.ratings.row(row).iter());
        entries().for_each(|(column, number)| known[column as usize] = task.rating(number));
        for (output, known) in outputs.iter().map(|&output| task.rating(output)).zip(&known) {
            found.squared_error += (f64::from(output) - f64::from(*known)).powi(2);
            found.above.iter_mut().filter(|(threshold, _)| output > *threshold).for_each(|(_, count)| *count += 1);
        }
        entries().for_each(|(column, _)| known[column as usize] = 0.0);
    });
}

/// `Σ error²` at the hidden ratings of what is shown, and how many they are.
fn of_hidden(task: &Task<'_>, model: &Learner, shown: &Inputs, share: f32) -> (f64, u64) {
    let (kept, hidden) = hide(task.streams(), &shown.ratings, share);
    let rows: Vec<u32> = (0..hidden.rows() as u32).filter(|&row| !hidden.row(row as usize).is_empty()).collect();
    let mut sum = 0.0;
    in_blocks(task, model, &shown.with_ratings(kept), &rows, |row, outputs| {
        for (column, number) in hidden.row(row).iter() {
            let [output, rating] = [outputs[column as usize], number].map(|number| f64::from(task.rating(number)));
            sum += (output - rating).powi(2);
        }
    });
    (sum, hidden.len() as u64)
}

/// What is left of the ratings, and what is hidden: the same after every epoch.
fn hide(streams: Streams, ratings: &Csr, share: f32) -> (Csr, Csr) {
    let (mut kept, mut hidden) = (Vec::new(), Vec::new());
    for row in 0..ratings.rows() {
        let mut generator = streams.generator(Purpose::Hiding, 0, row);
        for (column, number) in ratings.row(row).iter() {
            let part = if generator.random::<f32>() < share { &mut hidden } else { &mut kept };
            part.push((row as u32, column, number));
        }
    }
    let matrix =
        |entries: Vec<(u32, u32, f32)>| Csr::from_entries(ratings.rows(), ratings.columns(), entries.iter().copied());
    (matrix(kept), matrix(hidden))
}

/// Shows all outputs of each row, as few rows at a time as fit into memory.
fn in_blocks(task: &Task<'_>, model: &Learner, shown: &Inputs, rows: &[u32], mut show: impl FnMut(usize, &[f32])) {
    let (columns, scorer) = (shown.ratings.columns().max(1), scorer(task, model));
    for rows in rows.chunks(scorer.rows()) {
        let outputs = all(scorer.as_ref(), shown, rows);
        rows.iter().zip(outputs.chunks(columns)).for_each(|(&row, outputs)| show(row as usize, outputs));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rating_is_hidden_or_kept_and_always_the_same() {
        let entries = (0..40).flat_map(|row| (0..50).map(move |column| (row, column, (row + column) as f32)));
        let ratings = Csr::from_entries(40, 50, entries);
        for share in [0.1_f32, 0.2, 0.8] {
            let (kept, hidden) = hide(Streams::new(1), &ratings, share);
            let mut all: Vec<_> = kept.entries().chain(hidden.entries()).collect();
            all.sort_by_key(|&(row, column, _)| (row, column));
            assert_eq!(all, ratings.entries().collect::<Vec<_>>());
            let found = hidden.len() as f64 / ratings.len() as f64;
            assert!((found - f64::from(share)).abs() < 0.03, "{share}: {found}");
            assert_eq!(hide(Streams::new(1), &ratings, share).1, hidden);
            assert_ne!(hide(Streams::new(2), &ratings, share).1, hidden);
        }
    }
}
