//! An epoch: one pass over the rows, or several, each in an order of its own.

use hourglass_data::Csr;
use rand::seq::SliceRandom;

use crate::alternate::passes;
use crate::config::Order;
use crate::engine::Running;
use crate::event::{Event, Observer};
use crate::loss::part_names;
use crate::pairs::{Likes, Partner};
use crate::reading::Readings;
use crate::state::State;
use crate::step::{Moment, step};
use crate::stream::{Purpose, Streams};
use crate::{Error, Task};

/// Learns from every row with a training rating exactly once a pass, and returns the mean of the loss and of its parts.
pub(crate) fn epoch<'a>(
    task: &Task<'a>,
    engine: &mut Running<'a>,
    state: &mut State,
    number: usize,
    observe: Observer<'_>,
) -> Result<Vec<f64>, Error> {
    let passes = passes(task.train, number);
    let size = task.train.batch.get();
    let batches = passes.len() * trainable_rows(&task.inputs.ratings).len().div_ceil(size);
    let mut readings = Readings::new(part_names(task).len());
    let mut batch = 0;
    for pass in passes {
        let order = order(task, pass.number);
        engine.begin(task, state, number, pass, &order);
        let partners = partners(task, &order, pass.number);
        for (place, rows) in order.chunks(size).enumerate() {
            batch += 1;
            let partners = partners.chunks(size).nth(place);
            let moment = Moment { epoch: number, batch, batches, first: place * size, pass, partners };
            step(task, engine, state, moment, rows, &mut readings)?;
            observe(Event::Batch { epoch: number, batch, batches })?;
        }
    }
    let means = readings.means()?;
    Ok([means.iter().sum()].into_iter().chain(means).collect())
}

/// With whom each of these rows is compared in this epoch; nobody, where nothing asks for it.
fn partners(task: &Task<'_>, rows: &[u32], epoch: usize) -> Vec<Partner> {
    task.penalty.similarity.as_ref().map_or_else(Vec::new, |config| {
        Likes::new(&task.inputs.ratings, config.threshold.map(f32::from)).partners(config, rows, task.streams(), epoch)
    })
}

/// The rows that have a training rating, as an epoch's pass visits them.
fn order(task: &Task<'_>, pass: usize) -> Vec<u32> {
    match task.train.order {
        Order::Shuffled => shuffled(&task.inputs.ratings, task.streams(), pass),
        Order::AsGiven => trainable_rows(&task.inputs.ratings),
    }
}

/// The rows that have a training rating, in an order that each pass draws anew.
pub(crate) fn shuffled(ratings: &Csr, streams: Streams, pass: usize) -> Vec<u32> {
    let mut rows = trainable_rows(ratings);
    rows.shuffle(&mut streams.generator(Purpose::Order, pass, 0));
    rows
}

/// The rows that have a training rating.
pub(crate) fn trainable_rows(ratings: &Csr) -> Vec<u32> {
    (0..ratings.rows() as u32).filter(|&row| !ratings.row(row as usize).columns.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One rating in each of these rows of a matrix with 100 rows.
    fn rated(rows: &[u32]) -> Csr {
        Csr::from_entries(100, 1, rows.iter().map(|&row| (row, 0, 3.0)))
    }

    #[test]
    fn an_order_holds_each_rated_row_once() {
        for rows in [(0..100).collect(), (0..100).step_by(3).collect(), vec![7], vec![]] {
            for epoch in 1..5 {
                let mut order = shuffled(&rated(&rows), Streams::new(1), epoch);
                order.sort_unstable();
                assert_eq!(order, rows, "epoch {epoch}");
            }
        }
    }

    #[test]
    fn orders_differ_between_epochs_and_seeds_and_are_else_the_same() {
        let all = rated(&(0..100).collect::<Vec<_>>());
        let of = |seed, epoch| shuffled(&all, Streams::new(seed), epoch);
        assert_eq!(of(1, 1), of(1, 1));
        for (seed, epoch) in [(1, 2), (1, 3), (2, 1)] {
            assert_ne!(of(seed, epoch), of(1, 1), "seed {seed}, epoch {epoch}");
        }
    }
}
