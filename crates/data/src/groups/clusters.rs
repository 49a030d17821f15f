//! Clusters of similar rows: k-means whose nearness is a similarity, from starting rows that are drawn far from each other
//! (k-means++, Arthur and Vassilvitskii 2007).
//!
//! The matrix of similarities of all rows with all rows is never made: a row is compared with the centres alone, at its
//! ratings alone.

use crate::{Csr, Error, Row};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

/// `input.groups.clusters`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// How many clusters.
    pub count: NonZeroU32,
    /// What makes rows similar.
    pub similarity: Similarity,
    /// Of the rows that clusters start from; the models' seeds do not touch it.
    pub seed: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self { count: NonZeroU32::new(8).expect("8 is not 0"), similarity: Similarity::default(), seed: 42 }
    }
}

/// How similar a row x is to a centre c, from 0 to 1 where no rating is negative, else from −1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Similarity {
    /// The cosine of the angle between their ratings, `Σ xc / (|x| |c|)`: spherical k-means (Dhillon and Modha 2001). A centre
    /// is the mean of its rows, each of length 1.
    #[default]
    Cosine,
    /// What both have rated over what either has, whatever the ratings: `Σ min(x, c) / Σ max(x, c)` with 1 for a rating. A
    /// centre holds for each column the share of its rows that have rated it.
    Jaccard,
}

/// Rows that each starting row is chosen from: as scikit-learn does, because one unlucky draw leaves two clusters together.
const CANDIDATES: usize = 5;

/// Clusters stop moving long before.
const MOST_ITERATIONS: usize = 100;

/// The centres of clusters.
#[derive(Debug, Clone, PartialEq)]
pub struct Centres {
    similarity: Similarity,
    /// `[columns × centres]`, column by column, so that a rating finds its place in all centres together.
    cells: Vec<f64>,
    /// How large each is, as its similarity measures it `[centres]`.
    sizes: Vec<f64>,
    /// The cluster with the most rows: that of a row of which nothing is known.
    largest: u32,
}

impl Config {
    /// Clusters the rows that have ratings.
    pub(super) fn fit(&self, train: &Csr) -> Result<Centres, Error> {
        let rated: Vec<Row<'_>> = (0..train.rows()).map(|row| train.row(row)).filter(|row| !row.is_empty()).collect();
        let count = self.count.get() as usize;
        if rated.len() < count {
            return Err(Error::TooManyClusters { count, rows: rated.len() });
        }
        let mut centres = self.start(&rated, train.columns());
        let mut groups = vec![u32::MAX; rated.len()];
        for _ in 0..MOST_ITERATIONS {
            let nearest: Vec<u32> = rated.par_iter().map(|&row| centres.nearest(row).0).collect();
            if nearest == groups {
                break;
            }
            groups = nearest;
            centres.update(&rated, &groups);
        }
        Ok(centres)
    }

    /// Centres at rows: each the best of a few that are drawn by how dissimilar they are to those before.
    fn start(&self, rated: &[Row<'_>], columns: usize) -> Centres {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(self.seed);
        let mut dissimilar = vec![1.0; rated.len()];
        let mut chosen: Vec<Row<'_>> = Vec::new();
        while chosen.len() < self.count.get() as usize {
            let candidates = (0..CANDIDATES).map(|_| {
                let row = rated[draw(&dissimilar, &mut random)];
                let centre = Centres::at(&[row], self.similarity, columns);
                let left = |(least, other): (&f64, &Row<'_>)| least.min(1.0 - centre.nearest(*other).1).max(0.0);
                (row, dissimilar.par_iter().zip(rated).map(left).collect::<Vec<f64>>())
            });
            let total = |candidate: &(Row<'_>, Vec<f64>)| candidate.1.iter().sum::<f64>();
            let best = candidates.min_by(|left, right| total(left).total_cmp(&total(right)));
            let (row, left) = best.expect("at least one candidate");
            chosen.push(row);
            dissimilar = left;
        }
        Centres::at(&chosen, self.similarity, columns)
    }
}

/// A place, with probabilities in proportion to these weights; each the same where all are 0.
fn draw(weights: &[f64], random: &mut Xoshiro256PlusPlus) -> usize {
    let mut rest = random.random::<f64>() * weights.iter().sum::<f64>();
    if rest == 0.0 {
        return random.random_range(0..weights.len());
    }
    let within = |weight: &f64| {
        rest -= weight;
        rest < 0.0
    };
    weights.iter().position(within).unwrap_or(weights.len() - 1)
}

impl Similarity {
    /// The entries of a row as they are compared.
    fn entries<'a>(self, row: Row<'a>) -> impl Iterator<Item = (usize, f64)> + use<'a> {
        let length = row.values.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>().sqrt();
        let value = move |value: f32| match self {
            Self::Cosine if length > 0.0 => f64::from(value) / length,
            Self::Cosine => 0.0,
            Self::Jaccard => 1.0,
        };
        row.iter().map(move |(column, rating)| (column as usize, value(rating)))
    }
}

impl Centres {
    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.sizes.len()
    }

    /// One at each of these rows.
    fn at(rows: &[Row<'_>], similarity: Similarity, columns: usize) -> Self {
        let count = rows.len();
        let mut centres = Self { similarity, cells: vec![0.0; columns * count], sizes: vec![0.0; count], largest: 0 };
        centres.update(rows, &(0..count as u32).collect::<Vec<_>>());
        centres
    }

    /// Moves each to the mean of its rows; one without rows stays where it is.
    fn update(&mut self, rows: &[Row<'_>], groups: &[u32]) {
        let count = self.count();
        let mut members = vec![0_u32; count];
        groups.iter().for_each(|&group| members[group as usize] += 1);
        for (place, cell) in self.cells.iter_mut().enumerate() {
            *cell *= f64::from(u8::from(members[place % count] == 0));
        }
        for (&row, &group) in rows.iter().zip(groups) {
            let share = 1.0 / f64::from(members[group as usize]);
            self.similarity
                .entries(row)
                .for_each(|(column, value)| self.cells[column * count + group as usize] += share * value);
        }
        let mut sizes = vec![0.0; count];
        for (place, cell) in self.cells.iter().enumerate() {
            sizes[place % count] += if self.similarity == Similarity::Cosine { cell * cell } else { *cell };
        }
        self.sizes = sizes;
        let most = members.iter().max().copied();
        self.largest = members.iter().position(|&rows| Some(rows) == most).unwrap_or(0) as u32;
    }

    /// The centre that a row is most similar to, and how much; the first of equals.
    fn nearest(&self, row: Row<'_>) -> (u32, f64) {
        let count = self.count();
        let mut common = vec![0.0; count];
        for (column, value) in self.similarity.entries(row) {
            let cells = &self.cells[column * count..][..count];
            common.iter_mut().zip(cells).for_each(|(sum, cell)| *sum += value * cell);
        }
        let similar = |(common, size): (f64, f64)| match self.similarity {
            Similarity::Cosine if size > 0.0 => common / size.sqrt(),
            Similarity::Cosine => 0.0,
            Similarity::Jaccard => common / (row.len() as f64 + size - common),
        };
        let similarities = common.into_iter().zip(self.sizes.iter().copied()).map(similar);
        let better = |best: (u32, f64), next: (u32, f64)| if next.1 > best.1 { next } else { best };
        (0..).zip(similarities).fold((0, f64::NEG_INFINITY), better)
    }

    /// The group of each row.
    pub(super) fn of_rows(&self, shown: &Csr) -> Vec<u32> {
        let group = |row: Row<'_>| if row.is_empty() { self.largest } else { self.nearest(row).0 };
        (0..shown.rows()).into_par_iter().map(|row| group(shown.row(row))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three planted tastes of 40 rows each, over 10 columns each; every row has rated 9 of its own columns and one of another's.
    fn planted() -> Csr {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(3);
        let mut entries = Vec::new();
        for row in 0..120_u32 {
            let taste = row % 3;
            let first = random.random_range(0..10);
            entries.extend((0..9).map(|step| (row, taste * 10 + (first + step) % 10, 3.0 + (step % 3) as f32)));
            entries.push((row, (taste + 1) % 3 * 10 + random.random_range(0..10), 1.0));
        }
        Csr::from_entries(121, 30, entries.iter().copied())
    }

    #[test]
    fn planted_clusters_are_found() {
        let ratings = planted();
        for similarity in [Similarity::Cosine, Similarity::Jaccard] {
            for seed in 0..5 {
                let config = Config { count: NonZeroU32::new(3).unwrap(), similarity, seed };
                let centres = config.fit(&ratings).unwrap();
                let groups = centres.of_rows(&ratings);
                for row in 3..120 {
                    assert_eq!(groups[row], groups[row % 3], "{similarity:?}, seed {seed}, row {row}");
                }
                let mut different = groups[..3].to_vec();
                different.sort_unstable();
                assert_eq!(different, [0, 1, 2], "{similarity:?}, seed {seed}");
                assert!(groups[120] < 3, "a row without ratings is in a cluster, too");
                assert_eq!(config.fit(&ratings).unwrap(), centres, "the seed decides");
            }
        }
    }

    #[test]
    fn similarities_equal_their_formulas() {
        let ratings =
            Csr::from_entries(2, 4, [(0, 0, 3.0), (0, 1, 4.0), (1, 1, 1.0), (1, 2, 2.0), (1, 3, 2.0)].into_iter());
        for (similarity, expected) in [(Similarity::Cosine, 4.0 / (5.0 * 3.0)), (Similarity::Jaccard, 1.0 / 4.0)] {
            let (_, found) = Centres::at(&[ratings.row(0)], similarity, 4).nearest(ratings.row(1));
            assert!((found - expected).abs() < 1e-12, "{similarity:?}: {found}");
        }
    }

    #[test]
    fn rows_of_negative_numbers_have_a_nearest_centre_too() {
        let row = |row: u32, values: [f32; 2]| [(row, 0, values[0]), (row, 1, values[1])];
        let rows = [[1.0, 0.1], [0.1, 1.0], [-0.2, -1.0], [0.0, 0.0]];
        let ratings = Csr::from_entries(4, 2, (0..).zip(rows).flat_map(|(place, values)| row(place, values)));
        let centres = Centres::at(&[ratings.row(1), ratings.row(0)], Similarity::Cosine, 2);
        // The third points away from both, least from the second centre; the last has no direction.
        assert_eq!(centres.of_rows(&ratings), [1, 0, 1, 0]);
        let of_nothing = Centres::at(&[ratings.row(3)], Similarity::Cosine, 2);
        assert_eq!(of_nothing.nearest(ratings.row(0)), (0, 0.0));
    }

    #[test]
    fn equal_rows_and_few_rows() {
        let ratings = Csr::from_entries(4, 2, (0..3).map(|row| (row, 0, 5.0)));
        let config = |count| Config { count: NonZeroU32::new(count).unwrap(), ..Config::default() };
        assert_eq!(config(2).fit(&ratings).unwrap().of_rows(&ratings), [0; 4]);
        let error = config(4).fit(&ratings).unwrap_err().to_string();
        assert!(error.contains("input.groups.clusters.count = 4, and only 3 rows have training ratings"), "{error}");
    }
}
