//! How a gradient becomes a change of the weights. All state is in tensors that checkpoints carry.

pub mod adam;
pub mod adamw;
pub mod lazy_adam;
pub mod lbfgs;
mod line_search;
mod per_weight;
pub mod rmsprop;
pub mod rprop;
pub mod sgd;

use hourglass_models::Parameter;
use lbfgs::Lbfgs;
use per_weight::{PerWeight, Rule, decayed};
use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::Error;

/// Which optimizer, as written in `train.optimizer`. Each computes what PyTorch's of the same name does, where none is given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OptimizerConfig {
    /// Adam.
    Adam(adam::Config),
    /// Adam with decoupled weight decay.
    Adamw(adamw::Config),
    /// Adam for the rows that have a gradient alone: PyTorch's `SparseAdam`.
    LazyAdam(lazy_adam::Config),
    /// Newton's method with an estimated curvature, for batches that hold all rows.
    Lbfgs(lbfgs::Config),
    /// Gradients over the root of a running mean of their squares.
    Rmsprop(rmsprop::Config),
    /// Steps that depend on the gradient's sign only: for batches that hold all rows.
    Rprop(rprop::Config),
    /// Gradient descent, with momentum or without.
    Sgd(sgd::Config),
}

impl Default for OptimizerConfig {
    fn default() -> Self {
        Self::Adam(adam::Config::default())
    }
}

/// A loss and the gradient of each parameter.
#[derive(Debug)]
pub struct Evaluated {
    /// Of some weights, on some rows; no number where it has not been read, because the optimizer does not
    /// [look](OptimizerConfig::looks_at_losses).
    pub loss: f64,
    /// In the order of the parameters.
    pub gradients: Vec<Tensor>,
}

/// Evaluates the parameters as they are.
pub type Evaluate<'a> = &'a mut dyn FnMut() -> Result<Evaluated, Error>;

/// Finds the stored tensor of a name, in the shape of the one it is shown.
pub type Find<'a> = &'a dyn Fn(&str, &Tensor) -> Result<Tensor, Error>;

/// One change of the weights.
#[derive(Debug, Clone, Copy)]
struct Step {
    /// From 1.
    number: u64,
    /// By which the schedule multiplies the learning rate.
    lr_factor: f64,
}

/// A way to change weights, with its state.
trait Method: std::fmt::Debug {
    /// As [`Optimizer::step`].
    fn step(&mut self, step: Step, parameters: &[Parameter], here: Evaluated, again: Evaluate<'_>)
    -> Result<(), Error>;

    /// As [`Optimizer::kept`].
    fn kept(&self, _place: usize) -> Vec<Tensor> {
        Vec::new()
    }

    /// As [`Optimizer::state`].
    fn state(&self) -> Vec<(String, Tensor)>;

    /// As [`Optimizer::restore`].
    fn restore(&mut self, find: Find<'_>) -> Result<(), Error>;

    /// The most numbers it keeps for each trained one.
    fn state_per_parameter(&self) -> u64;

    /// As [`OptimizerConfig::scratch_per_parameter`].
    fn scratch_per_parameter(&self) -> u64;
}

impl OptimizerConfig {
    /// An optimizer for these parameters, before its first step.
    pub fn start(&self, parameters: &[Parameter]) -> Optimizer {
        let per_weight = |rule: Box<dyn Rule>| -> Box<dyn Method> { Box::new(PerWeight::start(rule, parameters)) };
        let method = match self.clone() {
            Self::Adam(config) => per_weight(Box::new(config)),
            Self::Adamw(config) => per_weight(Box::new(config)),
            Self::LazyAdam(config) => per_weight(Box::new(config)),
            Self::Lbfgs(config) => Box::new(Lbfgs::start(config, parameters)),
            Self::Rmsprop(config) => per_weight(Box::new(config)),
            Self::Rprop(config) => per_weight(Box::new(config)),
            Self::Sgd(config) => per_weight(Box::new(config)),
        };
        Optimizer { method, steps: 0 }
    }

    /// Whether a step depends on the loss, and not on its gradient alone.
    pub fn looks_at_losses(&self) -> bool {
        matches!(self, Self::Lbfgs(_))
    }

    /// How often a step looks at the loss of its batch, about.
    pub fn looks(&self) -> usize {
        match self {
            Self::Lbfgs(config) => config.iterations.get(),
            _ => 1,
        }
    }

    /// How many numbers it keeps for each trained one, at most.
    pub fn state_per_parameter(&self) -> u64 {
        self.start(&[]).method.state_per_parameter()
    }

    /// How many numbers it needs, one parameter after the other, for each of a parameter while it changes it.
    pub fn scratch_per_parameter(&self) -> u64 {
        self.start(&[]).method.scratch_per_parameter()
    }
}

/// An optimizer with its state.
#[derive(Debug)]
pub struct Optimizer {
    method: Box<dyn Method>,
    steps: u64,
}

impl Optimizer {
    /// Changes the parameters, whose loss and gradients are `here`; the learning rate is multiplied by `lr_factor`. `again`
    /// evaluates them as they are then, for optimizers that look several times in a step.
    ///
    /// # Errors
    /// When `again` fails.
    pub fn step(
        &mut self,
        lr_factor: f64,
        parameters: &[Parameter],
        here: Evaluated,
        again: Evaluate<'_>,
    ) -> Result<(), Error> {
        self.steps += 1;
        self.method.step(Step { number: self.steps, lr_factor }, parameters, here, again)
    }

    /// A step was made by an engine, with what is [kept](Self::kept).
    pub(crate) fn count_step(&mut self) {
        self.steps += 1;
    }

    /// What is kept for the parameter at this place, shared with the optimizer; nothing, where it is not kept weight by weight.
    pub(crate) fn kept(&self, place: usize) -> Vec<Tensor> {
        self.method.kept(place)
    }

    /// The state as named tensors, shared with the optimizer where they are as large as parameters.
    pub fn state(&self) -> Vec<(String, Tensor)> {
        self.method.state()
    }

    /// Takes up a state that [`Self::state`] gave after this many steps.
    ///
    /// # Errors
    /// When a tensor is not found.
    pub fn restore(&mut self, steps: u64, find: Find<'_>) -> Result<(), Error> {
        self.steps = steps;
        self.method.restore(find)
    }

    /// Steps taken so far.
    pub fn steps(&self) -> u64 {
        self.steps
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use hourglass_models::Part;
    use tch::Kind;

    use super::*;

    /// A parameter that starts at 1 and −1, and each optimizer with settings that use all it keeps.
    fn started(config: &OptimizerConfig) -> (Vec<Parameter>, Optimizer) {
        let tensor = Tensor::from_slice(&[1.0f32, -1.0]).set_requires_grad(true);
        let parameters = vec![Parameter::kernel("weight", Part::Encoder, &tensor)];
        let optimizer = config.start(&parameters);
        (parameters, optimizer)
    }

    /// The loss `Σ (x − (2, 3))⁴`, which no optimizer is done with after a few steps.
    fn evaluate(parameters: &[Parameter]) -> Evaluated {
        let tensor = &parameters[0].tensor;
        let loss = (tensor - Tensor::from_slice(&[2.0f32, 3.0])).pow_tensor_scalar(4).sum(Kind::Float);
        let gradients = Tensor::run_backward(&[&loss], &[tensor], false, false);
        Evaluated { loss: loss.double_value(&[]), gradients }
    }

    fn step(optimizer: &mut Optimizer, parameters: &[Parameter]) {
        optimizer.step(0.5, parameters, evaluate(parameters), &mut || Ok(evaluate(parameters))).unwrap();
    }

    #[test]
    fn a_restored_state_goes_on_alike() {
        let configs = [
            r#"{"adam": {"lr": 0.1}}"#,
            r#"{"adamw": {"lr": 0.1}}"#,
            r#"{"lazy-adam": {"lr": 0.1}}"#,
            r#"{"lbfgs": {"iterations": 3, "history": 2}}"#,
            r#"{"lbfgs": {"lr": 0.01, "iterations": 2, "history": 3, "line_search": "none"}}"#,
            r#"{"rmsprop": {"lr": 0.1, "momentum": 0.9}}"#,
            r#"{"rprop": {}}"#,
            r#"{"sgd": {"lr": 0.001, "momentum": 0.9}}"#,
        ];
        for (written, steps) in configs.iter().flat_map(|written| [0, 1, 3].map(|steps| (written, steps))) {
            let config: OptimizerConfig = serde_json::from_str(written).expect(written);
            let (parameters, mut optimizer) = started(&config);
            (0..steps).for_each(|_| step(&mut optimizer, &parameters));
            let (others, mut other) = started(&config);
            tch::no_grad(|| others[0].tensor.shallow_clone().copy_(&parameters[0].tensor));
            let stored: BTreeMap<_, _> =
                optimizer.state().into_iter().map(|(name, tensor)| (name, tensor.copy())).collect();
            let of_weights = stored.values().filter(|tensor| tensor.numel() == 2).count() as u64;
            assert!(of_weights <= config.state_per_parameter(), "{written}");
            other.restore(optimizer.steps(), &|name, _| Ok(stored[name].copy())).unwrap();
            for _ in 0..3 {
                step(&mut optimizer, &parameters);
                step(&mut other, &others);
                assert!(parameters[0].tensor.equal(&others[0].tensor), "{written} after {steps} steps");
            }
        }
    }
}
