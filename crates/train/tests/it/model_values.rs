//! Outputs, terms and gradients of every model equal those of an independent implementation; `fixtures/models.py` made the numbers.

use std::collections::BTreeMap;
use std::path::PathBuf;

use hourglass_models::{Batch, Dims, Generator, Mode, forward};
use hourglass_train::ModelConfig;
use hourglass_train::state::weights;
use rand::{RngExt, SeedableRng};
use rand_distr::StandardNormal;
use serde::Deserialize;
use tch::{Device, Kind, Tensor};

#[derive(Deserialize)]
struct Fixture {
    pull: Values,
    draws: Values,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    model: ModelConfig,
    side: i64,
    x: Values,
    /// Buffers too, as they are before the training pass.
    parameters: BTreeMap<String, Values>,
    evaluated: Values,
    /// In training, as what follows.
    outputs: Values,
    terms: Vec<f64>,
    gradients: BTreeMap<String, Values>,
    buffers: BTreeMap<String, Values>,
}

#[derive(Deserialize)]
struct Values {
    shape: Vec<i64>,
    values: Vec<f64>,
}

impl Values {
    fn tensor(&self) -> Tensor {
        Tensor::from_slice(&self.values).view(&self.shape[..]).to_kind(Kind::Float)
    }

    #[track_caller]
    fn assert_equal(&self, found: &Tensor, what: &str) {
        assert_eq!(found.size(), self.shape, "{what}");
        let found = Vec::<f64>::try_from(found.detach().to_kind(Kind::Double).reshape(-1)).unwrap();
        // A sum of terms of size 1 or 10 has the error of the largest one.
        let largest = self.values.iter().fold(0.1f64, |largest, value| largest.max(value.abs()));
        for (found, expected) in found.iter().zip(&self.values) {
            assert!((found - expected).abs() < 1e-5 * largest, "{what}: {found} instead of {expected}");
        }
    }
}

fn fixture() -> Fixture {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn check(case: &Case, pull: &Tensor) {
    let name = serde_json::to_string(&case.model).unwrap();
    let (rows, inputs) = (case.x.shape[0], case.x.shape[1]);
    let dims = Dims { rows, inputs, side: case.side, outputs: inputs - case.side, groups: 0, vocabulary: 0 };
    let model = case.model.network(dims, &mut Generator::seed_from_u64(5), Device::Cpu);
    assert_eq!(weights(model.as_ref()).len(), case.parameters.len(), "{name}");
    for (key, mut weight) in weights(model.as_ref()) {
        weight.copy_(&case.parameters[&key].tensor());
    }
    let batch = Batch { rows: Tensor::arange(rows, (Kind::Int64, Device::Cpu)), side: None, groups: None, text: None };
    let x = case.x.tensor();
    let evaluated = forward(model.as_ref(), &x, &batch, &mut Mode::Evaluate);
    case.evaluated.assert_equal(&evaluated.outputs, &format!("{name} in evaluation"));
    let mut generator = Generator::seed_from_u64(1);
    let trained = forward(model.as_ref(), &x, &batch, &mut Mode::Train { generator: &mut generator, epochs: 9.0 });
    case.outputs.assert_equal(&trained.outputs, &format!("{name} in training"));
    assert_eq!(trained.pass.terms.len(), case.model.terms().len());
    for ((term, expected), what) in trained.pass.terms.iter().zip(&case.terms).zip(case.model.terms()) {
        let found = term.double_value(&[]);
        assert!((found / expected - 1.0).abs() < 1e-5, "{name}, {what}: {found} instead of {expected}");
    }
    let loss = trained.pass.terms.iter().fold((&trained.outputs * pull).sum(Kind::Float), |sum, term| sum + term);
    let parameters = model.parameters();
    let tensors: Vec<&Tensor> = parameters.iter().map(|parameter| &parameter.tensor).collect();
    let gradients = Tensor::run_backward(&[&loss], &tensors, false, false);
    for (parameter, gradient) in parameters.iter().zip(gradients) {
        case.gradients[&parameter.name].assert_equal(&gradient, &format!("{name}, gradient of {}", parameter.name));
    }
    for (key, buffer) in model.buffers() {
        case.buffers[&key].assert_equal(&buffer, &format!("{name}, {key}"));
    }
}

#[test]
fn the_draws_are_those_of_the_fixture() {
    let mut generator = Generator::seed_from_u64(1);
    let draws: Vec<f32> = (0..6).map(|_| generator.sample(StandardNormal)).collect();
    fixture().draws.assert_equal(&Tensor::from_slice(&draws).view([3, 2]), "draws");
}

#[test]
fn every_model_equals_pytorch() {
    let Fixture { pull, cases, .. } = fixture();
    assert_eq!(cases.len(), 7);
    for case in &cases {
        check(case, &pull.tensor());
    }
}
