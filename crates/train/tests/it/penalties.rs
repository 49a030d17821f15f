//! Penalties on codes equal those of PyTorch, `fixtures/penalties.py` made the numbers; and the contractive one equals finite
//! differences, and its closed form.

use std::path::PathBuf;

use hourglass_models::{self as models, Activation, Batch, Dims, Forward, Generator, Mode, Model, Parameter};
use hourglass_train::PenaltyConfig;
use hourglass_train::penalty::{Seen, SeenBatch};
use rand::SeedableRng;
use serde::Deserialize;
use tch::{Device, Kind, Tensor};

use crate::experiment::model;
use crate::objectives::assert_near;

#[derive(Deserialize)]
struct Network {
    activation: Activation,
    encoder: Vec<Layer>,
    /// `[rows, columns]`.
    inputs: Vec<Vec<f32>>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Layer {
    /// `[inputs, outputs]`.
    weight: Vec<Vec<f32>>,
    bias: Vec<f32>,
}

#[derive(Deserialize)]
struct Case {
    penalty: PenaltyConfig,
    value: f64,
    /// Of each layer's weight and bias.
    gradients: Vec<serde_json::Value>,
}

fn networks() -> Vec<Network> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/penalties.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

impl Network {
    /// The encoder of the fixture, and some decoder.
    fn model(&self) -> Box<dyn Model> {
        let widths: Vec<i64> = self.encoder.iter().map(|layer| layer.bias.len() as i64).collect();
        let mirrored: Vec<i64> = widths.iter().chain(widths.iter().rev().skip(1)).copied().collect();
        let config = model(&mirrored, self.activation, Activation::Linear);
        let columns = self.inputs[0].len() as i64;
        let dims = Dims {
            rows: self.inputs.len() as i64,
            inputs: columns,
            side: 0,
            outputs: columns,
            groups: 0,
            vocabulary: 0,
        };
        let model = config.network(dims, &mut Generator::seed_from_u64(1), Device::Cpu);
        for (parameter, value) in model.parameters().iter().zip(self.weights()) {
            tch::no_grad(|| parameter.tensor.shallow_clone().copy_(&value));
        }
        model
    }

    /// In the layout of the model: all but the first layer store their outputs first.
    fn weights(&self) -> Vec<Tensor> {
        let layer = |(position, layer): (usize, &Layer)| {
            let weight = Tensor::from_slice2(&layer.weight);
            [if position == 0 { weight } else { weight.transpose(0, 1) }, Tensor::from_slice(&layer.bias)]
        };
        self.encoder.iter().enumerate().flat_map(layer).collect()
    }

    fn pass(&self, model: &dyn Model) -> Forward {
        let rows: Vec<i64> = (0..self.inputs.len() as i64).collect();
        let batch = Batch { rows: Tensor::from_slice(&rows), side: None, groups: None, text: None };
        models::forward(model, &Tensor::from_slice2(&self.inputs), &batch, &mut Mode::Evaluate)
    }
}

/// The one term of a penalty, after so many epochs.
fn term(penalty: &PenaltyConfig, model: &dyn Model, forward: &Forward, elementwise: bool, epochs: f64) -> Tensor {
    let (first, code) = (&forward.first, &forward.pass.code);
    let batch = Some(SeenBatch { encoder: model.encoder(), first, code, elementwise, pairs: None, epochs });
    penalty.terms(&Seen { parameters: &model.parameters(), batch }).remove(0)
}

fn flat(value: &serde_json::Value, into: &mut Vec<f64>) {
    match value {
        serde_json::Value::Array(values) => values.iter().for_each(|value| flat(value, into)),
        number => into.push(number.as_f64().unwrap()),
    }
}

#[test]
fn every_value_and_gradient_is_as_in_pytorch() {
    let networks = networks();
    assert_eq!(networks.iter().map(|network| network.cases.len()).collect::<Vec<_>>(), [5, 4]);
    for network in &networks {
        let model = network.model();
        // A closed form, where there is one, and the general way.
        for elementwise in [model.code_is_elementwise(), false] {
            for case in &network.cases {
                let what = format!("{:?}, {} layers", case.penalty, network.encoder.len());
                let forward = network.pass(model.as_ref());
                let term = term(&case.penalty, model.as_ref(), &forward, elementwise, 0.0);
                assert_near(term.double_value(&[]), case.value, &what);
                let mut parameters: Vec<Parameter> = model.parameters();
                parameters.truncate(case.gradients.len());
                let tensors: Vec<&Tensor> = parameters.iter().map(|parameter| &parameter.tensor).collect();
                let gradients = Tensor::run_backward(&[term], &tensors, false, false);
                for (place, (gradient, written)) in gradients.iter().zip(&case.gradients).enumerate() {
                    let mut expected = Vec::new();
                    flat(written, &mut expected);
                    let gradient = if place == 2 { gradient.transpose(0, 1) } else { gradient.shallow_clone() };
                    let found = Vec::<f32>::try_from(gradient.contiguous().view(-1)).unwrap();
                    let pairs = found.iter().zip(&expected);
                    pairs.for_each(|(&found, &expected)| {
                        assert_near(f64::from(found), expected, &format!("{what}, {}", parameters[place].name));
                    });
                    assert_eq!(found.len(), expected.len(), "{what}");
                }
            }
        }
    }
}

#[test]
fn only_one_hidden_layer_has_a_closed_form() {
    let closed: Vec<bool> = networks().iter().map(|network| network.model().code_is_elementwise()).collect();
    assert_eq!(closed, [true, false]);
}

#[test]
fn the_contractive_norm_equals_finite_differences() {
    let penalty: PenaltyConfig = serde_json::from_str(r#"{"contractive": {"weight": 1}}"#).unwrap();
    for network in networks() {
        let model = network.model();
        let code = |inputs: Vec<Vec<f32>>| {
            let moved = Network { inputs, activation: network.activation, encoder: Vec::new(), cases: Vec::new() };
            moved.pass(model.as_ref()).pass.code
        };
        let step = 0.01;
        let moved = |column: usize, by: f32| {
            let mut inputs = network.inputs.clone();
            inputs.iter_mut().for_each(|row| row[column] += by);
            code(inputs)
        };
        let of_column = |column| {
            let slope: Tensor = (moved(column, step) - moved(column, -step)) / f64::from(2.0 * step);
            slope.square().sum(Kind::Double).double_value(&[])
        };
        let expected = (0..network.inputs[0].len()).map(of_column).sum::<f64>() / network.inputs.len() as f64;
        let forward = network.pass(model.as_ref());
        let found = term(&penalty, model.as_ref(), &forward, model.code_is_elementwise(), 0.0).double_value(&[]);
        assert!((found / expected - 1.0).abs() < 1e-3, "{found} instead of {expected}");
    }
}

#[test]
fn weights_warm_up() {
    let network = &networks()[0];
    let model = network.model();
    for name in ["contractive", "kl-sparsity", "l1-code"] {
        let at = |warmup: f64, epochs| {
            let written = format!(r#"{{"{name}": {{"weight": 2, "warmup": {warmup:?}}}}}"#);
            let penalty: PenaltyConfig = serde_json::from_str(&written).unwrap();
            assert_eq!(penalty.names(), [name]);
            let forward = network.pass(model.as_ref());
            term(&penalty, model.as_ref(), &forward, model.code_is_elementwise(), epochs).double_value(&[])
        };
        let full = at(0.0, 0.0);
        for (epochs, share) in [(0.0, 0.0), (2.5, 0.25), (10.0, 1.0), (99.0, 1.0)] {
            assert_near(at(10.0, epochs), share * full, &format!("{name} after {epochs} of 10 epochs"));
        }
    }
}
