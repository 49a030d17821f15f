//! Each optimizer changes weights as PyTorch's does; `fixtures/optimizers.py` made the numbers.

use std::path::PathBuf;

use hourglass_models::{Parameter, Role};
use hourglass_train::OptimizerConfig;
use serde::Deserialize;
use tch::Tensor;

use crate::experiment::Experiment;

#[derive(Deserialize)]
struct Fixture {
    start: Vec<f32>,
    gradients: Vec<Vec<f32>>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    optimizer: OptimizerConfig,
    /// The weights after each step.
    after: Vec<Vec<f64>>,
}

#[test]
fn every_step_is_as_in_pytorch() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/optimizers.json");
    let fixture: Fixture = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(fixture.cases.len(), 12);
    for case in &fixture.cases {
        let tensor = Tensor::from_slice(&fixture.start);
        let parameters = [Parameter { name: "weight".to_owned(), tensor, role: Role::Kernel }];
        let mut optimizer = case.optimizer.start(&parameters);
        for (step, (gradient, expected)) in (1..).zip(fixture.gradients.iter().zip(&case.after)) {
            optimizer.step(&parameters, &[Tensor::from_slice(gradient)]);
            let found = Vec::<f32>::try_from(&parameters[0].tensor).unwrap();
            for (found, expected) in found.iter().zip(expected) {
                let off = (f64::from(*found) - expected).abs();
                assert!(off < 2e-6, "{:?}, step {step}: {found} instead of {expected}", case.optimizer);
            }
        }
    }
}

#[test]
fn every_optimizer_learns() {
    let ratings = crate::experiment::table(&[[5.0, 1.0, 3.0], [4.0, 2.0, 3.0], [1.0, 5.0, 2.0]]);
    let optimizers = [
        r#"{"adam": {"lr": 0.05}}"#,
        r#"{"adamw": {"lr": 0.05}}"#,
        r#"{"rmsprop": {}}"#,
        r#"{"rprop": {}}"#,
        r#"{"sgd": {"lr": 0.05, "momentum": 0.9}}"#,
    ];
    for written in optimizers {
        let mut experiment = Experiment::new(ratings.clone());
        experiment.train.optimizer = serde_json::from_str(written).expect(written);
        experiment.train.batch = 3.try_into().unwrap();
        experiment.train.epochs = 300.try_into().unwrap();
        let reports = experiment.train().reports;
        let [first, last] = [0, 299].map(|epoch: usize| reports[epoch].values[0].unwrap());
        assert!(first > 1.0 && last < 0.05, "{written}: from {first} to {last}");
    }
}
