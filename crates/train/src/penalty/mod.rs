//! What training makes small besides the objective: too large weights, too busy codes. Each is a part of the loss with a
//! column of its own.

pub mod l2;

use hourglass_models::{Boundary, Parameter};
use serde::{Deserialize, Serialize};
use tch::Tensor;

/// `[penalty]`: each may be there, or not.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct PenaltyConfig {
    /// On squared weights.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub l2: Option<l2::Config>,
}

/// What a penalty may look at.
#[derive(Debug)]
pub struct Seen<'a> {
    /// All of the network's.
    pub parameters: &'a [Parameter],
    /// What the network made of a batch; absent when weights are looked at by themselves.
    pub batch: Option<SeenBatch<'a>>,
}

/// A batch on its way to the code.
#[derive(Debug)]
pub struct SeenBatch<'a> {
    /// The first layer, where the network has one.
    pub encoder: Option<Boundary>,
    /// Its sums before the activation `[batch, first]`; the input itself, where there is no first layer.
    pub first: &'a Tensor,
    /// `[batch, code]`.
    pub code: &'a Tensor,
    /// The time since training began, in epochs.
    pub epochs: f64,
}

/// One kind of penalty.
trait Penalty {
    /// A scalar with a gradient, weighted.
    fn term(&self, seen: &Seen<'_>) -> Tensor;

    /// Whether it depends on the weights alone, not on a batch.
    fn is_of_weights(&self) -> bool {
        false
    }
}

impl PenaltyConfig {
    fn list(&self) -> Vec<(&'static str, &dyn Penalty)> {
        let all = [("l2", self.l2.as_ref().map(|config| config as &dyn Penalty))];
        all.into_iter().filter_map(|(name, penalty)| Some((name, penalty?))).collect()
    }

    /// The names of those that are there.
    pub fn names(&self) -> Vec<&'static str> {
        self.list().into_iter().map(|(name, _)| name).collect()
    }

    /// Their values, in the order of [`names`](Self::names).
    pub fn terms(&self, seen: &Seen<'_>) -> Vec<Tensor> {
        self.list().into_iter().map(|(_, penalty)| penalty.term(seen)).collect()
    }

    /// The sum of those that depend on the weights alone.
    pub fn of_weights(&self, parameters: &[Parameter]) -> f64 {
        let seen = Seen { parameters, batch: None };
        let of_weights = self.list().into_iter().filter(|(_, penalty)| penalty.is_of_weights());
        tch::no_grad(|| of_weights.map(|(_, penalty)| penalty.term(&seen).double_value(&[])).sum())
    }
}
