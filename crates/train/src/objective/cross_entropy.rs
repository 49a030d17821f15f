//! Cross-entropy over the values that a rating can have: `−ln p_k`, where k is the rating's class and p the softmax of the
//! item's outputs, one an output class; the mean of each row's mean. The outputs' places: class k of column c is output
//! `c · levels + k`.

use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use super::{Fit, Observed};
use crate::levels::Levels;

/// `[objective.cross-entropy]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Which number stands for a distribution over ratings.
    pub predict: Predict,
}

/// Which number stands for a distribution over ratings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Predict {
    /// Its mean, `Σ p_k value_k`: what makes squared errors small.
    #[default]
    Mean,
    /// The value with the largest probability.
    Mode,
}

impl Config {
    pub(super) fn fit(&self, observed: &Observed) -> Fit {
        let classes = observed.classes.as_ref().expect("this objective is given classes").unsqueeze(1);
        let chosen = observed.predicted.log_softmax(1, Kind::Float).gather(1, &classes, false).squeeze_dim(1);
        Fit { sum: -(chosen * &observed.share).sum(Kind::Float), count: observed.rows as f64 }
    }
}

impl Predict {
    /// From outputs `[entries, levels]` to ratings `[entries]`.
    pub(super) fn of(self, outputs: &Tensor, levels: &Levels) -> Tensor {
        let values = levels.values(outputs.device());
        match self {
            Self::Mean => outputs.softmax(1, Kind::Float).mv(&values),
            Self::Mode => values.index_select(0, &outputs.argmax(1, false)),
        }
    }
}
