//! `lowest + (1 − lowest) · (1 + cos(π · epochs / all epochs)) / 2`, then `lowest`: one cycle of SGDR (Loshchilov and Hutter 2017),
//! as PyTorch's `CosineAnnealingLR`.

use std::f64::consts::PI;
use std::num::NonZeroUsize;

use hourglass_models::range::Rate;
use serde::{Deserialize, Serialize};

use super::Time;

/// `{ cosine = {} }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How long it falls; without it, as long as training may last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epochs: Option<NonZeroUsize>,
    /// Where it ends, as a share of the full learning rate.
    pub lowest: Rate,
}

impl Default for Config {
    fn default() -> Self {
        Self { epochs: None, lowest: Rate::new::<0, 1>() }
    }
}

impl Config {
    pub(super) fn factor(&self, time: Time) -> f64 {
        let share = time.whole_epochs() / self.epochs.unwrap_or(time.total).get() as f64;
        let lowest = self.lowest.get();
        lowest + (1.0 - lowest) * (1.0 + (PI * share.min(1.0)).cos()) / 2.0
    }
}
