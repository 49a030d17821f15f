//! L-BFGS changes weights as PyTorch's does; `fixtures/lbfgs.py` made the numbers.

use std::path::PathBuf;

use hourglass_models::{Parameter, Part};
use hourglass_train::OptimizerConfig;
use hourglass_train::optimizer::Evaluated;
use serde::Deserialize;
use tch::{Kind, Tensor};

#[derive(Deserialize)]
struct Fixture {
    start: Vec<f64>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    optimizer: OptimizerConfig,
    /// The weights after each step.
    after: Vec<Vec<f64>>,
}

/// Rosenbrock's function: `Σ 100 (xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)²`.
fn evaluate(parameters: &[Parameter]) -> Evaluated {
    let tensors: Vec<&Tensor> = parameters.iter().map(|parameter| &parameter.tensor).collect();
    let x = Tensor::cat(&tensors, 0);
    let (these, next): (Tensor, Tensor) = (x.narrow(0, 0, 3), x.narrow(0, 1, 3));
    let loss = (next - these.square()).square() * 100.0 + (these - 1.0).square();
    let loss = loss.sum(Kind::Double);
    let gradients = Tensor::run_backward(&[&loss], &tensors, false, false);
    Evaluated { loss: loss.double_value(&[]), gradients }
}

#[test]
fn every_step_is_as_in_pytorch() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/lbfgs.json");
    let fixture: Fixture = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(fixture.cases.len(), 7);
    for case in &fixture.cases {
        let parameter = |part: &[f64]| Tensor::from_slice(part).set_requires_grad(true);
        let (first, rest) = fixture.start.split_at(1);
        let parameters = [
            Parameter::kernel("first", Part::Encoder, &parameter(first)),
            Parameter::kernel("rest", Part::Encoder, &parameter(rest)),
        ];
        let mut optimizer = case.optimizer.start(&parameters);
        for (step, expected) in (1..).zip(&case.after) {
            optimizer.step(1.0, &parameters, evaluate(&parameters), &mut || Ok(evaluate(&parameters))).unwrap();
            let found =
                parameters.iter().flat_map(|parameter| Vec::<f64>::try_from(&parameter.tensor.detach()).unwrap());
            for (found, expected) in found.zip(expected) {
                let off = (found - expected).abs();
                assert!(off < 1e-9, "{:?}, step {step}: {found} instead of {expected}", case.optimizer);
            }
        }
    }
}
