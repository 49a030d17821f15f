//! The best of all scores, without ever holding more than tiles of them.

use std::ops::Range;

use hourglass_data::Csr;

use super::{Scorer, Scores, tiles};
use crate::best::Best;
use crate::engine::sparse::Team;
use crate::inputs::Inputs;

/// Rows that one thread scores together: enough that weights are worth fetching for them.
pub(super) const ROWS: usize = 96;

/// Fewest rows that are scored together where another thread has some to score.
const FEWEST_ROWS: usize = 24;

/// Shares of few rows: so many threads have something to do.
const SHARES: usize = 4;

/// Of each of these rows, the columns with the highest scores and these scores `[rows][≤ length]`, the best first; of equal
/// ones, the first column. Columns that the row holds in one of `known` are left out, and so are those of `never`, which ascend.
pub fn best_columns(
    scorer: &dyn Scorer,
    shown: &Inputs,
    rows: &[u32],
    length: usize,
    known: &[&Csr],
    never: &[u32],
) -> Vec<Vec<(f32, u32)>> {
    let mut best: Vec<Best> = rows.iter().map(|_| Best::new(length)).collect();
    for (rows, best) in rows.chunks(scorer.rows()).zip(best.chunks_mut(scorer.rows())) {
        let scores = scorer.prepare(shown, rows);
        let size = rows.len().div_ceil(SHARES).clamp(FEWEST_ROWS, ROWS);
        let work = |(number, best): (usize, &mut [Best])| {
            let places = number * size..number * size + best.len();
            offer_columns(scores.as_ref(), shown.ratings.columns(), rows, places, best, known, never);
        };
        each(best.chunks_mut(size).enumerate().collect(), work);
    }
    best.into_iter().map(Best::sorted).collect()
}

/// Shows some rows all their columns.
fn offer_columns(
    scores: &dyn Scores,
    columns: usize,
    rows: &[u32],
    places: Range<usize>,
    best: &mut [Best],
    known: &[&Csr],
    never: &[u32],
) {
    let mut tile = Vec::new();
    for columns in tiles(columns) {
        scores.tile(places.clone(), columns.clone(), &mut tile);
        let of_rows = tile.chunks_mut(columns.len()).zip(&rows[places.clone()]).zip(&mut *best);
        for ((scores, &row), best) in of_rows {
            hide(scores, &columns, never);
            known.iter().for_each(|known| hide(scores, &columns, known.row(row as usize).columns));
            best.offer_all(columns.start as u32, scores);
        }
    }
}

/// Of each of these columns, which ascend, the rows with the highest scores and these scores `[columns][≤ length]`, the best
/// first; of equal ones, the first row. `rows` ascend. A row that holds the column in one of `known` is left out.
pub fn best_rows(
    scorer: &dyn Scorer,
    shown: &Inputs,
    rows: &[u32],
    columns: &[u32],
    length: usize,
    known: &[&Csr],
) -> Vec<Vec<(f32, u32)>> {
    let mut best: Vec<Best> = columns.iter().map(|_| Best::new(length)).collect();
    for rows in rows.chunks(scorer.rows()) {
        let scores = scorer.prepare(shown, rows);
        let (mut jobs, mut columns, mut best) = (Vec::new(), columns, best.as_mut_slice());
        for tile in tiles(shown.ratings.columns()) {
            let count = columns.partition_point(|&column| (column as usize) < tile.end);
            let (wanted, left) = columns.split_at(count);
            let (of_tile, rest) = best.split_at_mut(count);
            (columns, best) = (left, rest);
            if !wanted.is_empty() {
                jobs.push((tile, wanted, of_tile));
            }
        }
        each(jobs, |(tile, wanted, best): (Range<usize>, &[u32], &mut [Best])| {
            offer_rows(scores.as_ref(), rows, &tile, wanted, best, known);
        });
    }
    best.into_iter().map(Best::sorted).collect()
}

/// Shows the wanted columns of a tile all these rows.
fn offer_rows(
    scores: &dyn Scores,
    rows: &[u32],
    columns: &Range<usize>,
    wanted: &[u32],
    best: &mut [Best],
    known: &[&Csr],
) {
    let mut tile = Vec::new();
    for first in (0..rows.len()).step_by(ROWS) {
        let places = first..rows.len().min(first + ROWS);
        scores.tile(places.clone(), columns.clone(), &mut tile);
        for (scores, &row) in tile.chunks_mut(columns.len()).zip(&rows[places]) {
            known.iter().for_each(|known| hide(scores, columns, known.row(row as usize).columns));
            let wanted = wanted.iter().map(|&column| scores[column as usize - columns.start]);
            best.iter_mut().zip(wanted).for_each(|(best, score)| best.offer(row, score));
        }
    }
}

/// Gives some columns a score that no list takes.
fn hide(scores: &mut [f32], of: &Range<usize>, columns: &[u32]) {
    let first = columns.partition_point(|&column| (column as usize) < of.start);
    let hidden = columns[first..].iter().map(|&column| column as usize).take_while(|&column| column < of.end);
    hidden.for_each(|column| scores[column - of.start] = f32::NEG_INFINITY);
}

/// Does all jobs, a single one without starting threads for it.
fn each<J: Send>(jobs: Vec<J>, work: impl Fn(J) + Send + Sync) {
    match jobs.len() {
        0 | 1 => jobs.into_iter().for_each(work),
        _ => Team::new().each(jobs, work),
    }
}
