//! How a gradient becomes a change of the weights. All state is in tensors that checkpoints carry.

pub mod adam;

use hourglass_models::Parameter;
use serde::{Deserialize, Serialize};
use tch::Tensor;

/// Which optimizer, as written in `train.optimizer`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OptimizerConfig {
    /// Adam.
    Adam(adam::Config),
}

impl Default for OptimizerConfig {
    fn default() -> Self {
        Self::Adam(adam::Config::default())
    }
}

impl OptimizerConfig {
    /// An optimizer for these parameters, before its first step.
    pub fn start(&self, parameters: &[Parameter]) -> Optimizer {
        match self {
            Self::Adam(config) => Optimizer::Adam(adam::Adam::start(config, parameters)),
        }
    }

    /// How many numbers it keeps for each trained one.
    pub fn state_per_parameter(&self) -> u64 {
        match self {
            Self::Adam(_) => 2,
        }
    }
}

/// An optimizer with its state.
#[derive(Debug)]
pub enum Optimizer {
    /// Adam.
    Adam(adam::Adam),
}

impl Optimizer {
    /// Changes each parameter by its gradient (same order).
    pub fn step(&mut self, parameters: &[Parameter], gradients: &[Tensor]) {
        match self {
            Self::Adam(adam) => adam.step(parameters, gradients),
        }
    }

    /// The state as named tensors, shared with the optimizer.
    pub fn state(&self) -> Vec<(String, Tensor)> {
        match self {
            Self::Adam(adam) => adam.state(),
        }
    }

    /// Takes up a state that [`Self::state`] gave after this many steps. `find` returns the tensor of a name, in the shape of
    /// the one it is shown.
    pub fn restore<E>(&mut self, steps: u64, find: impl Fn(&str, &Tensor) -> Result<Tensor, E>) -> Result<(), E> {
        match self {
            Self::Adam(adam) => adam.restore(steps, find),
        }
    }

    /// Steps taken so far.
    pub fn steps(&self) -> u64 {
        match self {
            Self::Adam(adam) => adam.steps(),
        }
    }
}
