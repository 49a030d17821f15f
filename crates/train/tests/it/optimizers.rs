//! Each optimizer changes weights as PyTorch's does; `fixtures/optimizers.py` made the numbers.

use std::path::PathBuf;

use hourglass_models::{Parameter, Part};
use hourglass_train::OptimizerConfig;
use hourglass_train::optimizer::Evaluated;
use hourglass_train::state::State;
use serde::Deserialize;
use tch::{Kind, Tensor};

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
    assert_eq!(fixture.cases.len(), 14);
    for case in &fixture.cases {
        let tensor = Tensor::from_slice(&fixture.start);
        let parameters = [Parameter::kernel("weight", Part::Encoder, &tensor)];
        let mut optimizer = case.optimizer.start(&parameters);
        for (step, (gradient, expected)) in (1..).zip(fixture.gradients.iter().zip(&case.after)) {
            let given = Evaluated { loss: 0.0, gradients: vec![Tensor::from_slice(gradient)] };
            optimizer.step(1.0, &parameters, given, &mut || unreachable!("one gradient is enough")).unwrap();
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
        r#"{"lazy-adam": {"lr": 0.05}}"#,
        r#"{"lbfgs": {}}"#,
        r#"{"lbfgs": {"lr": 0.5, "line_search": "none"}}"#,
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

#[test]
fn gradients_are_clipped_to_a_joint_length() {
    let ratings = crate::experiment::table(&[[5.0, 1.0, 3.0], [4.0, 2.0, 3.0], [1.0, 5.0, 2.0]]);
    let moved = |clip: Option<f64>| {
        let mut experiment = Experiment::new(ratings.clone());
        // One step with a learning rate of 1: the weights move by the gradient.
        experiment.train.optimizer = serde_json::from_str(r#"{"sgd": {"lr": 1.0}}"#).unwrap();
        experiment.train.batch = 3.try_into().unwrap();
        experiment.train.epochs = 1.try_into().unwrap();
        experiment.train.clip_gradient = clip.map(|longest| longest.try_into().unwrap());
        let before = experiment.with_task(|task| State::start(task).model.weights());
        let after = experiment.train().weights;
        let changes = before.iter().zip(&after).map(|(before, after)| (&after.1 - &before.1).view(-1));
        Tensor::cat(&changes.collect::<Vec<_>>(), 0)
    };
    let free = moved(None);
    let length = |change: &Tensor| change.square().sum(Kind::Float).sqrt().double_value(&[]);
    assert!(length(&free) > 1.0, "{}", length(&free));
    for (clip, expected) in [(100.0, length(&free)), (0.5, 0.5), (0.01, 0.01)] {
        let clipped = moved(Some(clip));
        assert!((length(&clipped) / expected - 1.0).abs() < 1e-4, "{clip}: {}", length(&clipped));
        // The direction stays.
        let cosine = (&clipped * &free).sum(Kind::Float).double_value(&[]) / (length(&clipped) * length(&free));
        assert!((cosine - 1.0).abs() < 1e-5, "{clip}: {cosine}");
    }
}
