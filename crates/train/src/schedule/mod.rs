//! How the learning rate changes while training goes on.

pub mod cosine;
pub mod exponential;
pub mod linear_warmup;
pub mod plateau;
pub mod step;

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

/// `[train.schedule]`: each may be there, or not; the learning rate is multiplied by the factors of all that are. So a warm-up is
/// followed by a decay where both are there. Time is counted in epochs; all factors change between epochs, but that of the
/// warm-up, which may be shorter than an epoch, from step to step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct ScheduleConfig {
    /// Rises from the first step on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linear_warmup: Option<linear_warmup::Config>,
    /// Falls by steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<step::Config>,
    /// Falls by the same share in each epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exponential: Option<exponential::Config>,
    /// Falls slowly, then fast, then slowly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cosine: Option<cosine::Config>,
    /// Falls when the monitored column has stopped improving.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plateau: Option<plateau::Config>,
}

/// Of a training of `total` epochs, the place that a step has.
#[derive(Debug, Clone, Copy)]
pub struct Time {
    /// The time since training began, in epochs: 2.5 is the middle of the third.
    pub epochs: f64,
    /// The most epochs there will be.
    pub total: NonZeroUsize,
}

impl Time {
    /// Epochs that are over.
    fn whole_epochs(self) -> f64 {
        self.epochs.floor()
    }
}

impl ScheduleConfig {
    /// Whether the learning rate never changes.
    pub fn is_constant(&self) -> bool {
        *self == Self::default()
    }

    /// By which every learning rate is multiplied; `watched` is what is known of the plateau.
    pub fn factor(&self, time: Time, watched: &plateau::Watched) -> f64 {
        let factors = [
            self.linear_warmup.as_ref().map(|config| config.factor(time)),
            self.step.as_ref().map(|config| config.factor(time)),
            self.exponential.as_ref().map(|config| config.factor(time)),
            self.cosine.as_ref().map(|config| config.factor(time)),
            self.plateau.as_ref().map(|_| watched.factor),
        ];
        factors.into_iter().flatten().product()
    }
}
