//! What a blend is a weighted sum of, rating by rating: what its members predict, and, where their weights are functions of what is
//! known of a rating's user and item, that times these functions (Sill, Takács, Mackey and Lin 2009, "Feature-Weighted Linear Stacking").
//!
//! Known are the logarithm of how many ratings the user has, and the item; the user's mean and deviation; the item's mean; and the
//! members' mean prediction. The functions are these, their squares, and their products with each other: a user of many ratings
//! is another thing for a network than for a neighbourhood, and both are wrong in their own way at the ends of the scale.

use std::ops::Range;

use hourglass_data::Csr;

/// A mean or variance counts as many ratings of the mean user, or item, besides.
const DAMPING: f64 = 5.0;

/// What is known besides the members' mean prediction.
const FEATURES: usize = 5;

/// Columns of ratings.
#[derive(Debug)]
pub struct Columns<'a> {
    by_members: &'a [Vec<f32>],
    known: Option<Known>,
}

/// What is known of ratings besides what members predict.
#[derive(Debug)]
struct Known {
    /// Of each rating, with a mean of 0 and a variance of 1 over the training ratings `[FEATURES][ratings]`.
    features: Vec<Vec<f32>>,
    /// The mean and the deviation of the training ratings.
    ratings: [f32; 2],
}

impl<'a> Columns<'a> {
    /// What members predict `[members][ratings]`.
    pub fn of_members(by_members: &'a [Vec<f32>]) -> Self {
        Self { by_members, known: None }
    }

    /// The same and its products with functions of what is known from training ratings `[users, items]` of each rating that is asked for.
    pub fn feature_weighted(by_members: &'a [Vec<f32>], train: &Csr, asked: &Csr) -> Self {
        let center = train.mean().unwrap_or_default();
        let squares = train.entries().map(|(_, _, rating)| (f64::from(rating) - center).powi(2)).sum::<f64>();
        let variance = squares / train.len().max(1) as f64;
        let users = of_rows(train.entries().map(|(user, _, rating)| (user, rating)), train.rows(), center, variance);
        let items = of_rows(train.entries().map(|(_, item, rating)| (item, rating)), train.columns(), center, variance);
        let known = |(user, item, _): (u32, u32, f32)| {
            let ([users, user_mean, deviation], [items, item_mean, _]) = (users[user as usize], items[item as usize]);
            [users, items, user_mean, deviation, item_mean]
        };
        let learned = Standard::of(train.entries().map(known));
        let mut features = vec![Vec::with_capacity(asked.len()); learned.0.len()];
        for known in asked.entries().map(known) {
            for ((feature, number), (mean, deviation)) in features.iter_mut().zip(known).zip(&learned.0) {
                feature.push(((number - mean) / deviation) as f32);
            }
        }
        Self { by_members, known: Some(Known { features, ratings: [center as f32, variance.sqrt() as f32] }) }
    }

    /// How many members.
    pub(super) fn members(&self) -> usize {
        self.by_members.len()
    }

    /// How many ratings.
    pub(super) fn ratings(&self) -> usize {
        self.by_members.first().map_or(0, Vec::len)
    }

    /// Those of some ratings `[columns][ratings]`, the members' predictions first.
    pub(super) fn of(&self, ratings: Range<usize>) -> Vec<Vec<f32>> {
        let mut columns: Vec<Vec<f32>> =
            self.by_members.iter().map(|member| member[ratings.clone()].to_vec()).collect();
        let Some(Known { features, ratings: [mean, deviation] }) = &self.known else { return columns };
        let standard = |rating: &f32| (rating - mean) / deviation.max(f32::EPSILON);
        let members: Vec<Vec<f32>> = columns.iter().map(|member| member.iter().map(standard).collect()).collect();
        let together = |place: usize| members.iter().map(|member| member[place]).sum::<f32>() / members.len() as f32;
        let mut known = vec![(0..ratings.len()).map(together).collect::<Vec<f32>>()];
        known.extend(features.iter().map(|feature| feature[ratings.clone()].to_vec()));
        let squares = (0..known.len()).flat_map(|one| (one..known.len()).map(move |other| (one, other)));
        let squares: Vec<Vec<f32>> = squares.map(|(one, other)| product(&known[one], &known[other])).collect();
        for function in known.into_iter().chain(squares) {
            columns.extend(members.iter().map(|member| product(&function, member)));
            columns.push(function);
        }
        columns
    }
}

/// How many columns there are of so many members.
pub(super) fn feature_weighted(members: usize) -> usize {
    let known = 1 + FEATURES;
    members + (known + known * (known + 1) / 2) * (members + 1)
}

fn product(left: &[f32], right: &[f32]) -> Vec<f32> {
    left.iter().zip(right).map(|(left, right)| left * right).collect()
}

/// Of each row, the logarithm of one more than its ratings, their mean and their deviation.
fn of_rows(ratings: impl Iterator<Item = (u32, f32)>, rows: usize, center: f64, variance: f64) -> Vec<[f64; 3]> {
    let mut sums = vec![[0.0; 3]; rows];
    for (row, rating) in ratings {
        let rest = f64::from(rating) - center;
        let [count, sum, squares] = &mut sums[row as usize];
        (*count, *sum, *squares) = (*count + 1.0, *sum + rest, *squares + rest * rest);
    }
    let known = |[count, sum, squares]: [f64; 3]| {
        let mean = sum / (count + DAMPING);
        let square = (squares + DAMPING * variance) / (count + DAMPING);
        [(1.0 + count).ln(), center + mean, (square - mean * mean).max(0.0).sqrt()]
    };
    sums.into_iter().map(known).collect()
}

/// The mean and the deviation of each feature; 1 where all are the same.
struct Standard([(f64, f64); FEATURES]);

impl Standard {
    fn of(known: impl Iterator<Item = [f64; FEATURES]>) -> Self {
        let (mut count, mut sums) = (0.0, [(0.0, 0.0); FEATURES]);
        for known in known {
            count += 1.0;
            for ((sum, squares), number) in sums.iter_mut().zip(known) {
                (*sum, *squares) = (*sum + number, *squares + number * number);
            }
        }
        Self(sums.map(|(sum, squares)| {
            let mean = sum / f64::max(count, 1.0);
            let variance = squares / f64::max(count, 1.0) - mean * mean;
            (mean, if variance > 1e-12 { variance.sqrt() } else { 1.0 })
        }))
    }
}
