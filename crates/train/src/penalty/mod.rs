//! What training makes small besides the objective: too large weights, too busy codes. Each is a part of the loss with a
//! column of its own.

pub mod contractive;
pub mod kl_sparsity;
pub mod l1_code;
pub mod l2;
pub mod similarity;

use hourglass_models::range::NonNegative;
use hourglass_models::{Boundary, Parameter};
use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::Task;

/// `[penalty]`: each may be there, or not.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct PenaltyConfig {
    /// On how much the code changes with the input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contractive: Option<contractive::Config>,
    /// On codes of which too many units are active.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kl_sparsity: Option<kl_sparsity::Config>,
    /// On absolute code values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub l1_code: Option<l1_code::Config>,
    /// On squared weights.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub l2: Option<l2::Config>,
    /// On codes that are farther from each other than their rows are, or nearer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub similarity: Option<similarity::Config>,
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
    /// Whether each unit of the code is a function of its own one of these sums.
    pub elementwise: bool,
    /// With whom its rows are compared, where they are.
    pub pairs: Option<&'a similarity::Pairs>,
    /// The time since training began, in epochs.
    pub epochs: f64,
}

impl Seen<'_> {
    fn batch(&self) -> &SeenBatch<'_> {
        self.batch.as_ref().expect("a penalty that is not of weights alone is shown a batch")
    }
}

/// The warmup of a weight that is in force from the beginning.
fn at_once() -> NonNegative {
    NonNegative::new::<0, 1>()
}

/// One kind of penalty.
trait Penalty {
    /// A scalar with a gradient, weighted.
    fn term(&self, seen: &Seen<'_>) -> Tensor;

    /// Whether it depends on the weights alone, not on a batch.
    fn is_of_weights(&self) -> bool {
        false
    }

    /// Whether it can be computed for this network.
    fn check(&self, _task: &Task<'_>) -> Result<(), String> {
        Ok(())
    }
}

impl PenaltyConfig {
    fn list(&self) -> Vec<(&'static str, &dyn Penalty)> {
        let all: [(_, Option<&dyn Penalty>); 5] = [
            ("contractive", self.contractive.as_ref().map(|config| config as _)),
            ("kl-sparsity", self.kl_sparsity.as_ref().map(|config| config as _)),
            ("l1-code", self.l1_code.as_ref().map(|config| config as _)),
            ("l2", self.l2.as_ref().map(|config| config as _)),
            ("similarity", self.similarity.as_ref().map(|config| config as _)),
        ];
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

    /// Whether each can be computed for this network.
    pub(crate) fn check(&self, task: &Task<'_>) -> Result<(), String> {
        self.list().into_iter().try_for_each(|(_, penalty)| penalty.check(task))
    }

    /// The sum of those that depend on the weights alone.
    pub fn of_weights(&self, parameters: &[Parameter]) -> f64 {
        let seen = Seen { parameters, batch: None };
        let of_weights = self.list().into_iter().filter(|(_, penalty)| penalty.is_of_weights());
        tch::no_grad(|| of_weights.map(|(_, penalty)| penalty.term(&seen).double_value(&[])).sum())
    }
}
