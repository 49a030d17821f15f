//! What is known of an epoch before it begins: how each step will change weights, and which rows of weights it is told something
//! about.
//!
//! A row of weights without an entry in a batch has no gradient there, but most optimizers change it all the same: by what is
//! left of its momentum, by weight decay. These steps need nothing that is not known before. So a row makes them ahead of their
//! time: right after a step in which it has an entry, while it is still in the nearest cache, it makes all those up to the next one in
//! which it has, at once where that can be ([`together`](super::closed_form)). Rows that a batch does not touch cost it nothing.
//!
//! Where steps can be made but one by one ([`alone`](super::one_by_one)), computing them takes longer than reading a row again. If all
//! steps of the epoch are alike, rows then put them off, until many rows can be found that make as many, in jobs long enough to be
//! shared out.

use std::collections::BTreeMap;

use hourglass_data::Csr;

/// Batches before which rows make the steps that they have put off.
pub(crate) const WINDOW: usize = 32;

/// When the columns of a matrix have entries in the batches of an epoch.
#[derive(Debug)]
pub(crate) enum Visits {
    /// Every column has a gradient in every batch.
    Always {
        /// How many.
        columns: u32,
    },
    /// Where there are entries only.
    Sometimes {
        /// For some batches, and for the end, the columns that make steps before it, ascending, each with their number.
        due: BTreeMap<usize, Vec<Visit>>,
        /// For each batch, its columns, ascending, each with the next batch in which it has an entry; with its own, where it puts
        /// off the steps between.
        batches: Vec<Vec<Visit>>,
    },
}

/// A column in a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Visit {
    pub(crate) column: u32,
    /// The next batch with it; the number of batches, where there is none.
    pub(crate) next: u32,
}

impl Visits {
    /// For batches of rows of these matrices, whose columns stand side by side. A column without any entry in the epoch never has
    /// a gradient, and `changes_unvisited` says whether its weights change all the same.
    pub(crate) fn of(matrices: &[&Csr], batches: &[&[u32]], changes_unvisited: bool) -> Self {
        let end = batches.len() as u32;
        let width: usize = matrices.iter().map(|matrix| matrix.columns()).sum();
        let mut upcoming = vec![end; width];
        let mut entries = Columns::none_of(width);
        let mut visits: Vec<Vec<Visit>> = Vec::with_capacity(batches.len());
        for (number, rows) in batches.iter().enumerate().rev() {
            let mut offset = 0;
            for matrix in matrices {
                for &column in rows.iter().flat_map(|&row| matrix.row(row as usize).columns) {
                    entries.insert(offset + column as usize);
                }
                offset += matrix.columns();
            }
            let visit =
                |column| Visit { column, next: std::mem::replace(&mut upcoming[column as usize], number as u32) };
            visits.push(entries.take().map(visit).collect());
        }
        visits.reverse();
        let goes = |visit: &Visit| visit.next > 0 && (visit.next < end || changes_unvisited);
        let first = (0..).zip(upcoming).map(|(column, next)| Visit { column, next }).filter(goes).collect();
        Self::Sometimes { due: BTreeMap::from([(0, first)]), batches: visits }
    }

    /// The same with steps put off, as far as the next entry is in another window of batches; in steps of which all are alike. The
    /// one in which a row has an entry may be of them.
    pub(crate) fn put_off(self, with_own: bool) -> Self {
        let Self::Sometimes { mut due, mut batches } = self else { return self };
        let end = batches.len();
        // The first batch of its window; or the end.
        let window = |batch: u32| if batch as usize == end { end } else { batch as usize / WINDOW * WINDOW };
        for visit in due.remove(&0).unwrap_or_default() {
            due.entry(window(visit.next)).or_default().push(visit);
        }
        for (number, visits) in (0..).zip(&mut batches) {
            for visit in visits.iter_mut().filter(|visit| window(visit.next) != window(number)) {
                let steps = visit.next - number - u32::from(!with_own);
                if steps > 0 {
                    due.entry(window(visit.next)).or_default().push(Visit { next: steps, ..*visit });
                }
                visit.next = number;
            }
        }
        due.values_mut().for_each(|due| due.sort_unstable_by_key(|visit| visit.column));
        Self::Sometimes { due, batches }
    }

    /// The columns that make steps before this batch, or at the end, each with their number.
    pub(crate) fn due(&self, batch: usize) -> &[Visit] {
        match self {
            Self::Always { .. } => &[],
            Self::Sometimes { due, .. } => due.get(&batch).map_or(&[], |due| due),
        }
    }

    /// Those of a batch.
    pub(crate) fn batch(&self, batch: usize) -> Vec<Visit> {
        match self {
            Self::Always { columns } => (0..*columns).map(|column| Visit { column, next: batch as u32 + 1 }).collect(),
            Self::Sometimes { batches, .. } => batches[batch].clone(),
        }
    }
}

/// Some columns of a matrix, a bit each.
struct Columns(Vec<u64>);

impl Columns {
    fn none_of(width: usize) -> Self {
        Self(vec![0; width.div_ceil(64)])
    }

    fn insert(&mut self, column: usize) {
        self.0[column / 64] |= 1 << (column % 64);
    }

    /// Takes them all out, ascending.
    fn take(&mut self) -> impl Iterator<Item = u32> {
        (0..).zip(&mut self.0).flat_map(|(word, bits)| {
            let mut bits = std::mem::take(bits);
            std::iter::from_fn(move || {
                let lowest = (bits != 0).then(|| bits.trailing_zeros())?;
                bits &= bits - 1;
                Some(64 * word + lowest)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(visits: &[Visit]) -> Vec<(u32, u32)> {
        visits.iter().map(|visit| (visit.column, visit.next)).collect()
    }

    #[test]
    fn each_column_knows_when_it_is_next() {
        let ratings = Csr::from_entries(4, 3, [(0, 0, 1.0), (1, 2, 1.0), (2, 0, 1.0), (3, 0, 1.0)].into_iter());
        let side = Csr::from_entries(4, 2, [(1, 0, 1.0), (3, 0, 1.0)].into_iter());
        let visits = |unvisited| Visits::of(&[&ratings, &side], &[&[1], &[0, 2], &[3]], unvisited);
        assert_eq!(pairs(visits(true).due(0)), [(0, 1), (1, 3), (4, 3)]);
        assert_eq!(pairs(visits(false).due(0)), [(0, 1)]);
        assert_eq!(pairs(visits(true).due(3)), []);
        assert_eq!(pairs(&visits(true).batch(0)), [(2, 3), (3, 2)]);
        assert_eq!(pairs(&visits(true).batch(1)), [(0, 2)]);
        assert_eq!(pairs(&visits(true).batch(2)), [(0, 3), (3, 3)]);
        assert_eq!(pairs(&Visits::Always { columns: 2 }.batch(4)), [(0, 5), (1, 5)]);
    }

    #[test]
    fn steps_are_put_off_to_the_window_with_the_next_entry() {
        const W: u32 = WINDOW as u32;
        const END: u32 = 2 * W + 8;
        // In batches of a row each, column 0 is in all, column 1 in two of one window, 2 in two of others, 3 in none.
        let is_in = |row: u32| [true, row == 1 || row == 3, row == 5 || row == 2 * W + 6, false];
        let columns = |row: u32| (0..).zip(is_in(row)).filter(|(_, is_in)| *is_in);
        let entries = (0..END).flat_map(|row| columns(row).map(move |(column, _)| (row, column, 1.0)));
        let ratings = Csr::from_entries(END as usize, 4, entries);
        let rows: Vec<[u32; 1]> = (0..END).map(|row| [row]).collect();
        let batches: Vec<&[u32]> = rows.iter().map(|row| &row[..]).collect();
        for (with_own, expected) in [
            (false, [vec![(1, 1), (2, 5)], vec![], vec![(2, 2 * W)], vec![(1, END - 4), (2, 1), (3, END)]]),
            (
                true,
                [
                    vec![(1, 1), (2, 5)],
                    vec![(0, 1)],
                    vec![(0, 1), (2, 2 * W + 1)],
                    vec![(0, 1), (1, END - 3), (2, 2), (3, END)],
                ],
            ),
        ] {
            let visits = Visits::of(&[&ratings], &batches, true).put_off(with_own);
            let due = [0, W, 2 * W, END].map(|batch| pairs(visits.due(batch as usize)));
            assert_eq!(due, expected);
            assert_eq!(pairs(visits.due(1)), []);
            for (batch, expected) in [
                (1, vec![(0, 2), (1, 3)]),
                (3, vec![(0, 4), (1, 3)]),
                (5, vec![(0, 6), (2, 5)]),
                (W - 1, vec![(0, W - 1)]),
            ] {
                assert_eq!(pairs(&visits.batch(batch as usize)), expected);
            }
        }
    }
}
