//! Products of the small matrices of a body. Each number is added up over k = 0, 1, … by itself, so that no bit depends on which
//! rows are computed together, or by whom.

use crate::engine::sparse::Compute;
use crate::engine::sparse::kernel::vector::{lanes_of, multiply_add};

/// Multiplications in one job, at least: it must be longer than handing it out.
const MULTIPLICATIONS: usize = 1 << 18;

/// Rows of a job, a multiple of those that share the fetching of weights.
const ROWS: usize = 24;

/// Side of the squares in which a matrix is transposed.
const SQUARE: usize = 16;

impl Compute {
    /// `sums += left · right`, of `left` `[rows × inner]` and `right` `[inner × width]`.
    pub(crate) fn multiply(&self, sums: &mut [f32], left: &[f32], right: &[f32], width: usize) {
        let inner = right.len() / width;
        let rows = MULTIPLICATIONS.div_ceil(right.len()).next_multiple_of(ROWS);
        let jobs = sums.chunks_mut(rows * width).zip(left.chunks(rows * inner)).collect();
        self.team.each(jobs, |(sums, left)| self.vector.multiply(sums, left, right, width));
    }

    /// `[width]`, of a matrix `[rows × width]`.
    pub(crate) fn sums_over_rows(&self, matrix: &[f32], width: usize) -> Vec<f32> {
        let mut sums = vec![0.0; width];
        self.vector.multiply(&mut sums, &vec![1.0; matrix.len() / width], matrix, width);
        sums
    }
}

/// `[width × rows]`, of a matrix `[rows × width]`.
pub(crate) fn transposed(matrix: &[f32], width: usize) -> Vec<f32> {
    let rows = matrix.len() / width;
    if rows == 1 || width == 1 {
        return matrix.to_vec();
    }
    let mut columns = vec![0.0; matrix.len()];
    for top in (0..rows).step_by(SQUARE) {
        for left in (0..width).step_by(SQUARE) {
            for row in top..rows.min(top + SQUARE) {
                for column in left..width.min(left + SQUARE) {
                    columns[column * rows + row] = matrix[row * width + column];
                }
            }
        }
    }
    columns
}

#[inline(always)]
pub(crate) fn multiply<const FUSED: bool, const LANES: usize>(
    sums: &mut [f32],
    left: &[f32],
    right: &[f32],
    width: usize,
) {
    // As many sums as stay in registers beside the weights that they share.
    let start = match LANES {
        256 => multiply_columns::<FUSED, 64, 6>(sums, left, right, width, 0),
        _ => 0,
    };
    let start = multiply_columns::<FUSED, 16, 6>(sums, left, right, width, start);
    let start = multiply_columns::<FUSED, 4, 6>(sums, left, right, width, start);
    multiply_columns::<FUSED, 1, 6>(sums, left, right, width, start);
}

/// Columns in parts so many lanes wide, from this one on; returns where it stopped.
#[inline(always)]
fn multiply_columns<const FUSED: bool, const LANES: usize, const ROWS: usize>(
    sums: &mut [f32],
    left: &[f32],
    right: &[f32],
    width: usize,
    mut start: usize,
) -> usize {
    let inner = right.len() / width;
    while start + LANES <= width {
        let mut blocks = sums.chunks_exact_mut(ROWS * width);
        let mut lefts = left.chunks_exact(ROWS * inner);
        for (sums, left) in (&mut blocks).zip(&mut lefts) {
            multiply_rows::<FUSED, LANES, ROWS>(sums, left, right, width, start);
        }
        let rest = blocks.into_remainder().chunks_exact_mut(width);
        for (sums, left) in rest.zip(lefts.remainder().chunks_exact(inner)) {
            multiply_rows::<FUSED, LANES, 1>(sums, left, right, width, start);
        }
        start += LANES;
    }
    start
}

#[inline(always)]
fn multiply_rows<const FUSED: bool, const LANES: usize, const ROWS: usize>(
    sums: &mut [f32],
    left: &[f32],
    right: &[f32],
    width: usize,
    start: usize,
) {
    let inner = right.len() / width;
    let rows: [&[f32]; ROWS] = std::array::from_fn(|row| &left[row * inner..][..inner]);
    let mut lanes: [[f32; LANES]; ROWS] = std::array::from_fn(|row| *lanes_of(sums, row * width + start));
    for k in 0..inner {
        let shared: &[f32; LANES] = lanes_of(right, k * width + start);
        for (lanes, row) in lanes.iter_mut().zip(rows) {
            let factor = row[k];
            for (lane, &number) in lanes.iter_mut().zip(shared) {
                *lane = multiply_add::<FUSED>(factor, number, *lane);
            }
        }
    }
    for (row, lanes) in lanes.iter().enumerate() {
        sums[row * width + start..][..LANES].copy_from_slice(lanes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::sparse::kernel::vector::Vector;

    #[test]
    fn products_of_any_size_are_right_and_rows_like_any_other() {
        for (rows, inner, width) in [(1, 20, 10), (1, 1, 1), (7, 3, 20), (13, 40, 65), (6, 5, 64), (300, 33, 101)] {
            let number = |place: usize| (place as f32 * 12.9898).sin();
            let left: Vec<f32> = (0..rows * inner).map(number).collect();
            let right: Vec<f32> = (0..inner * width).map(|place| number(place + 1000)).collect();
            let columns = transposed(&right, width);
            for compute in Vector::levels().into_iter().map(|vector| Compute { vector, ..Compute::new() }) {
                let mut sums = vec![0.5; rows * width];
                compute.multiply(&mut sums, &left, &right, width);
                for (row, column) in (0..rows).flat_map(|row| (0..width).map(move |column| (row, column))) {
                    let terms = left[row * inner..][..inner].iter().zip(&columns[column * inner..][..inner]);
                    let expected = 0.5 + terms.map(|(&a, &b)| f64::from(a) * f64::from(b)).sum::<f64>();
                    let found = f64::from(sums[row * width + column]);
                    assert!(
                        (found - expected).abs() < 1e-5,
                        "{compute:?}, {rows} x {inner} x {width}: {found}, not {expected}"
                    );
                }
                let mut alone = vec![0.5; width];
                compute.multiply(&mut alone, &left[(rows - 1) * inner..], &right, width);
                assert_eq!(alone, sums[(rows - 1) * width..], "a row is like any other");
                let of_columns = compute.sums_over_rows(&left, inner);
                for (column, found) in of_columns.iter().enumerate() {
                    let expected: f64 = left.iter().skip(column).step_by(inner).map(|&number| f64::from(number)).sum();
                    assert!((f64::from(*found) - expected).abs() < 1e-5, "{compute:?}: {found}, not {expected}");
                }
            }
        }
    }
}
