//! Several trained models as one: a weighted sum of what they predict (stacking, Wolpert 1992; Breiman 1996).
//!
//! Weights are fitted on validation ratings, of which the members have only chosen an epoch; test ratings say nothing to them.

mod moments;
mod non_negative;
mod ridge;

use serde::{Deserialize, Serialize};

use self::moments::Moments;

/// How much each member counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weighting {
    /// All the same: nothing is fitted.
    #[default]
    Equal,
    /// Weights of any sign, drawn towards equal ones.
    Ridge,
    /// Weights of 0 or more.
    NonNegative,
}

/// `offset + Σ_m weights[m] · prediction_m`.
#[derive(Debug, Clone, PartialEq)]
pub struct Blend {
    /// Of each member.
    pub weights: Vec<f64>,
    /// In stars.
    pub offset: f64,
}

/// Parts of the ratings: each is predicted by weights that the others gave, where something of the fit is chosen by that.
const FOLDS: usize = 5;

impl Blend {
    /// Fitted to ratings by what each member predicts for them `[members][ratings]`.
    ///
    /// # Panics
    /// Without a member, or where members predict for other ratings.
    pub fn fit(weighting: Weighting, predicted: &[Vec<f32>], ratings: &[f32]) -> Self {
        assert!(!predicted.is_empty() && predicted.iter().all(|member| member.len() == ratings.len()));
        let folds: Vec<Moments> = (0..FOLDS).map(|fold| Moments::of(predicted, ratings, fold, FOLDS)).collect();
        match weighting {
            Weighting::Equal => Self::equal(predicted.len()),
            Weighting::Ridge => ridge::fit(&folds),
            Weighting::NonNegative => non_negative::fit(&Moments::sum(&folds)),
        }
    }

    fn equal(members: usize) -> Self {
        Self { weights: vec![1.0 / members as f64; members], offset: 0.0 }
    }

    /// What the members predict together.
    pub fn predict(&self, predicted: &[Vec<f32>]) -> Vec<f32> {
        let ratings = predicted.first().map_or(0, Vec::len);
        let sum = |place: usize| {
            self.weights
                .iter()
                .zip(predicted)
                .fold(self.offset, |sum, (weight, member)| sum + weight * f64::from(member[place]))
        };
        (0..ratings).map(|place| sum(place) as f32).collect()
    }
}
