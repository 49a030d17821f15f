//! What learns: a network, in batches, or a baseline, by itself.

use std::collections::BTreeMap;

use hourglass_models::Model;
use tch::Tensor;

use crate::Task;
use crate::baseline::Estimator;
use crate::registry::Kind;
use crate::selection::Weights;
use crate::state::weights;
use crate::stream::Purpose;

/// A model that has been made for a task, fitted or not.
pub enum Learner {
    /// Layers that an engine computes and an optimizer changes.
    Network(Box<dyn Model>),
    /// An estimator that fits itself.
    Baseline(Box<dyn Estimator>),
}

impl Learner {
    /// With fresh weights.
    pub fn start(task: &Task<'_>) -> Self {
        match task.model.kind() {
            Kind::Network(network) => {
                let mut generator = task.streams().generator(Purpose::Initialisation, 0, 0);
                Self::Network(network.network(task.dims(), &mut generator, task.device))
            }
            Kind::Baseline(baseline) => Self::Baseline(baseline.estimator(task)),
        }
    }

    /// The network, if it is one.
    pub fn network(&self) -> Option<&dyn Model> {
        match self {
            Self::Network(model) => Some(model.as_ref()),
            Self::Baseline(_) => None,
        }
    }

    /// What is learned, by name: a network's weights and buffers, detached and shared with it, or copies of what a baseline keeps.
    pub fn weights(&self) -> Weights {
        match self {
            Self::Network(model) => weights(model.as_ref()),
            Self::Baseline(estimator) => estimator.arrays().into_iter().map(|array| array.named_tensor()).collect(),
        }
    }

    /// Takes over what [`weights`](Self::weights) has given, of this model or of one like it.
    pub(crate) fn set_weights(&mut self, weights: &BTreeMap<String, Tensor>) {
        match self {
            Self::Network(_) => {
                for (name, mut tensor) in self.weights() {
                    tensor.copy_(&weights[&name]);
                }
            }
            Self::Baseline(estimator) => {
                estimator.arrays_mut().into_iter().for_each(|array| array.copy(&weights[array.name]));
            }
        }
    }
}
