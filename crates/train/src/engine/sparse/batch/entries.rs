//! The stored entries of some rows, by row and by column.

use std::ops::Range;

use hourglass_data::Csr;

/// Entries row by row.
#[derive(Debug)]
pub(crate) struct Rows {
    /// `[batch + 1]`.
    starts: Vec<usize>,
    /// Ascending in a row `[entries]`.
    pub(crate) columns: Vec<u32>,
    /// `[entries]`.
    pub(crate) values: Vec<f32>,
    /// Behind the last column that has an entry.
    end: usize,
}

impl Rows {
    /// The entries of these rows of a matrix.
    pub(crate) fn of(matrix: &Csr, rows: &[u32]) -> Self {
        let count = rows.iter().map(|&row| matrix.row(row as usize).len()).sum();
        let mut entries = Self::with_capacity(rows.len(), count);
        for &row in rows {
            let row = matrix.row(row as usize);
            entries.columns.extend_from_slice(row.columns);
            entries.values.extend_from_slice(row.values);
            entries.end_row();
        }
        entries
    }

    /// The entries of these rows of a matrix that another one does not have; their values are 0.
    pub(crate) fn without(matrix: &Csr, other: &Csr, rows: &[u32]) -> Self {
        let mut entries = Self::with_capacity(rows.len(), 0);
        for &row in rows {
            let there = other.row(row as usize).columns;
            let columns = matrix.row(row as usize).columns.iter();
            entries.columns.extend(columns.filter(|column| there.binary_search(column).is_err()));
            entries.end_row();
        }
        entries.values = vec![0.0; entries.columns.len()];
        entries
    }

    /// None yet, with room for so many.
    pub(crate) fn with_capacity(rows: usize, count: usize) -> Self {
        let mut starts = Vec::with_capacity(rows + 1);
        starts.push(0);
        Self { starts, columns: Vec::with_capacity(count), values: Vec::with_capacity(count), end: 0 }
    }

    /// Whatever was added since the last row ended is a row.
    pub(crate) fn end_row(&mut self) {
        self.starts.push(self.columns.len());
        self.end = self.end.max(self.columns.last().map_or(0, |&last| last as usize + 1));
    }

    /// How many rows.
    pub(crate) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// The places of a row's entries.
    pub(crate) fn row(&self, row: usize) -> Range<usize> {
        self.starts[row]..self.starts[row + 1]
    }

    /// Rows that have an entry.
    pub(crate) fn filled(&self) -> usize {
        (0..self.len()).filter(|&row| !self.row(row).is_empty()).count()
    }

    /// The sum of the entries of each of so many columns, if these were their values.
    pub(crate) fn sums_of_columns(&self, values: &[f32], columns: usize) -> Vec<f32> {
        let mut sums = vec![0.0; columns];
        self.columns.iter().zip(values).for_each(|(&column, value)| sums[column as usize] += value);
        sums
    }

    /// The places of the entries of neighbouring rows.
    pub(crate) fn of_rows(&self, rows: &Range<usize>) -> Range<usize> {
        self.starts[rows.start]..self.starts[rows.end]
    }

    /// Whether most columns are those of several rows.
    pub(crate) fn share_columns(&self) -> bool {
        self.columns.len() > 2 * self.end
    }

    /// Ranges of rows of about the same number of entries: at most so many, unless they would have fewer entries than this.
    pub(crate) fn parts(&self, count: usize, least: usize) -> Vec<Range<usize>> {
        let all = self.columns.len();
        let count = count.min(all / least.max(1)).max(1);
        let end = |part: usize| self.starts[..self.len()].partition_point(|&start| start < all * part / count);
        let ends = (1..count).map(end).chain([self.len()]);
        let parts = ends.scan(0, |begin, end| Some(std::mem::replace(begin, end)..end));
        parts.filter(|rows| !rows.is_empty()).collect()
    }

    /// Visits the entries of some rows, a row at a time and each row's in order; where rows share columns, only so many
    /// neighbouring columns of all rows before the next, so that what belongs to these columns stays in the cache.
    pub(crate) fn visit(&self, rows: Range<usize>, neighbours: usize, mut visit: impl FnMut(usize, Range<usize>)) {
        let mut left = self.of_rows(&rows).len();
        let step = if self.share_columns() { neighbours as u32 } else { u32::MAX };
        let mut next: Vec<usize> = rows.clone().map(|row| self.starts[row]).collect();
        let mut end = step;
        while left > 0 {
            for (row, next) in rows.clone().zip(&mut next) {
                let start = *next;
                *next += self.columns[start..self.starts[row + 1]].partition_point(|&column| column < end);
                if start < *next {
                    visit(row, start..*next);
                    left -= *next - start;
                }
            }
            end = end.saturating_add(step);
        }
    }
}

/// The same entries column by column; in a column, row by row.
#[derive(Debug)]
pub(crate) struct Columns {
    /// How many columns, with entries and without.
    count: usize,
    index: Index,
    /// The row of the batch `[entries]`.
    pub(crate) rows: Vec<u32>,
    /// Where the entry is in [`Rows`] `[entries]`.
    places: Vec<u32>,
}

/// Where entries of columns begin.
#[derive(Debug)]
enum Index {
    /// Those of each `[columns + 1]`.
    Of(Vec<u32>),
    /// Those of columns with entries, ascending: each column, and where its entries begin and end.
    OfFew(Vec<(u32, Range<u32>)>),
}

/// So many columns without an entry are looked through in the time that it takes to sort one.
const LOOKED_THROUGH: usize = 8;

impl Columns {
    /// Of a matrix with so many columns.
    pub(crate) fn of(entries: &Rows, columns: usize) -> Self {
        let few = entries.columns.len() * LOOKED_THROUGH < columns;
        if few { Self::by_sorting(entries, columns) } else { Self::by_counting(entries, columns) }
    }

    fn by_sorting(entries: &Rows, columns: usize) -> Self {
        let row = |row: usize| entries.row(row).map(move |place| (row as u32, place as u32));
        let mut places: Vec<(u32, u32)> = (0..entries.len()).flat_map(row).collect();
        places.sort_by_key(|&(_, place)| entries.columns[place as usize]);
        let column = |&(_, place): &(u32, u32)| entries.columns[place as usize];
        let mut end = 0;
        let index = places.chunk_by(|one, other| column(one) == column(other)).map(|chunk| {
            let start = end;
            end += chunk.len() as u32;
            (column(&chunk[0]), start..end)
        });
        let index = Index::OfFew(index.collect());
        let (rows, places) = places.into_iter().unzip();
        Self { count: columns, index, rows, places }
    }

    fn by_counting(entries: &Rows, columns: usize) -> Self {
        // Where the next entry of a column belongs, one place further on than where its first one does.
        let mut starts = vec![0; columns + 2];
        entries.columns.iter().for_each(|&column| starts[column as usize + 2] += 1);
        let mut before = 0;
        for start in &mut starts {
            before += *start;
            *start = before;
        }
        let (mut rows, mut places) = (vec![0; entries.columns.len()], vec![0; entries.columns.len()]);
        for row in 0..entries.len() {
            for place in entries.row(row) {
                let next = &mut starts[entries.columns[place] as usize + 1];
                rows[*next as usize] = row as u32;
                places[*next as usize] = place as u32;
                *next += 1;
            }
        }
        starts.truncate(columns + 1);
        Self { count: columns, index: Index::Of(starts), rows, places }
    }

    /// How many columns, with entries and without.
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// Values of the entries, from the order of [`Rows`] to this one.
    pub(crate) fn sorted(&self, values: &[f32]) -> Vec<f32> {
        self.places.iter().map(|&place| values[place as usize]).collect()
    }

    /// The places of a column's entries.
    pub(crate) fn column(&self, column: usize) -> Range<usize> {
        let places = match &self.index {
            Index::Of(starts) => starts[column]..starts[column + 1],
            Index::OfFew(columns) => match columns.binary_search_by_key(&(column as u32), |(column, _)| *column) {
                Ok(found) => columns[found].1.clone(),
                Err(_) => 0..0,
            },
        };
        places.start as usize..places.end as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_hold_the_entries_of_rows_in_order() {
        let matrix = Csr::from_entries(3, 4, [(0, 1, 1.0), (0, 3, 2.0), (2, 0, 3.0), (2, 1, 4.0)].into_iter());
        let rows = Rows::of(&matrix, &[2, 1, 0]);
        assert_eq!((rows.len(), rows.row(0), rows.row(1), rows.row(2)), (3, 0..2, 2..2, 2..4));
        for columns in [Columns::by_counting(&rows, 4), Columns::by_sorting(&rows, 4)] {
            let rows_of = |column| &columns.rows[columns.column(column)];
            assert_eq!((columns.len(), [0, 1, 2, 3].map(rows_of)), (4, [&[0][..], &[0, 2], &[], &[2]]));
            assert_eq!(columns.sorted(&rows.values), [3.0, 4.0, 1.0, 2.0]);
        }
        let other = Csr::from_entries(3, 4, [(0, 2, 1.0), (2, 1, 1.0)].into_iter());
        let rest = Rows::without(&matrix, &other, &[2, 0, 1]);
        assert_eq!((rest.columns.clone(), rest.row(0), rest.row(1)), (vec![0, 1, 3], 0..1, 1..3));
        assert_eq!((rows.filled(), rows.sums_of_columns(&rows.values, 4)), (2, vec![3.0, 5.0, 0.0, 2.0]));
    }
}
