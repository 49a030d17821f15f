//! How a gradient becomes a change of the weights. All state is in tensors that checkpoints carry.

pub mod adam;
pub mod adamw;
pub mod rmsprop;
pub mod rprop;
pub mod sgd;

use hourglass_models::Parameter;
use hourglass_models::range::NonNegative;
use serde::{Deserialize, Serialize};
use tch::Tensor;

/// Which optimizer, as written in `train.optimizer`. Each computes what PyTorch's of the same name does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OptimizerConfig {
    /// Adam.
    Adam(adam::Config),
    /// Adam with decoupled weight decay.
    Adamw(adamw::Config),
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

/// A formula that changes one tensor of weights.
trait Rule {
    /// What it keeps for each weight from step to step, by name, and with what it starts.
    fn kept(&self) -> Vec<(&'static str, f64)>;

    /// Changes weights by their gradient in a step, counted from 1; `kept` are the tensors of [`kept`](Self::kept), in the
    /// shape of the weights.
    fn step(&self, step: u64, weights: &mut Tensor, gradient: &Tensor, kept: &mut [Tensor]);
}

impl OptimizerConfig {
    /// An optimizer for these parameters, before its first step.
    pub fn start(&self, parameters: &[Parameter]) -> Optimizer {
        let kept = self.rule().kept();
        let tensors = |parameter: &Parameter| {
            let start = |&(_, value): &(_, f64)| parameter.tensor.detach().full_like(value);
            Kept { name: parameter.name.clone(), tensors: kept.iter().map(start).collect() }
        };
        Optimizer { config: self.clone(), steps: 0, kept: parameters.iter().map(tensors).collect() }
    }

    /// How many numbers it keeps for each trained one.
    pub fn state_per_parameter(&self) -> u64 {
        self.rule().kept().len() as u64
    }

    fn rule(&self) -> &dyn Rule {
        match self {
            Self::Adam(config) => config,
            Self::Adamw(config) => config,
            Self::Rmsprop(config) => config,
            Self::Rprop(config) => config,
            Self::Sgd(config) => config,
        }
    }
}

/// An optimizer with its state.
#[derive(Debug)]
pub struct Optimizer {
    config: OptimizerConfig,
    steps: u64,
    kept: Vec<Kept>,
}

/// What is kept for one parameter.
#[derive(Debug)]
struct Kept {
    name: String,
    tensors: Vec<Tensor>,
}

impl Optimizer {
    /// Changes each parameter by its gradient (same order).
    pub fn step(&mut self, parameters: &[Parameter], gradients: &[Tensor]) {
        self.steps += 1;
        let rule = self.config.rule();
        tch::no_grad(|| {
            for ((parameter, gradient), kept) in parameters.iter().zip(gradients).zip(&mut self.kept) {
                rule.step(self.steps, &mut parameter.tensor.shallow_clone(), gradient, &mut kept.tensors);
            }
        });
    }

    /// The state as named tensors, shared with the optimizer.
    pub fn state(&self) -> Vec<(String, Tensor)> {
        let names = self.config.rule().kept();
        let named = |kept: &Kept| {
            let tensors = names.iter().zip(&kept.tensors);
            tensors
                .map(|((name, _), tensor)| (format!("{}.{name}", kept.name), tensor.shallow_clone()))
                .collect::<Vec<_>>()
        };
        self.kept.iter().flat_map(named).collect()
    }

    /// Takes up a state that [`Self::state`] gave after this many steps. `find` returns the tensor of a name, in the shape of
    /// the one it is shown.
    ///
    /// # Errors
    /// When `find` does not.
    pub fn restore<E>(&mut self, steps: u64, find: impl Fn(&str, &Tensor) -> Result<Tensor, E>) -> Result<(), E> {
        for (name, mut tensor) in self.state() {
            let stored = find(&name, &tensor)?;
            tensor.copy_(&stored);
        }
        self.steps = steps;
        Ok(())
    }

    /// Steps taken so far.
    pub fn steps(&self) -> u64 {
        self.steps
    }
}

/// The gradient of the loss plus `decay / 2 · Σ θ²`, over all weights and offsets.
fn decayed(gradient: &Tensor, weights: &Tensor, decay: NonNegative) -> Tensor {
    match decay.get() {
        0.0 => gradient.shallow_clone(),
        decay => gradient + weights * decay,
    }
}

#[cfg(test)]
mod tests {
    use hourglass_models::Part;

    use super::*;

    /// A parameter that starts at 1 and −1, and each optimizer with settings that use all it keeps.
    fn started(config: &OptimizerConfig) -> (Vec<Parameter>, Optimizer) {
        let tensor = Tensor::from_slice(&[1.0f32, -1.0]);
        let parameters = vec![Parameter::kernel("weight", Part::Encoder, &tensor)];
        let optimizer = config.start(&parameters);
        (parameters, optimizer)
    }

    #[test]
    fn a_restored_state_goes_on_alike() {
        let configs = [
            r#"{"adam": {"lr": 0.1}}"#,
            r#"{"adamw": {"lr": 0.1}}"#,
            r#"{"rmsprop": {"lr": 0.1, "momentum": 0.9}}"#,
            r#"{"rprop": {}}"#,
            r#"{"sgd": {"lr": 0.1, "momentum": 0.9}}"#,
        ];
        for written in configs {
            let config: OptimizerConfig = serde_json::from_str(written).expect(written);
            let gradient = |step: i32| Tensor::from_slice(&[step as f32 - 2.5, 1.0 / step as f32]);
            let (parameters, mut optimizer) = started(&config);
            (1..4).for_each(|step| optimizer.step(&parameters, &[gradient(step)]));
            let (others, mut other) = started(&config);
            others[0].tensor.shallow_clone().copy_(&parameters[0].tensor);
            let stored = optimizer.state();
            assert_eq!(stored.len() as u64, config.state_per_parameter(), "{written}");
            let find = |name: &str, _: &Tensor| {
                stored.iter().find(|entry| entry.0 == name).map(|entry| entry.1.copy()).ok_or(())
            };
            other.restore(optimizer.steps(), find).unwrap();
            optimizer.step(&parameters, &[gradient(4)]);
            other.step(&others, &[gradient(4)]);
            assert!(parameters[0].tensor.equal(&others[0].tensor), "{written}");
        }
    }
}
