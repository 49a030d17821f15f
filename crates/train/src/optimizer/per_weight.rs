//! Optimizers that change each weight by its own gradient and what they keep of the earlier ones.

use std::fmt::Debug;

use hourglass_models::Parameter;
use hourglass_models::range::NonNegative;
use tch::{Device, Tensor};

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

    /// Whether what becomes of a weight depends on the others of its row, so that parameters keep their shapes.
    fn goes_by_rows(&self) -> bool {
        false
    }

    /// Changes weights by their gradient; `kept` are the tensors of [`kept`](Self::kept), in the shape of the weights.
    fn step(&self, step: Step, weights: &mut Tensor, gradient: &Tensor, kept: &mut [Tensor]);
}

/// A rule, and what it keeps for each parameter.
#[derive(Debug)]
pub(super) struct PerWeight {
    rule: Box<dyn Rule>,
    kept: Vec<Kept>,
    /// The same, each for all parameters one after the other `[weights]`, where they are changed together.
    joined: Option<Vec<Tensor>>,
}

/// What is kept for one parameter.
#[derive(Debug)]
struct Kept {
    name: String,
    tensors: Vec<Tensor>,
}

impl PerWeight {
    /// Before the first step. On a GPU, where an operation on few numbers takes as long as one on many, all parameters are changed
    /// together, if a weight's row does not matter.
    pub(super) fn start(rule: Box<dyn Rule>, parameters: &[Parameter]) -> Self {
        match parameters {
            [first, ..] if first.tensor.device() != Device::Cpu && !rule.goes_by_rows() => {
                Self::together(rule, parameters)
            }
            _ => Self::one_by_one(rule, parameters),
        }
    }

    fn one_by_one(rule: Box<dyn Rule>, parameters: &[Parameter]) -> Self {
        let kept = rule.kept();
        let tensors = |parameter: &Parameter| {
            let start = |&(_, value): &(_, f64)| parameter.tensor.detach().full_like(value);
            Kept { name: parameter.name.clone(), tensors: kept.iter().map(start).collect() }
        };
        Self { kept: parameters.iter().map(tensors).collect(), rule, joined: None }
    }

    /// What is kept for each parameter is a part of what is kept for all.
    fn together(rule: Box<dyn Rule>, parameters: &[Parameter]) -> Self {
        let weights = joined(parameters.iter().map(|parameter| &parameter.tensor));
        let joined: Vec<Tensor> = rule.kept().iter().map(|&(_, value)| weights.full_like(value)).collect();
        let parts: Vec<Vec<Tensor>> = joined.iter().map(|all| parted(all, parameters)).collect();
        let kept = |(place, parameter): (usize, &Parameter)| Kept {
            name: parameter.name.clone(),
            tensors: parts.iter().map(|parts| parts[place].shallow_clone()).collect(),
        };
        Self { kept: parameters.iter().enumerate().map(kept).collect(), rule, joined: Some(joined) }
    }
}

/// All numbers of some tensors, one after the other `[numbers]`, without a gradient.
fn joined<'a>(tensors: impl Iterator<Item = &'a Tensor>) -> Tensor {
    Tensor::cat(&tensors.map(|tensor| tensor.detach().reshape(-1)).collect::<Vec<_>>(), 0)
}

/// What of numbers for all weights belongs to each parameter, in its shape.
fn parted(all: &Tensor, parameters: &[Parameter]) -> Vec<Tensor> {
    let sizes: Vec<i64> = parameters.iter().map(|parameter| parameter.tensor.numel() as i64).collect();
    let parts = all.split_with_sizes(sizes, 0);
    parts.iter().zip(parameters).map(|(part, parameter)| part.view_as(&parameter.tensor)).collect()
}

impl Method for PerWeight {
    fn step(&mut self, step: Step, parameters: &[Parameter], here: Evaluated, _: Evaluate<'_>) -> Result<(), Error> {
        tch::no_grad(|| {
            if let Some(kept) = &mut self.joined {
                let mut weights = joined(parameters.iter().map(|parameter| &parameter.tensor));
                self.rule.step(step, &mut weights, &joined(here.gradients.iter()), kept);
                let changed = parted(&weights, parameters);
                changed.iter().zip(parameters).for_each(|(part, of)| of.tensor.shallow_clone().copy_(part));
                return;
            }
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

#[cfg(test)]
mod tests {
    use hourglass_models::Part;
    use tch::Kind;

    use super::super::{adam, adamw, rmsprop, rprop, sgd};
    use super::*;

    fn parameters() -> Vec<Parameter> {
        let numbers = |from: f64, size: &[i64]| {
            let count: i64 = size.iter().product();
            (Tensor::arange(count, (Kind::Float, Device::Cpu)) * 0.37 + from).sin().view(size).set_requires_grad(true)
        };
        let tensors = [("a", numbers(0.0, &[5, 3])), ("b", numbers(1.0, &[3])), ("c", numbers(2.0, &[2, 2, 2]))];
        tensors.iter().map(|(name, tensor)| Parameter::kernel(name, Part::Encoder, tensor)).collect()
    }

    #[test]
    fn parameters_change_together_as_one_by_one() {
        let rule = |written: &str| -> Box<dyn Rule> {
            let (name, config) = written.split_once(' ').unwrap();
            match name {
                "adam" => Box::new(serde_json::from_str::<adam::Config>(config).unwrap()),
                "adamw" => Box::new(serde_json::from_str::<adamw::Config>(config).unwrap()),
                "rmsprop" => Box::new(serde_json::from_str::<rmsprop::Config>(config).unwrap()),
                "rprop" => Box::new(serde_json::from_str::<rprop::Config>(config).unwrap()),
                _ => Box::new(serde_json::from_str::<sgd::Config>(config).unwrap()),
            }
        };
        for written in [
            r#"adam {"lr": 0.1, "weight_decay": 0.1}"#,
            r#"adamw {"lr": 0.1}"#,
            r#"rmsprop {"lr": 0.1, "momentum": 0.9}"#,
            "rprop {}",
            r#"sgd {"lr": 0.1}"#,
            r#"sgd {"lr": 0.1, "momentum": 0.9, "nesterov": true}"#,
        ] {
            let (apart, together) = (parameters(), parameters());
            let mut of_apart = PerWeight::one_by_one(rule(written), &apart);
            let mut of_together = PerWeight::together(rule(written), &together);
            for number in 1..=3 {
                for (method, parameters) in [(&mut of_apart, &apart), (&mut of_together, &together)] {
                    let gradients = parameters.iter().map(|one| one.tensor.detach().cos() * number as f64).collect();
                    let here = Evaluated { loss: f64::NAN, gradients };
                    let mut again = || unreachable!("one gradient is enough");
                    method.step(Step { number, lr_factor: 0.5 }, parameters, here, &mut again).unwrap();
                }
            }
            let weights = apart.iter().zip(&together).map(|(apart, together)| (&apart.tensor, &together.tensor));
            let (apart, together) = (of_apart.state(), of_together.state());
            let states = apart.iter().zip(&together).map(|((name, apart), (other, together))| {
                assert_eq!(name, other);
                (apart, together)
            });
            for (apart, together) in weights.chain(states) {
                assert_eq!(apart.size(), together.size());
                assert!(apart.allclose(together, 1e-6, 1e-7, false), "{written}: {apart} and {together}");
            }
        }
    }
}
