//! Why an item is recommended: by how much less a user would like it without one of their ratings.
//!
//! Each rating is left out by itself, and what is left is scored again, all at once. Where the path from ratings to scores is
//! linear, this is the exact part that a rating has in the score; elsewhere parts do not add up to it.

use hourglass_data::{Axis, FillConfig};
use hourglass_models::Activation;
use hourglass_train::ModelConfig;
use hourglass_train::inputs::RowScale;

use super::{About, Recommender};
use crate::spec::Spec;

/// A rating that speaks for an item, or against it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reason {
    /// The rated item.
    pub item: u32,
    /// Its rating.
    pub rating: f32,
    /// How much lower the score is without it.
    pub contribution: f32,
}

impl Recommender<'_> {
    /// How reasons are found, for people; nothing, where there are none.
    pub fn reasons_are(&self) -> Option<&'static str> {
        match self.task.rows {
            Axis::Items => None,
            Axis::Users if is_linear(&self.trained.config) => Some("exact: the model is linear in the ratings"),
            Axis::Users => Some("by leaving each rating out and scoring again"),
        }
    }

    /// For each of these items, at most so many of a user's ratings that contributed most, the largest first.
    pub(super) fn reasons(
        &self,
        items: &[u32],
        ratings: &[(u32, f32)],
        about: &About,
        most: usize,
    ) -> Vec<Vec<Reason>> {
        if most == 0 || items.is_empty() || self.reasons_are().is_none() {
            return vec![Vec::new(); items.len()];
        }
        let without = |left_out: usize| {
            let kept = ratings.iter().enumerate().filter(move |(place, _)| *place != left_out);
            kept.map(|(_, &rating)| rating).collect::<Vec<_>>()
        };
        let lists: Vec<_> = [ratings.to_vec()].into_iter().chain((0..ratings.len()).map(without)).collect();
        let scores = self.scores_of(&lists, about, items);
        let (whole, without) = scores.split_at(items.len());
        let of_item = |place: usize| {
            let lost = without.iter().skip(place).step_by(items.len()).map(|score| whole[place] - score);
            let reason = |(&(item, rating), contribution)| Reason { item, rating, contribution };
            let mut reasons: Vec<Reason> =
                ratings.iter().zip(lost).map(reason).filter(|reason| reason.contribution > 0.0).collect();
            reasons.sort_by(|a, b| b.contribution.total_cmp(&a.contribution).then(a.item.cmp(&b.item)));
            reasons.truncate(most);
            reasons
        };
        (0..items.len()).map(of_item).collect()
    }

    /// The scores of some items for each of these lists of ratings of the same user, as ratings where they are some, unclipped
    /// `[lists × items]`.
    fn scores_of(&self, lists: &[Vec<(u32, f32)>], about: &About, items: &[u32]) -> Vec<f32> {
        let mut found = Vec::with_capacity(lists.len() * items.len());
        // No more rows at once than keep their scores in memory easily.
        for lists in lists.chunks(self.scorer.rows().min(256)) {
            let (inputs, rows) = (self.shown_to(lists, about), (0..lists.len() as u32).collect::<Vec<_>>());
            let scores = self.scorer.prepare(&inputs, &rows);
            found.extend(scores.of_columns(items).into_iter().map(|score| self.task.rating(score)));
        }
        found
    }
}

/// Whether scores are a linear function of the ratings that are shown, and a constant.
fn is_linear(config: &Spec) -> bool {
    let network = match &config.model {
        ModelConfig::Autoencoder(network) => network,
        other => return other.baseline().is_some_and(|baseline| baseline.is_linear()),
    };
    let activations = [network.activation, network.output_activation];
    let all_linear = activations.into_iter().chain(network.code_activation).all(|f| f == Activation::Linear);
    let fill_is_fixed = match config.input.fill {
        FillConfig::Zero | FillConfig::Constant(_) | FillConfig::GlobalMean | FillConfig::ItemMean => true,
        FillConfig::UserMean | FillConfig::Bias => false,
    };
    let layers_are = network.k_sparse.is_none() && network.normalisation.is_none();
    let is_prediction = config.objective.outputs_are_predictions();
    all_linear && fill_is_fixed && layers_are && is_prediction && config.input.scale == RowScale::None
}
