//! k-means: Lloyd's iteration (1982) from a k-means++ start (Arthur and Vassilvitskii 2007), best of several.

use super::Filled;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

/// Starts, of which the best is kept: Lloyd's iteration ends in the nearest optimum, not in the best.
const STARTS: u64 = 10;

/// Far more iterations than are ever needed.
const ITERATIONS: usize = 300;

/// Rows in groups around their means.
#[derive(Debug, Clone, PartialEq)]
pub struct Clusters {
    /// The cluster of each row, from 0, the one with most rows first: `[rows]`.
    pub of_row: Vec<u32>,
    /// The mean of each cluster, less what all rows of a [`Filled`] share: `[clusters][columns]`.
    pub centres: Vec<Vec<f64>>,
    /// The sum of the squared distances of all rows from the means of their clusters.
    pub inertia: f64,
}

/// The rows in `count` clusters (in as many as there are rows, where these are fewer), the same for the same seed.
pub fn k_means(matrix: &Filled, count: usize, seed: u64) -> Clusters {
    let squares = matrix.squares();
    let runs = (0..STARTS).map(|start| {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed.wrapping_mul(STARTS).wrapping_add(start));
        let centres = spread_centres(matrix, &squares, count.min(matrix.rows()), &mut random);
        lloyd(matrix, &squares, centres)
    });
    let best = runs.min_by(|left, right| left.inertia.total_cmp(&right.inertia));
    by_size(best.expect("there is more than one start"))
}

/// Rows far from each other: each is drawn with a probability that grows with its squared distance from those before it.
fn spread_centres(matrix: &Filled, squares: &[f64], count: usize, random: &mut Xoshiro256PlusPlus) -> Vec<Vec<f64>> {
    let mut nearest = vec![f64::INFINITY; matrix.rows()];
    let mut centres: Vec<Vec<f64>> = Vec::with_capacity(count);
    for place in 0..count {
        let row = match place {
            0 => random.random_range(0..matrix.rows()),
            _ => drawn(&nearest, random.random()),
        };
        let mut centre = vec![0.0; matrix.columns()];
        matrix.add_row(row, &mut centre);
        let distances = distances(matrix, squares, &centre);
        nearest.iter_mut().zip(distances).for_each(|(nearest, distance)| *nearest = nearest.min(distance));
        centres.push(centre);
    }
    centres
}

/// The place at which a share of the sum of all weights is reached.
fn drawn(weights: &[f64], share: f64) -> usize {
    let mut left = share * weights.iter().sum::<f64>();
    let reached = weights.iter().position(|weight| {
        left -= weight;
        left < 0.0
    });
    reached.unwrap_or(0)
}

/// The squared distance of each row from a centre.
fn distances(matrix: &Filled, squares: &[f64], centre: &[f64]) -> Vec<f64> {
    let own: f64 = centre.iter().map(|component| component * component).sum();
    let products = matrix.times(centre).into_iter().zip(squares);
    products.map(|(product, square)| (square - 2.0 * product + own).max(0.0)).collect()
}

fn lloyd(matrix: &Filled, squares: &[f64], mut centres: Vec<Vec<f64>>) -> Clusters {
    let (mut of_row, mut nearest) = assign(matrix, squares, &centres);
    for _ in 0..ITERATIONS {
        centres = means(matrix, &of_row, &nearest, centres.len());
        let (next, distances) = assign(matrix, squares, &centres);
        nearest = distances;
        if next == of_row {
            break;
        }
        of_row = next;
    }
    Clusters { of_row, centres, inertia: nearest.iter().sum() }
}

/// The nearest centre of each row, the first of equals, and how far it is.
fn assign(matrix: &Filled, squares: &[f64], centres: &[Vec<f64>]) -> (Vec<u32>, Vec<f64>) {
    let distances: Vec<Vec<f64>> = centres.par_iter().map(|centre| distances(matrix, squares, centre)).collect();
    let nearest = |row: usize| {
        let all = (0..).zip(&distances).map(|(cluster, distances)| (cluster, distances[row]));
        all.min_by(|left, right| left.1.total_cmp(&right.1)).unwrap_or((0, 0.0))
    };
    (0..matrix.rows()).map(nearest).unzip()
}

/// The mean of each cluster; one that has lost all its rows begins anew at the row that is farthest from its centre.
fn means(matrix: &Filled, of_row: &[u32], distances: &[f64], count: usize) -> Vec<Vec<f64>> {
    let mut sums = vec![vec![0.0; matrix.columns()]; count];
    let mut sizes = vec![0_usize; count];
    for (row, &cluster) in of_row.iter().enumerate() {
        matrix.add_row(row, &mut sums[cluster as usize]);
        sizes[cluster as usize] += 1;
    }
    let farthest = (0..of_row.len()).max_by(|&left, &right| distances[left].total_cmp(&distances[right]));
    for (sum, size) in sums.iter_mut().zip(sizes) {
        match farthest {
            Some(row) if size == 0 => matrix.add_row(row, sum),
            _ => sum.iter_mut().for_each(|component| *component /= size as f64),
        }
    }
    sums
}

/// The same clusters, numbered by falling size; of equals, the one that has the earlier row comes first.
fn by_size(clusters: Clusters) -> Clusters {
    let Clusters { of_row, centres, inertia } = clusters;
    let key = |cluster: usize| {
        let members = of_row.iter().filter(|&&other| other as usize == cluster).count();
        let first = of_row.iter().position(|&other| other as usize == cluster);
        (std::cmp::Reverse(members), first)
    };
    let mut order: Vec<usize> = (0..centres.len()).collect();
    order.sort_by_cached_key(|&cluster| key(cluster));
    let mut place = vec![0; centres.len()];
    (0..).zip(&order).for_each(|(new, &old)| place[old] = new);
    Clusters {
        of_row: of_row.iter().map(|&old| place[old as usize]).collect(),
        centres: order.iter().map(|&old| centres[old].clone()).collect(),
        inertia,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Csr;

    #[test]
    fn a_case_by_hand() {
        // Four points around (1, 1) and two around (10, 0), with the means (1, 1) and (10, 0.5).
        let points = Filled::dense(&[0.0, 1.0, 10.0, 0.0, 2.0, 1.0, 1.0, 0.0, 10.0, 1.0, 1.0, 2.0], 2);
        for seed in 0..5 {
            let found = k_means(&points, 2, seed);
            assert_eq!(found.of_row, [0, 1, 0, 0, 1, 0], "seed {seed}");
            assert_eq!(found.centres, [[1.0, 1.0], [10.0, 0.5]]);
            assert!((found.inertia - 4.5).abs() < 1e-9, "{}", found.inertia);
            assert_eq!(k_means(&points, 2, seed), found);
        }
    }

    #[test]
    fn as_many_clusters_as_points_and_one_for_all() {
        let points = Filled::dense(&[0.0, 3.0, 6.0], 1);
        let each = k_means(&points, 5, 1);
        assert_eq!((each.of_row.clone(), each.inertia), (vec![0, 1, 2], 0.0));
        let all = k_means(&points, 1, 1);
        assert_eq!((all.of_row, all.centres, all.inertia), (vec![0, 0, 0], vec![vec![3.0]], 18.0));
        // Fewer different points than clusters: one of the clusters stays without rows.
        assert_eq!(k_means(&Filled::dense(&[1.0, 1.0, 1.0], 1), 2, 1).of_row, [0, 0, 0]);
    }

    #[test]
    fn what_stands_for_a_missing_rating_counts() {
        // [5 1], [4.5 1] with a fill, [1 5], [1 4.5].
        let ratings = Csr::from_entries(
            4,
            2,
            [(0, 0, 5.0), (0, 1, 1.0), (1, 1, 1.0), (2, 0, 1.0), (2, 1, 5.0), (3, 0, 1.0)].into_iter(),
        );
        let filled = Filled::new(&ratings, &[0.0, 4.5, 0.0, 4.5], None);
        let found = k_means(&filled, 2, 3);
        assert_eq!(found.of_row, [0, 0, 1, 1]);
        assert!((found.inertia - 0.25).abs() < 1e-9, "{}", found.inertia);
    }
}
