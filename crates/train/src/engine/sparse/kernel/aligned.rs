//! Rows of numbers where lines of the cache begin. A row that is summed up many times is read in half the time there: sixteen
//! numbers in a line are one access, in two lines they are two.

use super::vector::LINE;

/// So many lines in a row: if all rows began at the same place of a page, they would drive each other from the nearest cache.
const LONG: usize = 16;

/// A matrix whose rows begin where lines do.
#[derive(Debug)]
pub(crate) struct AlignedRows {
    numbers: Vec<f32>,
    /// Where the first row begins.
    start: usize,
    /// Numbers from where a row begins to where the next one does.
    pub(crate) stride: usize,
}

impl AlignedRows {
    /// Of a matrix `[rows, width]`.
    pub(crate) fn of(matrix: &[f32], width: usize) -> Self {
        let lines = width.div_ceil(LINE);
        let stride = if lines < LONG { lines * LINE } else { (lines | 1) * LINE };
        let mut numbers = vec![0.0; matrix.len() / width * stride + LINE];
        let start = numbers.as_ptr().align_offset(LINE * size_of::<f32>()).min(LINE);
        let rows = numbers[start..].chunks_exact_mut(stride);
        rows.zip(matrix.chunks_exact(width)).for_each(|(to, row)| to[..width].copy_from_slice(row));
        Self { numbers, start, stride }
    }

    /// Row after row.
    pub(crate) fn rows(&self) -> &[f32] {
        &self.numbers[self.start..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_begin_with_lines_and_are_what_they_were() {
        for (rows, width) in [(1, 1), (3, 16), (5, 37), (4, 500), (2, 512)] {
            let matrix: Vec<f32> = (0..rows * width).map(|place| place as f32).collect();
            let aligned = AlignedRows::of(&matrix, width);
            for (row, expected) in matrix.chunks(width).enumerate() {
                let found = &aligned.rows()[row * aligned.stride..][..width];
                assert_eq!(found, expected);
                assert_eq!(found.as_ptr().addr() % 64, 0, "{rows} rows of {width}");
            }
        }
    }
}
