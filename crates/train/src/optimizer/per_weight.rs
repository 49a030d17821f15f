//! Optimizers that change each weight by its own gradient and what they keep of the earlier ones.

use std::fmt::Debug;

use hourglass_models::Parameter;
use hourglass_models::range::NonNegative;
use tch::Tensor;

use super::{Evaluate, Evaluated, Find, Method, Step};
use crate::Error;

/// A formula that changes one tensor of weights.
pub(super) trait Rule: Debug {
    /// What it keeps for each weight from step to step, by name, and with what it starts.
    fn kept(&self) -> Vec<(&'static str, f64)>;

    /// How many tensors in the shape of the weights a change makes on the way, besides one for weight decay.
    fn scratch(&self) -> u64 {
        2
    }

    /// Changes weights by their gradient; `kept` are the tensors of [`kept`](Self::kept), in the shape of the weights.
    fn step(&self, step: Step, weights: &mut Tensor, gradient: &Tensor, kept: &mut [Tensor]);
}

/// A rule, and what it keeps for each parameter.
#[derive(Debug)]
pub(super) struct PerWeight {
    rule: Box<dyn Rule>,
    kept: Vec<Kept>,
}

/// What is kept for one parameter.
#[derive(Debug)]
struct Kept {
    name: String,
    tensors: Vec<Tensor>,
}

impl PerWeight {
    /// Before the first step.
    pub(super) fn start(rule: Box<dyn Rule>, parameters: &[Parameter]) -> Self {
        let kept = rule.kept();
        let tensors = |parameter: &Parameter| {
            let start = |&(_, value): &(_, f64)| parameter.tensor.detach().full_like(value);
            Kept { name: parameter.name.clone(), tensors: kept.iter().map(start).collect() }
        };
        Self { kept: parameters.iter().map(tensors).collect(), rule }
    }
}

impl Method for PerWeight {
    fn step(&mut self, step: Step, parameters: &[Parameter], here: Evaluated, _: Evaluate<'_>) -> Result<(), Error> {
        tch::no_grad(|| {
            for ((parameter, gradient), kept) in parameters.iter().zip(&here.gradients).zip(&mut self.kept) {
                self.rule.step(step, &mut parameter.tensor.shallow_clone(), gradient, &mut kept.tensors);
            }
        });
        Ok(())
    }

    fn kept(&self, place: usize) -> Vec<Tensor> {
        self.kept[place].tensors.iter().map(Tensor::shallow_clone).collect()
    }

    fn state(&self) -> Vec<(String, Tensor)> {
        let names = self.rule.kept();
        let named = |kept: &Kept| {
            let tensors = names.iter().zip(&kept.tensors);
            tensors
                .map(|((name, _), tensor)| (format!("{}.{name}", kept.name), tensor.shallow_clone()))
                .collect::<Vec<_>>()
        };
        self.kept.iter().flat_map(named).collect()
    }

    fn restore(&mut self, find: Find<'_>) -> Result<(), Error> {
        for (name, mut tensor) in self.state() {
            tensor.copy_(&find(&name, &tensor)?);
        }
        Ok(())
    }

    fn state_per_parameter(&self) -> u64 {
        self.rule.kept().len() as u64
    }

    fn scratch_per_parameter(&self) -> u64 {
        self.rule.scratch()
    }
}

/// The gradient of the loss plus `decay / 2 · Σ θ²`, over all weights and offsets.
pub(super) fn decayed(gradient: &Tensor, weights: &Tensor, decay: NonNegative) -> Tensor {
    match decay.get() {
        0.0 => gradient.shallow_clone(),
        decay => gradient + weights * decay,
    }
}
