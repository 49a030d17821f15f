//! Finished trials as one: a weighted sum of what they predict (stacking, Wolpert 1992; Breiman 1996).
//!
//! ```text
//! r̂_ui = offset + Σ_m weights[m] · r̂_ui^(m)
//! ```
//!
//! Weights are fitted on validation ratings, of which the members have only chosen an epoch; test ratings say nothing to them.

mod members;
mod moments;
mod non_negative;
mod ridge;

use hourglass_data::Csr;
use hourglass_models::Dims;
use serde::{Deserialize, Serialize};

pub use self::members::Members;
use self::moments::Moments;
use super::{Array, Baseline, Estimator, Question, Size};
use crate::inputs::HeldOut;
use crate::{Error, Task};

/// `[model.blend]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Ids of finished trials of the same ratings and split.
    pub members: Members,
    /// How much each counts.
    #[serde(default)]
    pub weights: Weighting,
}

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

impl Baseline for Config {
    fn estimator(&self, _task: &Task<'_>) -> Box<dyn Estimator> {
        let members = self.members.ids().len();
        Box::new(Stacked {
            weighting: self.weights,
            weights: Array::zeros("weights", &[members]),
            offset: Array::zeros("offset", &[1]),
        })
    }

    fn size(&self, _dims: Dims) -> Size {
        Size { kept: 1 + self.members.ids().len() as u64, fitting: 0 }
    }

    fn operations(&self, ratings: &Csr) -> f64 {
        2.0 * (ratings.len() * self.members.ids().len()) as f64
    }

    fn ranks(&self) -> bool {
        false
    }

    fn check(&self, task: &Task<'_>) -> Result<(), String> {
        if self.weights != Weighting::Equal && task.validation.ratings.is_empty() {
            return Err("model.blend.weights are fitted to validation ratings, but split leaves none; let it hold some out, or set \
                        weights = \"equal\""
                .to_owned());
        }
        if task.range.is_some() {
            return Err(
                "input.range says nothing of model.blend, whose members have their own; leave it out".to_owned()
            );
        }
        Ok(())
    }
}

/// A blend at work; what its members predict comes with what is asked.
struct Stacked {
    weighting: Weighting,
    /// `[members]`.
    weights: Array,
    /// `[1]`.
    offset: Array,
}

impl Estimator for Stacked {
    fn arrays(&self) -> Vec<&Array> {
        vec![&self.weights, &self.offset]
    }

    fn arrays_mut(&mut self) -> Vec<&mut Array> {
        vec![&mut self.weights, &mut self.offset]
    }

    fn learn(&mut self, task: &Task<'_>, _epoch: usize) -> Result<Option<f64>, Error> {
        let HeldOut { ratings, by_members, .. } = task.validation;
        let ratings: Vec<f32> = ratings.entries().map(|(_, _, rating)| rating).collect();
        let Blend { weights, offset } = Blend::fit(self.weighting, by_members, &ratings);
        self.weights.values = weights.into_iter().map(|weight| weight as f32).collect();
        self.offset.values[0] = offset as f32;
        Ok(None)
    }

    fn score(&self, _asked: &Question<'_>, _scores: &mut [f32]) {
        unreachable!("a blend does not rank, and is asked for held-out ratings alone")
    }

    fn predict(&self, _task: &Task<'_>, asked: HeldOut<'_>) -> Vec<f32> {
        let weights = self.weights.values.iter().copied().map(f64::from).collect();
        Blend { weights, offset: f64::from(self.offset.values[0]) }.predict(asked.by_members)
    }
}
