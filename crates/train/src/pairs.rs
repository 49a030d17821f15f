//! With whom each row is compared: for each row of an epoch another one, drawn by how much the two have in common.
//!
//! What two rows have in common is the intersection over union (Jaccard index) of the columns that they like. No matrix of
//! `[rows, rows]` is made, not even one row of it: a candidate is proposed at random, compared with the row, and taken with a
//! probability that makes its draw exactly the one that is asked for.

use hourglass_data::{Csr, Row};
use hourglass_models::Generator;
use rand::RngExt;
use rayon::prelude::*;

use crate::penalty::similarity;
use crate::stream::{Purpose, Streams};

/// Candidates that are tried before all are looked at; both ways draw from the same distribution.
const PROPOSALS: usize = 200;

/// The partner of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Partner {
    /// Its row.
    pub row: u32,
    /// Intersection over union of the two, from 0 to 1.
    pub similarity: f32,
}

/// What rows like, and by whom columns are liked.
#[derive(Debug)]
pub struct Likes {
    /// `[rows, columns]`.
    by_row: Csr,
    /// `[columns, rows]`.
    by_column: Csr,
    /// The rows with a training rating: a row is paired with these alone.
    rated: Vec<u32>,
}

impl Likes {
    /// Of ratings `[rows, columns]`; below the threshold, if there is one, they are no liking.
    pub fn new(ratings: &Csr, threshold: Option<f32>) -> Self {
        let liked = |&(_, _, value): &(u32, u32, f32)| threshold.is_none_or(|least| value >= least);
        let by_row = Csr::from_entries(ratings.rows(), ratings.columns(), ratings.entries().filter(liked));
        let rated = crate::epoch::trainable_rows(ratings);
        Self { by_column: by_row.transpose(), by_row, rated }
    }

    /// A partner for each of these rows, in their order, for one epoch. Depends on the seed, the epoch and the row alone.
    pub fn partners(&self, config: &similarity::Config, rows: &[u32], streams: Streams, epoch: usize) -> Vec<Partner> {
        let draw = |&row: &u32| self.draw(row, config, &mut streams.generator(Purpose::Partners, epoch, row as usize));
        rows.par_iter().map(draw).collect()
    }

    /// With the probability `positive` by similarity, else by dissimilarity; among all others alike where all weigh nothing.
    fn draw(&self, row: u32, config: &similarity::Config, generator: &mut Generator) -> Partner {
        let positive = generator.random::<f64>() < config.positive.get();
        let drawn = if positive { self.similar(row, generator) } else { self.dissimilar(row, generator) };
        let row_drawn = drawn.unwrap_or_else(|| self.another(row, generator));
        Partner { row: row_drawn, similarity: self.similarity(row, row_drawn) as f32 }
    }

    fn likes(&self, row: u32) -> Row<'_> {
        self.by_row.row(row as usize)
    }

    /// How many columns both like, and how many either does.
    fn overlap(&self, left: u32, right: u32) -> (usize, usize) {
        let common = common(self.likes(left).columns, self.likes(right).columns);
        (common, self.likes(left).len() + self.likes(right).len() - common)
    }

    /// Intersection over union; 0 where both are empty.
    fn similarity(&self, left: u32, right: u32) -> f64 {
        let (common, union) = self.overlap(left, right);
        common as f64 / union.max(1) as f64
    }

    /// Another row with ratings, each with the same probability.
    fn another(&self, row: u32, generator: &mut Generator) -> u32 {
        let place = self.rated.binary_search(&row).expect("only rows with ratings are trained on");
        let drawn = generator.random_range(0..self.rated.len() - 1);
        self.rated[drawn + usize::from(drawn >= place)]
    }

    /// Another row, by similarity. A liked column, by how many others like it, and then one of these propose each row by how much
    /// it has in common with this one; it is taken with the probability (this row's size / their union), which leaves
    /// intersection / union.
    fn similar(&self, row: u32, generator: &mut Generator) -> Option<u32> {
        let liked = self.likes(row);
        let others = |&column: &u32| self.by_column.row(column as usize).len() - 1;
        let total: usize = liked.columns.iter().map(others).sum();
        if total == 0 {
            return None;
        }
        for _ in 0..PROPOSALS {
            let other = self.fan(row, generator.random_range(0..total));
            let (_, union) = self.overlap(row, other);
            if generator.random::<f64>() * (union as f64) < liked.len() as f64 {
                return Some(other);
            }
        }
        let all = self.overlaps(row);
        weighted(&self.rated, |other| if other == row { 0.0 } else { all(other) }, generator)
    }

    /// Another row, by 1 − similarity: each is proposed alike.
    fn dissimilar(&self, row: u32, generator: &mut Generator) -> Option<u32> {
        for _ in 0..PROPOSALS {
            let other = self.another(row, generator);
            if generator.random::<f64>() >= self.similarity(row, other) {
                return Some(other);
            }
        }
        let all = self.overlaps(row);
        weighted(&self.rated, |other| if other == row { 0.0 } else { 1.0 - all(other) }, generator)
    }

    /// At this place among all who like what the row likes, without itself, column by column.
    fn fan(&self, row: u32, mut place: usize) -> u32 {
        for &column in self.likes(row).columns {
            let fans = self.by_column.row(column as usize).columns;
            if place < fans.len() - 1 {
                let own = fans.binary_search(&row).expect("a row is among those who like what it likes");
                return fans[place + usize::from(place >= own)];
            }
            place -= fans.len() - 1;
        }
        unreachable!("the place is below the number of fans")
    }

    /// The similarity of each row to this one, from one look at all who like what it likes.
    fn overlaps(&self, row: u32) -> impl Fn(u32) -> f64 {
        let mut common = vec![0_u32; self.by_row.rows()];
        for &column in self.likes(row).columns {
            self.by_column.row(column as usize).columns.iter().for_each(|&fan| common[fan as usize] += 1);
        }
        move |other| {
            let common = common[other as usize] as usize;
            let union = self.likes(row).len() + self.likes(other).len() - common;
            common as f64 / union.max(1) as f64
        }
    }
}

/// One of these, by weight; nothing where all weigh nothing.
fn weighted(rows: &[u32], weight: impl Fn(u32) -> f64, generator: &mut Generator) -> Option<u32> {
    let total: f64 = rows.iter().map(|&row| weight(row)).sum();
    let mut rest = generator.random::<f64>() * total;
    let within = |&row: &u32| {
        rest -= weight(row);
        rest < 0.0
    };
    rows.iter().copied().find(within)
}

/// How many numbers two ascending lists share.
fn common(left: &[u32], right: &[u32]) -> usize {
    let (mut l, mut r, mut count) = (0, 0, 0);
    while l < left.len() && r < right.len() {
        count += usize::from(left[l] == right[r]);
        (l, r) = (l + usize::from(left[l] <= right[r]), r + usize::from(right[r] <= left[l]));
    }
    count
}

#[cfg(test)]
mod tests {
    use hourglass_models::range::Share;

    use super::*;

    /// Six rows: the first two are the same, the third shares half with them, the fourth nothing, the fifth all and more; the
    /// sixth has no ratings.
    const LIKED: [&[u32]; 6] = [&[0, 1, 2, 3], &[0, 1, 2, 3], &[2, 3, 4, 5], &[6, 7], &[0, 1, 2, 3, 4, 5, 6], &[]];

    fn ratings(liked: &[&[u32]]) -> Csr {
        let entries = (0..).zip(liked).flat_map(|(row, columns)| columns.iter().map(move |&column| (row, column, 4.0)));
        Csr::from_entries(liked.len(), 8, entries)
    }

    /// As it is defined: intersection over union of two rows of zeros and ones.
    fn dense(left: &[u32], right: &[u32]) -> f64 {
        let [left, right] = [left, right].map(|liked| [0, 1, 2, 3, 4, 5, 6, 7].map(|c| f64::from(liked.contains(&c))));
        let sum = |of: fn(f64, f64) -> f64| left.iter().zip(&right).map(|(l, r)| of(*l, *r)).sum::<f64>();
        sum(f64::min) / sum(f64::max).max(1.0)
    }

    /// The probability of each partner of a row: the definition.
    fn expected(row: usize, positive: f64) -> Vec<f64> {
        let others: Vec<usize> = (0..5).filter(|&other| other != row).collect();
        let share = |weight: &dyn Fn(usize) -> f64, other: usize| {
            let total: f64 = others.iter().map(|&other| weight(other)).sum();
            if total > 0.0 { weight(other) / total } else { 1.0 / others.len() as f64 }
        };
        let alike = |other: usize| dense(LIKED[row], LIKED[other]);
        let of = |other| positive * share(&alike, other) + (1.0 - positive) * share(&|other| 1.0 - alike(other), other);
        (0..6).map(|other| if others.contains(&other) { of(other) } else { 0.0 }).collect()
    }

    #[test]
    fn partners_are_drawn_with_the_probabilities_of_the_definition() {
        const DRAWS: usize = 20_000;
        let likes = Likes::new(&ratings(&LIKED), None);
        let rows = [0, 1, 2, 3, 4];
        for positive in [0.0, 0.5, 1.0] {
            let config = similarity::Config { positive: Share::try_from(positive).unwrap(), ..Default::default() };
            let mut counts = [[0.0; 6]; 5];
            for epoch in 1..=DRAWS {
                for (row, partner) in likes.partners(&config, &rows, Streams::new(1), epoch).into_iter().enumerate() {
                    counts[row][partner.row as usize] += 1.0;
                    let similarity = dense(LIKED[row], LIKED[partner.row as usize]);
                    assert!((f64::from(partner.similarity) - similarity).abs() < 1e-6);
                }
            }
            for (row, counts) in counts.iter().enumerate() {
                for (found, expected) in counts.iter().zip(expected(row, positive)) {
                    let error = (expected * (1.0 - expected) / DRAWS as f64).sqrt();
                    let found = found / DRAWS as f64;
                    assert!((found - expected).abs() <= 5.0 * error, "row {row}, {positive}: {found} for {expected}");
                }
            }
        }
    }

    #[test]
    fn looking_at_all_gives_the_same_similarities() {
        let likes = Likes::new(&ratings(&LIKED), None);
        for row in 0..6 {
            let overlaps = likes.overlaps(row);
            for other in 0..6 {
                let expected = dense(LIKED[row as usize], LIKED[other as usize]);
                assert!((overlaps(other) - expected).abs() < 1e-12 && likes.similarity(row, other) == overlaps(other));
            }
        }
    }

    #[test]
    fn where_all_weigh_nothing_partners_are_drawn_alike() {
        // All the same: none is dissimilar. None in common: none is similar.
        for (liked, positive) in [([&[0][..], &[0], &[0]], 0.0), ([&[0][..], &[1], &[2]], 1.0)] {
            let likes = Likes::new(&ratings(&liked), None);
            let config = similarity::Config { positive: Share::try_from(positive).unwrap(), ..Default::default() };
            let drawn = |epoch| likes.partners(&config, &[1], Streams::new(1), epoch)[0].row;
            let mut met: Vec<u32> = (1..30).map(drawn).collect();
            met.sort_unstable();
            met.dedup();
            assert_eq!(met, [0, 2]);
        }
    }

    #[test]
    fn a_threshold_says_what_is_liked() {
        let ratings = Csr::from_entries(2, 2, [(0, 0, 5.0), (0, 1, 1.0), (1, 0, 4.0), (1, 1, 2.0)].into_iter());
        for (threshold, expected) in [(None, 1.0), (Some(3.0), 1.0), (Some(2.0), 0.5), (Some(6.0), 0.0)] {
            assert_eq!(Likes::new(&ratings, threshold).similarity(0, 1), expected, "{threshold:?}");
        }
    }

    /// What a matrix holds: an offset for each row, and a column and a value for each entry.
    fn bytes(matrix: &Csr) -> usize {
        8 * (matrix.rows() + 1) + 8 * matrix.len()
    }

    #[test]
    fn ten_thousand_rows_of_a_hundred_columns_need_no_matrix_of_rows_by_rows() {
        let entries = (0..10_000_u32)
            .flat_map(|row| (0..100).filter(move |c| (row * 7 + c * 13) % 17 < 8).map(move |c| (row, c, 1.0)));
        let likes = Likes::new(&Csr::from_entries(10_000, 100, entries), None);
        // Nothing else is held: a field more would not compile here.
        let Likes { by_row, by_column, rated } = &likes;
        let held = bytes(by_row) + bytes(by_column) + size_of_val(rated.as_slice());
        let ratings = by_row.len();
        assert!(held < 20 * ratings, "{held} bytes for {ratings} ratings");
        // A matrix of rows by rows would have 400 MB, and one row of it 40 kB.
        assert!(held < 10_000_000, "{held} bytes");
        let rows: Vec<u32> = (0..10_000).collect();
        let partners = likes.partners(&similarity::Config::default(), &rows, Streams::new(1), 1);
        assert!(rows.iter().zip(&partners).all(|(row, partner)| *row != partner.row));
    }
}
