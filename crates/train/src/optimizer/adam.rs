//! Adam (Kingma and Ba 2015), algorithm 1:
//!
//! ```text
//! m ← β₁ m + (1 − β₁) g,  v ← β₂ v + (1 − β₂) g²
//! θ ← θ − lr · (m / (1 − β₁ᵗ)) / (sqrt(v / (1 − β₂ᵗ)) + ε)
//! ```

use hourglass_models::Parameter;
use hourglass_models::range::{Positive, Rate};
use serde::{Deserialize, Serialize};
use tch::Tensor;

/// `{ adam = { lr = 1e-3 } }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Learning rate.
    pub lr: Positive,
    /// Decay of the running mean of gradients.
    pub beta1: Rate,
    /// Decay of the running mean of squared gradients.
    pub beta2: Rate,
    /// Keeps the denominator above zero.
    pub epsilon: Positive,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            lr: Positive::new::<1, 1_000>(),
            beta1: Rate::new::<9, 10>(),
            beta2: Rate::new::<999, 1_000>(),
            epsilon: Positive::new::<1, 100_000_000>(),
        }
    }
}

/// Adam's state.
#[derive(Debug)]
pub struct Adam {
    config: Config,
    steps: u64,
    moments: Vec<Moments>,
}

/// Running means of one parameter's gradient and of its square, each in the parameter's shape.
#[derive(Debug)]
struct Moments {
    name: String,
    first: Tensor,
    second: Tensor,
}

impl Adam {
    pub(super) fn start(config: &Config, parameters: &[Parameter]) -> Self {
        let zeros = |parameter: &Parameter| parameter.tensor.detach().zeros_like();
        let moments = parameters.iter().map(|parameter| Moments {
            name: parameter.name.clone(),
            first: zeros(parameter),
            second: zeros(parameter),
        });
        Self { config: config.clone(), steps: 0, moments: moments.collect() }
    }

    pub(super) fn step(&mut self, parameters: &[Parameter], gradients: &[Tensor]) {
        self.steps += 1;
        let (beta1, beta2) = (self.config.beta1.get(), self.config.beta2.get());
        let (lr, epsilon) = (self.config.lr.get(), self.config.epsilon.get());
        let correction1 = 1.0 - beta1.powf(self.steps as f64);
        let correction2 = (1.0 - beta2.powf(self.steps as f64)).sqrt();
        tch::no_grad(|| {
            for ((parameter, gradient), moments) in parameters.iter().zip(gradients).zip(&mut self.moments) {
                let _ = moments.first.lerp_(gradient, 1.0 - beta1);
                let _ = moments.second.lerp_(&gradient.square(), 1.0 - beta2);
                let mut denominator = moments.second.sqrt();
                let _ = denominator.g_mul_scalar_(1.0 / correction2).g_add_scalar_(epsilon);
                let change = moments.first.g_mul_scalar(-lr / correction1).g_div_(&denominator);
                let _ = parameter.tensor.shallow_clone().g_add_(&change);
            }
        });
    }

    pub(super) fn state(&self) -> Vec<(String, Tensor)> {
        let named = |moments: &Moments| {
            let Moments { name, first, second } = moments;
            [(format!("{name}.first-moment"), first), (format!("{name}.second-moment"), second)]
                .map(|(name, tensor)| (name, tensor.shallow_clone()))
        };
        self.moments.iter().flat_map(named).collect()
    }

    pub(super) fn restore<E>(
        &mut self,
        steps: u64,
        find: impl Fn(&str, &Tensor) -> Result<Tensor, E>,
    ) -> Result<(), E> {
        for (name, mut tensor) in self.state() {
            let stored = find(&name, &tensor)?;
            tensor.copy_(&stored);
        }
        self.steps = steps;
        Ok(())
    }

    pub(super) fn steps(&self) -> u64 {
        self.steps
    }
}

#[cfg(test)]
mod tests {
    use hourglass_models::Role;

    use super::*;

    /// A parameter that starts at 1 and −1, and Adam with a learning rate of 0.1.
    fn start() -> (Vec<Parameter>, Adam) {
        let tensor = Tensor::from_slice(&[1.0, -1.0]);
        let parameters = vec![Parameter { name: "weight".to_owned(), tensor, role: Role::Kernel }];
        let config = Config { lr: Positive::new::<1, 10>(), ..Config::default() };
        let adam = Adam::start(&config, &parameters);
        (parameters, adam)
    }

    fn assert_values(parameters: &[Parameter], expected: [f64; 2], what: &str) {
        let values = Vec::<f64>::try_from(&parameters[0].tensor).unwrap();
        for (value, expected) in values.iter().zip(expected) {
            assert!((value - expected).abs() < 1e-6, "{what}: {values:?} instead of {expected:?}");
        }
    }

    #[test]
    fn a_gradient_that_stays_moves_by_the_learning_rate_whatever_its_size() {
        // Both running means, corrected for their start at zero, are those of a constant: m̂ = g, v̂ = g².
        let (parameters, mut adam) = start();
        for (step, moved) in [(1, 0.1), (2, 0.2), (3, 0.3), (4, 0.4)] {
            adam.step(&parameters, &[Tensor::from_slice(&[1000.0, -0.01])]);
            assert_values(&parameters, [1.0 - moved, -1.0 + moved], &format!("step {step}"));
            assert_eq!(adam.steps(), step);
        }
    }

    #[test]
    fn the_second_step_by_hand() {
        // g = 1, then −2: m̂ = (0.09 − 0.2) / 0.19, v̂ = (0.000999 + 0.004) / 0.001999.
        let (parameters, mut adam) = start();
        adam.step(&parameters, &[Tensor::from_slice(&[1.0, 0.0])]);
        adam.step(&parameters, &[Tensor::from_slice(&[-2.0, 0.0])]);
        let change = 0.1 * (0.11 / 0.19) / (0.004_999f64 / 0.001_999).sqrt();
        assert_values(&parameters, [0.9 + change, -1.0], "a gradient of zero changes nothing");
    }

    #[test]
    fn a_restored_state_goes_on_alike() {
        let gradient = |step: i32| Tensor::from_slice(&[f64::from(step), 1.0 / f64::from(step)]);
        let (parameters, mut adam) = start();
        (1..4).for_each(|step| adam.step(&parameters, &[gradient(step)]));
        let (others, mut other) = start();
        others[0].tensor.shallow_clone().copy_(&parameters[0].tensor);
        let stored = adam.state();
        let find =
            |name: &str, _: &Tensor| stored.iter().find(|entry| entry.0 == name).map(|entry| entry.1.copy()).ok_or(());
        other.restore(adam.steps(), find).unwrap();
        adam.step(&parameters, &[gradient(4)]);
        other.step(&others, &[gradient(4)]);
        assert!(parameters[0].tensor.equal(&others[0].tensor));
    }
}
