//! What is known of an epoch before it begins: how each step will change weights, and which rows of weights it is told something
//! about.
//!
//! A row of weights without an entry in a batch has no gradient there, but most optimizers change it all the same: by what is
//! left of its momentum, by weight decay. These steps need nothing that is not known before. So a row makes them ahead of their
//! time: right after a step in which it has an entry, while it is still in the nearest cache, it makes all those up to the next one in
//! which it has, at once where that can be ([`together`](super::together)). Rows that a batch does not touch cost it nothing.

use hourglass_data::Csr;

/// When the columns of a matrix have entries in the batches of an epoch.
#[derive(Debug)]
pub(super) enum Visits {
    /// Every column has a gradient in every batch.
    Always {
        /// How many.
        columns: u32,
    },
    /// Where there are entries only.
    Sometimes {
        /// The first batch of each column; the number of batches, where there is none `[columns]`.
        first: Vec<u32>,
        /// For each batch, its columns, ascending, each with the next batch in which it has an entry.
        batches: Vec<Vec<Visit>>,
    },
}

/// A column in a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Visit {
    pub(super) column: u32,
    /// The next batch with it; the number of batches, where there is none.
    pub(super) next: u32,
}

impl Visits {
    /// For batches of rows of these matrices, whose columns stand side by side.
    pub(super) fn of(matrices: &[&Csr], batches: &[&[u32]]) -> Self {
        let end = batches.len() as u32;
        let width: usize = matrices.iter().map(|matrix| matrix.columns()).sum();
        let mut upcoming = vec![end; width];
        let mut has_entry = vec![false; width];
        let mut visits: Vec<Vec<Visit>> = Vec::with_capacity(batches.len());
        for (number, rows) in batches.iter().enumerate().rev() {
            let mut offset = 0;
            for matrix in matrices {
                for &column in rows.iter().flat_map(|&row| matrix.row(row as usize).columns) {
                    has_entry[offset + column as usize] = true;
                }
                offset += matrix.columns();
            }
            let columns = (0..width as u32).filter(|&column| std::mem::take(&mut has_entry[column as usize]));
            let visit =
                |column| Visit { column, next: std::mem::replace(&mut upcoming[column as usize], number as u32) };
            visits.push(columns.map(visit).collect());
        }
        visits.reverse();
        Self::Sometimes { first: upcoming, batches: visits }
    }

    /// For each row of weights that goes ahead at the beginning of the epoch, the first batch that it waits for. A column
    /// without any entry in the epoch never has one, and `changes_unvisited` says whether its weights change all the same.
    pub(super) fn first(&self, changes_unvisited: bool) -> Vec<Visit> {
        let Self::Sometimes { first, batches } = self else { return Vec::new() };
        let end = batches.len() as u32;
        let goes = |visit: &Visit| visit.next > 0 && (visit.next < end || changes_unvisited);
        let visits = (0..).zip(first).map(|(column, &next)| Visit { column, next });
        visits.filter(goes).collect()
    }

    /// Those of a batch.
    pub(super) fn batch(&self, batch: usize) -> Vec<Visit> {
        match self {
            Self::Always { columns } => (0..*columns).map(|column| Visit { column, next: batch as u32 + 1 }).collect(),
            Self::Sometimes { batches, .. } => batches[batch].clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_column_knows_when_it_is_next() {
        let ratings = Csr::from_entries(4, 3, [(0, 0, 1.0), (1, 2, 1.0), (2, 0, 1.0), (3, 0, 1.0)].into_iter());
        let side = Csr::from_entries(4, 2, [(1, 0, 1.0), (3, 0, 1.0)].into_iter());
        let visits = Visits::of(&[&ratings, &side], &[&[1], &[0, 2], &[3]]);
        let pairs = |visits: Vec<Visit>| visits.iter().map(|visit| (visit.column, visit.next)).collect::<Vec<_>>();
        assert_eq!(pairs(visits.first(true)), [(0, 1), (1, 3), (4, 3)]);
        assert_eq!(pairs(visits.first(false)), [(0, 1)]);
        assert_eq!(pairs(visits.batch(0)), [(2, 3), (3, 2)]);
        assert_eq!(pairs(visits.batch(1)), [(0, 2)]);
        assert_eq!(pairs(visits.batch(2)), [(0, 3), (3, 3)]);
        assert_eq!(pairs(Visits::Always { columns: 2 }.batch(4)), [(0, 5), (1, 5)]);
    }
}
