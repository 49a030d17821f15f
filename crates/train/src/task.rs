//! Everything a training is given.

use hourglass_data::{Axis, Csr, Scale, Texts, Times};
use hourglass_models::Dims;
use tch::Device;

use crate::baseline::Baseline;
use crate::inputs::{HeldOut, Target, rescale};
use crate::levels::Levels;
use crate::noise::Noise;
use crate::stream::Streams;
use crate::{
    EvaluationConfig, Inputs, ModelConfig, NoiseConfig, ObjectiveConfig, PenaltyConfig, Selection, TrainConfig,
};

/// What the members of a blend say of its training; nothing, where the model is none.
#[derive(Debug, Clone, Copy, Default)]
pub struct OfMembers<'a> {
    /// What each predicts for the ratings that are learned from `[members][ratings]`.
    pub learned: &'a [Vec<f32>],
    /// How much each counts, where another blend has found that out, and the offset.
    pub weights: Option<&'a [f32]>,
}

/// What some models read besides rows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Context<'a> {
    /// When ratings were given.
    pub times: Option<&'a Times>,
    /// What is known of each column `[columns, width]`.
    pub columns: Option<&'a Csr>,
}

/// One training: what to learn from, what to learn, how. The test ratings are not here.
#[derive(Debug, Clone, Copy)]
pub struct Task<'a> {
    /// What the network sees.
    pub inputs: &'a Inputs,
    /// What a blend knows of its members.
    pub members: OfMembers<'a>,
    /// When ratings were given, and what is known of the columns, for models that read that.
    pub context: Context<'a>,
    /// Held-out ratings to choose the epoch by.
    pub validation: HeldOut<'a>,
    /// What a row is.
    pub rows: Axis,
    /// Of the ratings, as they are measured.
    pub scale: Scale,
    /// The values of the training ratings.
    pub levels: &'a Levels,
    /// What that scale was mapped to, in all ratings that are here; absent where it was not.
    pub range: Option<Scale>,
    /// The network, or the baseline.
    pub model: &'a ModelConfig,
    /// Corruptions of the input.
    pub noise: &'a [NoiseConfig],
    /// What outputs are compared with.
    pub target: Target,
    /// What is made small.
    pub objective: &'a ObjectiveConfig,
    /// And what besides.
    pub penalty: &'a PenaltyConfig,
    /// How.
    pub train: &'a TrainConfig,
    /// What is measured.
    pub evaluation: &'a EvaluationConfig,
    /// Of every random stream.
    pub seed: u64,
    /// Where tensors live.
    pub device: Device,
}

impl Task<'_> {
    /// The widths of the network's input and output.
    pub fn dims(&self) -> Dims {
        let ratings = &self.inputs.ratings;
        let side = self.inputs.width() - ratings.columns();
        let cells = if self.model.reads_classes() { self.levels.count() } else { 1 };
        let outputs = ratings.columns() * self.objective.outputs_per_column(self.levels);
        let groups = self.inputs.groups.as_ref().map_or(0, |groups| groups.count);
        let vocabulary = self.inputs.texts.as_ref().map_or(0, Texts::count);
        let [rows, inputs, side, outputs, groups, vocabulary] =
            [ratings.rows(), ratings.columns() * cells + side, side, outputs, groups, vocabulary]
                .map(|size| size as i64);
        Dims { rows, inputs, side, outputs, groups, vocabulary }
    }

    /// The baseline, if the model is one.
    pub fn baseline(&self) -> Option<&dyn Baseline> {
        self.model.baseline()
    }

    /// Whether the model is fitted in one go, so that there is nothing to choose between epochs.
    fn is_fitted_at_once(&self) -> bool {
        self.baseline().is_some_and(|baseline| !baseline.learns_by_epochs())
    }

    /// The most epochs there will be.
    pub fn epochs(&self) -> usize {
        if self.is_fitted_at_once() { 1 } else { self.train.epochs.get() }
    }

    /// Whether metrics are taken after this epoch, from 1.
    pub fn is_measured(&self, epoch: usize) -> bool {
        epoch.is_multiple_of(self.evaluation.every.get()) || epoch == self.epochs()
    }

    /// Which weights are kept.
    pub fn selection(&self) -> Selection {
        if self.is_fitted_at_once() { Selection::Last } else { self.train.selection }
    }

    /// Whether anything depends on the monitored column.
    pub fn is_watched(&self) -> bool {
        !self.is_fitted_at_once() && self.train.is_watched()
    }

    /// Whether what the model gives an item is a rating, and not only higher for what is liked more.
    pub fn predicts_ratings(&self) -> bool {
        self.baseline().is_none_or(Baseline::predicts_ratings)
    }

    /// Where every random draw of this training comes from.
    pub fn streams(&self) -> Streams {
        Streams::new(self.seed)
    }

    /// The ratings that are learned from, asked for again.
    pub fn learned(&self) -> HeldOut<'_> {
        HeldOut { inputs: self.inputs, ratings: &self.inputs.ratings, by_members: self.members.learned }
    }

    /// The rating that a number in the range stands for.
    pub fn rating(&self, number: f32) -> f32 {
        self.range.map_or(number, |range| rescale(number, range, self.scale))
    }

    /// What stands in the range for a rating.
    pub(crate) fn number(&self, rating: f32) -> f32 {
        self.range.map_or(rating, |range| rescale(rating, self.scale, range))
    }

    /// The values that ratings are taken for, where they count as classes.
    pub(crate) fn classes(&self) -> Option<&Levels> {
        (self.objective.predicts_classes() || self.model.reads_classes()).then_some(self.levels)
    }

    /// The corruptions with their streams, as the engine takes them.
    pub fn noise(&self) -> Noise<'_> {
        Noise { list: self.noise, streams: self.streams() }
    }
}
