//! The leading singular vectors of a sparse matrix by randomized subspace iteration (Halko, Martinsson and Tropp 2011,
//! "Finding Structure with Randomness", SIAM Review 53(2), algorithm 4.4).

use crate::Csr;
use rand::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

/// Directions that are iterated beside those that are wanted, so that the last ones come out as well as the first.
const OVERSAMPLING: usize = 10;

/// After so many products with `AᵀA`, what lies in directions of half the singular value is down to a millionth.
const ITERATIONS: usize = 10;

/// A squared singular value that is smaller than this part of the largest one is rounding error.
const NEGLIGIBLE: f64 = 1e-12;

/// Sweeps over all pairs; about six are enough for matrices of any size that occurs here.
const SWEEPS: usize = 20;

/// The right singular vectors `[rank][columns]` of a `[rows, columns]` matrix, by descending singular value; fewer where its
/// rank is lower. The first of the largest components of each is positive.
pub fn right_singular_vectors(matrix: &Csr, rank: usize, seed: u64) -> Vec<Vec<f64>> {
    let transpose = matrix.transpose();
    let times = |vector: &[f64]| product(matrix, vector);
    leading(matrix.columns(), &times, &|vector: &[f64]| product(&transpose, vector), rank, seed)
}

/// The same of any matrix, given by its product with a vector `[columns]` and that of its transpose with a vector `[rows]`.
pub(crate) fn leading(
    columns: usize,
    times: &(impl Fn(&[f64]) -> Vec<f64> + Sync),
    transposed_times: &(impl Fn(&[f64]) -> Vec<f64> + Sync),
    rank: usize,
    seed: u64,
) -> Vec<Vec<f64>> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut direction = || StandardNormal.sample_iter(&mut random).take(columns).collect();
    let mut basis: Vec<Vec<f64>> = (0..(rank + OVERSAMPLING).min(columns)).map(|_| direction()).collect();
    orthonormalise(&mut basis);
    for _ in 0..ITERATIONS {
        basis.par_iter_mut().for_each(|vector| *vector = transposed_times(&times(vector)));
        orthonormalise(&mut basis);
    }
    let images: Vec<Vec<f64>> = basis.par_iter().map(|vector| times(vector)).collect();
    let gram = images.iter().map(|left| images.iter().map(|right| dot(left, right)).collect()).collect();
    let mut pairs = eigenpairs(gram);
    pairs.sort_by(|left, right| right.0.total_cmp(&left.0));
    let largest = pairs.first().map_or(0.0, |pair| pair.0);
    let kept = pairs.iter().take(rank).filter(|(square, _)| *square > NEGLIGIBLE * largest);
    kept.map(|(_, weights)| with_sign(combine(&basis, weights, columns))).collect()
}

/// A matrix times a vector.
pub(super) fn product(matrix: &Csr, vector: &[f64]) -> Vec<f64> {
    let row = |row| matrix.row(row).iter().map(|(column, value)| f64::from(value) * vector[column as usize]).sum();
    (0..matrix.rows()).map(row).collect()
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(a, b)| a * b).sum()
}

/// The sum of vectors of some length with these weights.
fn combine(vectors: &[Vec<f64>], weights: &[f64], length: usize) -> Vec<f64> {
    let mut sum = vec![0.0; length];
    for (vector, weight) in vectors.iter().zip(weights) {
        sum.iter_mut().zip(vector).for_each(|(sum, component)| *sum += weight * component);
    }
    sum
}

/// Gram and Schmidt's method, twice for the sake of rounding. A vector that depends on those before it becomes 0.
fn orthonormalise(vectors: &mut [Vec<f64>]) {
    for place in 0..vectors.len() {
        let (before, rest) = vectors.split_at_mut(place);
        let vector = &mut rest[0];
        let length = dot(vector, vector).sqrt();
        for other in before.iter().chain(before.iter()) {
            let shared = dot(vector, other);
            vector.iter_mut().zip(other).for_each(|(component, other)| *component -= shared * other);
        }
        let left = dot(vector, vector).sqrt();
        let scale = if left > NEGLIGIBLE * length { left.recip() } else { 0.0 };
        vector.iter_mut().for_each(|component| *component *= scale);
    }
}

/// The eigenvalues of a symmetric matrix, each with its vector, in no order: Jacobi's method (Golub and Van Loan, "Matrix
/// Computations", section 8.5).
fn eigenpairs(mut matrix: Vec<Vec<f64>>) -> Vec<(f64, Vec<f64>)> {
    let size = matrix.len();
    let unit = |place| (0..size).map(|other| f64::from(u8::from(other == place))).collect();
    let mut vectors: Vec<Vec<f64>> = (0..size).map(unit).collect();
    let pairs = (0..size).flat_map(|left| (left + 1..size).map(move |right| (left, right)));
    for (left, right) in (0..SWEEPS).flat_map(|_| pairs.clone()) {
        if matrix[left][right] == 0.0 {
            continue;
        }
        let ratio = (matrix[right][right] - matrix[left][left]) / (2.0 * matrix[left][right]);
        let tangent = ratio.signum() / (ratio.abs() + ratio.hypot(1.0));
        let cosine = tangent.hypot(1.0).recip();
        let turn = |a: f64, b: f64| (cosine * (a - tangent * b), cosine * (tangent * a + b));
        for rows in [&mut matrix, &mut vectors] {
            let (above, below) = rows.split_at_mut(right);
            above[left].iter_mut().zip(&mut below[0]).for_each(|(a, b)| (*a, *b) = turn(*a, *b));
        }
        for row in &mut matrix {
            (row[left], row[right]) = turn(row[left], row[right]);
        }
    }
    vectors.into_iter().enumerate().map(|(place, vector)| (matrix[place][place], vector)).collect()
}

/// A singular vector is one up to its sign. Components that are as large as the largest but for rounding count as such.
fn with_sign(vector: Vec<f64>) -> Vec<f64> {
    let largest = vector.iter().fold(0.0, |most: f64, component| most.max(component.abs()));
    let decisive = vector.iter().find(|component| component.abs() > 0.999 * largest);
    let sign = decisive.map_or(1.0, |component| component.signum());
    vector.into_iter().map(|component| sign * component).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(rows: &[&[f32]]) -> Csr {
        let cells = (0..).zip(rows).flat_map(|(r, row)| (0..).zip(*row).map(move |(c, &value)| (r, c, value)));
        Csr::from_entries(rows.len(), rows[0].len(), cells.filter(|(.., value)| *value != 0.0))
    }

    /// A matrix, and its right singular vectors.
    type Case<'a> = (&'a [&'a [f32]], &'a [&'a [f64]]);

    #[test]
    fn vectors_that_are_known() {
        let half = 0.5_f64.sqrt();
        let cases: [Case<'_>; 4] = [
            (&[&[3.0, 0.0], &[0.0, -4.0]], &[&[0.0, 1.0], &[1.0, 0.0]]),
            // AᵀA = [[2, 1], [1, 2]] with the eigenvalues 3 and 1.
            (&[&[1.0, 1.0], &[1.0, 0.0], &[0.0, 1.0]], &[&[half, half], &[half, -half]]),
            // Rank 1.
            (&[&[1.0, 2.0, 2.0], &[2.0, 4.0, 4.0]], &[&[1.0 / 3.0, 2.0 / 3.0, 2.0 / 3.0]]),
            (&[&[0.0, 0.0]], &[]),
        ];
        for (rows, expected) in cases {
            let found = right_singular_vectors(&matrix(rows), 3, 1);
            assert_eq!(found.len(), expected.len(), "{rows:?}");
            for (found, expected) in found.iter().zip(expected) {
                let off = found.iter().zip(*expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
                assert!(off < 1e-9, "{rows:?}: {found:?} instead of {expected:?}");
            }
        }
    }

    #[test]
    fn a_matrix_with_more_columns_than_are_iterated() {
        // Singular values 2, 4, …, 80 on the diagonal.
        let entries = (0..40_u32).map(|place| (place, place, 2.0 * (place + 1) as f32));
        let diagonal = Csr::from_entries(40, 40, entries);
        let found = right_singular_vectors(&diagonal, 3, 5);
        for (place, vector) in (37..40).rev().zip(&found) {
            assert!(vector[place] > 0.995, "the component {place} is {}", vector[place]);
        }
        for (a, left) in found.iter().enumerate() {
            for (b, right) in found.iter().enumerate() {
                assert!((dot(left, right) - f64::from(u8::from(a == b))).abs() < 1e-9);
            }
        }
    }
}
