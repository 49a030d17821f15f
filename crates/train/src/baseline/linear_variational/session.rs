//! What ratings of one session share beyond what is known of user and items: a user's mood, or a page of a list. The noise of two
//! ratings at the times t and t′ is correlated,
//!
//! ```text
//! cov(e, e′) = σ² ([the same rating] + ρ exp(−|t − t′| / τ))
//! ```
//!
//! so that what is not explained of ratings is expected of those soon before and after. (Hourglass's own.)

use hourglass_models::range::{NonNegative, Positive};
use serde::{Deserialize, Serialize};

use crate::baseline::When;

/// `[model.linear-variational.session]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// ρ: the variance that ratings of the same time share, in parts of the noise that is a rating's own.
    pub share: NonNegative,
    /// τ, in seconds.
    pub seconds: Positive,
}

impl Session {
    /// `ρ exp(−|t − t′| / τ)`.
    fn between(&self, one: i64, other: i64) -> f32 {
        let apart = one.abs_diff(other) as f64 / self.seconds.get();
        (self.share.get() * (-apart).exp()) as f32
    }

    /// The covariance of the noise of these ratings, in parts of σ² `[ratings, ratings]`. Of times that are not known, nothing is shared.
    pub(super) fn of_shown(&self, items: &[u32], when: Option<When<'_>>) -> Vec<f32> {
        let size = items.len();
        let times = times(items, when);
        let mut covariance = vec![0.0; size * size];
        for (place, one) in times.iter().enumerate() {
            for (cell, other) in covariance[place * size..][..size].iter_mut().zip(&times) {
                *cell = one.zip(*other).map_or(0.0, |(one, other)| self.between(one, other));
            }
            covariance[place * (size + 1)] = 1.0 + self.share.get() as f32;
        }
        covariance
    }

    /// What is added to the scores of items that are asked about at times that are known: of what is shown, with its weights α, in
    /// parts of σ².
    pub(super) fn expect(&self, shown: (&[u32], &[f32]), asked: &[u32], when: Option<When<'_>>) -> Vec<f32> {
        let Some(when) = when.filter(|when| when.then) else { return vec![0.0; asked.len()] };
        let (shown, weights) = (times(shown.0, Some(when)), shown.1);
        let of_one = |then: Option<i64>| {
            let part = |(time, weight): (&Option<i64>, &f32)| Some(weight * self.between((*time)?, then?));
            shown.iter().zip(weights).filter_map(part).sum()
        };
        times(asked, Some(when)).into_iter().map(of_one).collect()
    }
}

/// When each of these items was rated.
fn times(items: &[u32], when: Option<When<'_>>) -> Vec<Option<i64>> {
    items.iter().map(|&item| when.and_then(|when| when.times.at(when.user, item))).collect()
}
