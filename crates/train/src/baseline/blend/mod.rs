//! Finished trials as one: a weighted sum of what they predict (stacking, Wolpert 1992; Breiman 1996).
//!
//! ```text
//! r̂_ui = offset + Σ_m weights[m] · r̂_ui^(m)
//! ```
//!
//! Weights are fitted on validation ratings, of which the members have only chosen an epoch; test ratings say nothing to them. Or they
//! are those of a blend of the same members, trained on a part of the ratings and fitted to the rest; then these learn from all.

mod columns;
mod members;
mod moments;
mod non_negative;
mod ridge;

use std::ops::Range;

use hourglass_data::Csr;
use hourglass_models::Dims;
use serde::{Deserialize, Serialize};

pub use self::columns::Columns;
pub use self::members::{Members, TrialId};
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
    /// Another finished blend, of members in the same order, whose weights are taken over; nothing is fitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub like: Option<TrialId>,
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
    /// Weights that are functions of what is known of a rating's user and item: see [`Columns`].
    FeatureWeighted,
}

/// `offset + Σ_m weights[m] · column_m`.
#[derive(Debug, Clone, PartialEq)]
pub struct Blend {
    /// Of each member, and then of what is made of them.
    pub weights: Vec<f64>,
    /// In stars.
    pub offset: f64,
}

/// Parts of the ratings: each is predicted by weights that the others gave, where something of the fit is chosen by that.
const FOLDS: usize = 5;

/// Ratings whose columns are in memory at the same time.
const RATINGS: usize = FOLDS << 14;

impl Blend {
    /// Fitted to ratings `[ratings]`.
    ///
    /// # Panics
    /// Without a member, or where members predict for other ratings.
    pub fn fit(weighting: Weighting, columns: &Columns<'_>, ratings: &[f32]) -> Self {
        assert!(columns.members() > 0 && columns.ratings() == ratings.len());
        let of_block = |block: Range<usize>| -> Vec<Moments> {
            let columns = columns.of(block.clone());
            (0..FOLDS).map(|fold| Moments::of(&columns, &ratings[block.clone()], fold, FOLDS)).collect()
        };
        let folds = || -> Vec<Moments> {
            let of_blocks: Vec<Vec<Moments>> = blocks(ratings.len()).map(of_block).collect();
            (0..FOLDS).map(|fold| Moments::sum(of_blocks.iter().map(|folds| &folds[fold]))).collect()
        };
        match weighting {
            Weighting::Equal => Self { weights: equal(columns.members(), columns.members()), offset: 0.0 },
            Weighting::Ridge | Weighting::FeatureWeighted => ridge::fit(&folds(), columns.members()),
            Weighting::NonNegative => non_negative::fit(&Moments::sum(&folds())),
        }
    }

    /// What the members predict together.
    pub fn predict(&self, columns: &Columns<'_>) -> Vec<f32> {
        let mut predicted = Vec::with_capacity(columns.ratings());
        for block in blocks(columns.ratings()) {
            let columns = columns.of(block.clone());
            let sum = |place: usize| {
                let terms = self.weights.iter().zip(&columns);
                terms.fold(self.offset, |sum, (weight, column)| sum + weight * f64::from(column[place]))
            };
            predicted.extend((0..block.len()).map(|place| sum(place) as f32));
        }
        predicted
    }
}

/// Each of so many columns that is a member the same, of what is made of them nothing.
fn equal(columns: usize, members: usize) -> Vec<f64> {
    (0..columns).map(|column| if column < members { 1.0 / members as f64 } else { 0.0 }).collect()
}

/// Of so many ratings; at least one.
fn blocks(ratings: usize) -> impl Iterator<Item = Range<usize>> {
    (0..ratings.max(1)).step_by(RATINGS).map(move |start| start..ratings.min(start + RATINGS))
}

impl Config {
    fn columns(&self) -> usize {
        let members = self.members.ids().len();
        match self.weights {
            Weighting::FeatureWeighted => columns::feature_weighted(members),
            _ => members,
        }
    }
}

impl Baseline for Config {
    fn estimator(&self, _task: &Task<'_>) -> Box<dyn Estimator> {
        Box::new(Stacked {
            weighting: self.weights,
            weights: Array::zeros("weights", &[self.columns()]),
            offset: Array::zeros("offset", &[1]),
        })
    }

    fn size(&self, _dims: Dims) -> Size {
        Size { kept: 1 + self.columns() as u64, fitting: (4 * RATINGS * self.columns()) as u64 }
    }

    fn operations(&self, ratings: &Csr) -> f64 {
        2.0 * (ratings.len() * self.columns()) as f64
    }

    fn ranks(&self) -> bool {
        false
    }

    fn check(&self, task: &Task<'_>) -> Result<(), String> {
        let is_fitted = self.weights != Weighting::Equal;
        let validation = task.validation.ratings.len();
        if is_fitted && self.like.is_none() && validation < FOLDS {
            return Err(format!(
                "model.blend.weights are fitted to validation ratings, at least {FOLDS}, but split leaves {validation}; let it hold \
                 more out, set weights = \"equal\", or name a blend that was fitted in like"
            ));
        }
        if !is_fitted && self.like.is_some() {
            return Err("model.blend.like names a blend whose weights are taken over, but equal weights are not fitted; leave it out"
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
    /// `[columns]`.
    weights: Array,
    /// `[1]`.
    offset: Array,
}

impl Stacked {
    fn columns<'a>(&self, task: &Task<'_>, asked: HeldOut<'a>) -> Columns<'a> {
        match self.weighting {
            Weighting::FeatureWeighted => {
                Columns::feature_weighted(asked.by_members, &task.inputs.ratings, asked.ratings)
            }
            _ => Columns::of_members(asked.by_members),
        }
    }
}

impl Estimator for Stacked {
    fn arrays(&self) -> Vec<&Array> {
        vec![&self.weights, &self.offset]
    }

    fn arrays_mut(&mut self) -> Vec<&mut Array> {
        vec![&mut self.weights, &mut self.offset]
    }

    fn learn(&mut self, task: &Task<'_>, _epoch: usize) -> Result<Option<f64>, Error> {
        if let Some(weights) = task.members.weights {
            let (offset, weights) = weights.split_last().expect("the offset stands last");
            (self.weights.values, self.offset.values) = (weights.to_vec(), vec![*offset]);
            return Ok(None);
        }
        let ratings: Vec<f32> = task.validation.ratings.entries().map(|(_, _, rating)| rating).collect();
        let Blend { weights, offset } = Blend::fit(self.weighting, &self.columns(task, task.validation), &ratings);
        self.weights.values = weights.into_iter().map(|weight| weight as f32).collect();
        self.offset.values[0] = offset as f32;
        Ok(None)
    }

    fn score(&self, _asked: &Question<'_>, _scores: &mut [f32]) {
        unreachable!("a blend does not rank, and is asked for held-out ratings alone")
    }

    fn predict(&self, task: &Task<'_>, asked: HeldOut<'_>) -> Vec<f32> {
        let weights = self.weights.values.iter().copied().map(f64::from).collect();
        Blend { weights, offset: f64::from(self.offset.values[0]) }.predict(&self.columns(task, asked))
    }
}
