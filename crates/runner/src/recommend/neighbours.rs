//! Recommending by a majority of users with a similar code: who is nearest, and what they like.

use anyhow::{Result, anyhow, bail};
use hourglass_data::Axis;
use rayon::prelude::*;

use super::{About, Asked, OwnRating, Recommended, Recommender, by_item};

/// Sums that a product adds up side by side.
const LANES: usize = 16;

/// Users by the direction of their codes.
pub struct Neighbours<'r, 'a> {
    recommender: &'r Recommender<'a>,
    /// Who has ratings.
    users: Vec<u32>,
    /// Their codes, of length 1 `[users × width]`.
    codes: Vec<f32>,
    width: usize,
    /// How many vote.
    count: usize,
    /// From this rating on somebody likes an item.
    liked: f32,
}

impl<'r, 'a> Neighbours<'r, 'a> {
    /// With so many neighbours, who like what they rate at least so high.
    ///
    /// # Errors
    /// When the run has no codes of users.
    pub fn of(recommender: &'r Recommender<'a>, count: usize, liked: f32) -> Result<Self> {
        if recommender.task.rows == Axis::Items {
            bail!(
                "--by neighbours compares users by their codes, but this run's codes are of items (input.rows = \"items\"); use \
                 --by scores, or a run with input.rows = \"users\""
            );
        }
        let users = recommender.users();
        let codes = recommender.scorer.codes(&recommender.shown, &users);
        let mut codes = codes.ok_or_else(|| {
            anyhow!("--by neighbours compares users by their codes, and this model has none; use --by scores")
        })?;
        let width = codes.len() / users.len().max(1);
        codes.par_chunks_mut(width.max(1)).for_each(normalise);
        Ok(Self { recommender, users, codes, width, count, liked })
    }

    /// For users of the data.
    pub fn for_users(&self, users: &[u32], asked: &Asked) -> Vec<Vec<Recommended>> {
        let of_user = |&user: &u32| {
            let place = self.users.binary_search(&user).ok()?;
            let code = &self.codes[place * self.width..][..self.width];
            Some(self.vote(&self.nearest(code, Some(user)), &self.recommender.ratings(user), asked))
        };
        users.iter().map(|user| of_user(user).unwrap_or_default()).collect()
    }

    /// For somebody new.
    ///
    /// # Errors
    /// When no rating counts.
    pub fn for_new_user(&self, own: &[OwnRating], about: &About, asked: &Asked) -> Result<Vec<Recommended>> {
        let inputs = self.recommender.shown_to(&[self.recommender.counted(own)?], about);
        let mut code = self.recommender.scorer.codes(&inputs, &[0]).unwrap_or_default();
        normalise(&mut code);
        Ok(self.vote(&self.nearest(&code, None), &by_item(own), asked))
    }

    /// The users with the most similar codes, the nearest first, with the cosine of the angle between.
    fn nearest(&self, code: &[f32], except: Option<u32>) -> Vec<(f32, u32)> {
        let others = self.users.par_iter().zip(self.codes.par_chunks(self.width.max(1)));
        let others = others.filter(|(user, _)| Some(**user) != except);
        let mut near: Vec<(f32, u32)> = others.map(|(&user, other)| (product(code, other), user)).collect();
        near.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        near.truncate(self.count);
        near
    }

    /// What most of them like; of equally many, what the nearer ones do.
    fn vote(&self, near: &[(f32, u32)], rated: &[(u32, f32)], asked: &Asked) -> Vec<Recommended> {
        let mut votes = vec![(0_u32, 0.0_f32); self.recommender.raters.len()];
        for &(similarity, user) in near {
            for (item, _) in self.recommender.ratings(user).into_iter().filter(|(_, rating)| *rating >= self.liked) {
                votes[item as usize].0 += 1;
                votes[item as usize].1 += similarity;
            }
        }
        if !asked.rated_too {
            rated.iter().for_each(|&(item, _)| votes[item as usize].0 = 0);
        }
        let voted = (0..).zip(votes).filter(|(_, (count, _))| *count > 0);
        let voted = voted.filter(|(item, _)| self.recommender.has_raters(*item, asked));
        let mut voted: Vec<(u32, (u32, f32))> = voted.collect();
        voted.sort_by(|(a, of_a), (b, of_b)| of_b.0.cmp(&of_a.0).then(of_b.1.total_cmp(&of_a.1)).then(a.cmp(b)));
        let share = |(item, (count, _)): (u32, (u32, f32))| Recommended {
            item,
            score: count as f32 / near.len() as f32,
            reasons: Vec::new(),
        };
        let enough = |one: &Recommended| asked.threshold.is_none_or(|least| one.score >= least);
        voted.into_iter().map(share).filter(enough).take(asked.top).collect()
    }
}

/// A vector of 0 stays as it is.
pub(super) fn normalise(vector: &mut [f32]) {
    let length = product(vector, vector).sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|number| *number /= length);
    }
}

pub(super) fn product(left: &[f32], right: &[f32]) -> f32 {
    // Side by side, in an order that no machine changes.
    let (left, left_rest) = left.as_chunks::<LANES>();
    let (right, right_rest) = right.as_chunks::<LANES>();
    let mut lanes = [0.0_f32; LANES];
    for (left, right) in left.iter().zip(right) {
        lanes.iter_mut().zip(left).zip(right).for_each(|((lane, left), right)| *lane += left * right);
    }
    let rest: f32 = left_rest.iter().zip(right_rest).map(|(left, right)| left * right).sum();
    lanes.iter().sum::<f32>() + rest
}
