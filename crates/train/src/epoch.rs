//! One pass over the rows, in an order of its own.

use hourglass_data::Csr;
use rand::seq::SliceRandom;

use crate::event::Event;
use crate::fit::{Observer, State};
use crate::step::step;
use crate::stream::Purpose;
use crate::{Error, Task};

/// Learns from every row with a training rating exactly once, and returns the mean over rows of the loss and its parts.
pub(crate) fn epoch(
    task: &Task<'_>,
    state: &mut State,
    epoch: usize,
    observe: Observer<'_>,
) -> Result<Vec<f64>, Error> {
    let mut order = trainable_rows(&task.inputs.ratings);
    order.shuffle(&mut task.streams().generator(Purpose::Order, epoch, 0));
    let size = task.train.batch.get();
    let batches = order.len().div_ceil(size);
    let mut sums = vec![0.0; 1 + task.objective.part_names().len()];
    for (batch, rows) in (1..).zip(order.chunks(size)) {
        let losses = step(task, state, epoch, batch, rows)?;
        sums.iter_mut().zip(losses).for_each(|(sum, loss)| *sum += loss * rows.len() as f64);
        observe(Event::Batch { epoch, batch, batches })?;
    }
    Ok(sums.iter().map(|sum| sum / order.len() as f64).collect())
}

/// The rows that have a training rating.
pub(crate) fn trainable_rows(ratings: &Csr) -> Vec<u32> {
    (0..ratings.rows() as u32).filter(|&row| !ratings.row(row as usize).columns.is_empty()).collect()
}
