//! Contrastive divergence (Hinton 2002), as for ratings by Salakhutdinov, Mnih and Hinton 2007: what trains an RBM.
//!
//! ```text
//! mean over rows of F(v) − F(ṽ),  F the free energy, v the row's ratings, ṽ what k steps of Gibbs sampling make of them
//! ```
//!
//! ṽ counts as a constant, so that the gradient is `⟨v h⟩` of the data minus `⟨v h⟩` of the sample. A step draws the hidden units
//! from the visible ones, and then the row's rated items, and no others, from the hidden ones. The difference is not a
//! measure of how well held-out ratings are predicted: there is no validation loss.

use std::num::NonZeroUsize;

use hourglass_models::rbm::free_energy;
use hourglass_models::{Forward, Generator, Model};
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use super::cross_entropy::Predict;
use super::{Fit, Wide};
use crate::Task;
use crate::engine::classes::one_hot;
use crate::engine::entries::gather;
use crate::engine::feed::Feed;
use crate::engine::shown::beside;
use crate::sampling::{bernoulli, categorical};

/// `[objective.contrastive-divergence]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Steps of Gibbs sampling: k.
    pub steps: NonZeroUsize,
    /// Which number stands for a distribution over ratings.
    pub predict: Predict,
}

impl Default for Config {
    fn default() -> Self {
        Self { steps: NonZeroUsize::MIN, predict: Predict::default() }
    }
}

impl Config {
    /// What is shown, the last sample and the next, and the sums that it is drawn from; backward, a gradient.
    pub(super) fn wide(&self) -> Wide {
        Wide { forward: 4, backward: 3 }
    }

    /// The divergence of the rows of a feed, of which `forward` is the pass.
    pub fn fit(
        &self,
        task: &Task<'_>,
        model: &dyn Model,
        forward: &Forward,
        feed: &Feed,
        generator: &mut Generator,
    ) -> Fit {
        let (encoder, decoder) = model.encoder().zip(model.decoder()).expect("an RBM has both layers");
        let entries = &feed.ratings;
        let side = feed.batch().side;
        let visible = |classes: &Tensor| one_hot(entries, classes, task.levels.count());
        let shown = visible(entries.classes.as_ref().expect("this objective is given classes"));
        let sampled = tch::no_grad(|| {
            let mut code = forward.pass.code.shallow_clone();
            let mut sampled = shown.shallow_clone();
            for _ in 0..self.steps.get() {
                let sums = decoder.decode(&bernoulli(&code, generator));
                let chances = gather(&sums, entries).softmax(1, Kind::Float);
                sampled = visible(&categorical(&chances, generator));
                code = encoder.encode(&beside(&sampled, side.as_ref())).sigmoid();
            }
            sampled
        });
        let of_sample = encoder.encode(&beside(&sampled, side.as_ref()));
        let difference =
            free_energy(&shown, &forward.first, &decoder.bias) - free_energy(&sampled, &of_sample, &decoder.bias);
        Fit { sum: difference.sum(Kind::Float), count: entries.row_lengths.len() as f64 }
    }
}
