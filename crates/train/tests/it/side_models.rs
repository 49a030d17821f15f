//! Models that know more than ratings: each equals its formula (`fixtures/side_models.py` made the numbers), and
//! refuses what it cannot work with.

use std::collections::BTreeMap;
use std::path::PathBuf;

use hourglass_data::Csr;
use hourglass_models::range::{NonNegative, Share};
use hourglass_models::{Activation, Mode, Parameter, Part, cdae, cfn, convolutional, groups};
use hourglass_train::engine::dense;
use hourglass_train::inputs::RowGroups;
use hourglass_train::noise::Phase;
use hourglass_train::penalty::similarity::{self, Pairs};
use hourglass_train::penalty::{Seen, SeenBatch};
use hourglass_train::state::State;
use hourglass_train::{Error, ModelConfig, PenaltyConfig, check};
use serde::Deserialize;
use tch::Tensor;

use crate::experiment::{Experiment, NONE, adam, model, network, table, training};
use crate::reference::sparse;

#[derive(Deserialize)]
struct Case {
    /// `[users, items]`.
    ratings: Vec<Vec<Option<f32>>>,
    /// `[users, width]`.
    side: Option<Vec<Vec<f32>>>,
    /// `[users]`.
    groups: Option<Vec<u32>>,
    weights: BTreeMap<String, Stored>,
    outputs: Stored,
    loss: f64,
    gradients: BTreeMap<String, Stored>,
}

#[derive(Deserialize)]
struct PairCase {
    weights: BTreeMap<String, Stored>,
    loss: f64,
    gradients: BTreeMap<String, Stored>,
}

#[derive(Deserialize)]
pub(crate) struct Stored {
    shape: Vec<i64>,
    values: Vec<f32>,
}

impl Stored {
    pub(crate) fn tensor(&self) -> Tensor {
        Tensor::from_slice(&self.values).view(self.shape.as_slice())
    }
}

fn fixture<T: for<'de> Deserialize<'de>>(name: &str) -> T {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/side_models.json");
    let mut cases: BTreeMap<String, serde_json::Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    serde_json::from_value(cases.remove(name).unwrap()).unwrap()
}

#[track_caller]
pub(crate) fn assert_close(found: &Tensor, expected: &Stored, what: &str) {
    let expected = expected.tensor();
    assert_eq!(found.size(), expected.size(), "{what}");
    assert!(found.allclose(&expected, 1e-5, 1e-6, false), "{what}: {found} instead of {expected}");
}

fn cfn(widths: &[i64]) -> ModelConfig {
    ModelConfig::Cfn(cfn::Config { layers: widths.to_vec().try_into().unwrap(), ..Default::default() })
}

fn cdae(widths: &[i64]) -> ModelConfig {
    ModelConfig::Cdae(cdae::Config { layers: widths.to_vec().try_into().unwrap(), ..Default::default() })
}

fn groups(width: i64) -> ModelConfig {
    ModelConfig::Groups(groups::Config(network(&[width], Activation::Sigmoid, Activation::Linear)))
}

fn convolutional(channels: &[i64], tied: bool) -> ModelConfig {
    let (channels, activation) = (channels.to_vec(), Activation::Tanh);
    ModelConfig::Convolutional(convolutional::Config { channels, tied, activation, ..Default::default() })
}

fn in_groups(of_row: &[u32]) -> Option<RowGroups> {
    let count = of_row.iter().max().map_or(0, |&last| last as usize + 1);
    Some(RowGroups { of_row: of_row.to_vec(), count })
}

#[test]
fn outputs_loss_and_gradients_equal_those_of_the_formula() {
    for (name, model) in [
        ("cfn", cfn(&[4, 3, 4])),
        ("cdae", cdae(&[3])),
        ("groups", groups(3)),
        ("convolutional", convolutional(&[3, 2], false)),
        ("tied", convolutional(&[3, 2], true)),
    ] {
        let case: Case = fixture(name);
        let mut experiment = Experiment { model, ..Experiment::new(sparse(&case.ratings)) };
        if let Some(side) = &case.side {
            experiment.side =
                sparse(&side.iter().map(|row| row.iter().copied().map(Some).collect()).collect::<Vec<_>>());
        }
        experiment.groups = case.groups.as_deref().and_then(in_groups);
        experiment.with_task(|task| {
            check(task).unwrap();
            let state = State::start(task);
            let model = state.network();
            let parameters = model.parameters();
            assert_eq!(parameters.len(), case.weights.len(), "{name}");
            for Parameter { name, tensor, .. } in &parameters {
                tensor.detach().copy_(&case.weights[name].tensor());
            }
            let rows: Vec<u32> = (0..case.ratings.len() as u32).collect();
            let forward = dense::forward(task, model, task.inputs, &rows, Phase::Evaluate, &mut Mode::Evaluate);
            assert_close(&forward.outputs, &case.outputs, &format!("{name}: outputs"));
            let fit = dense::fit(task, &forward.outputs, task.learned(), &rows, None);
            let loss = fit.sum / fit.count;
            let found = loss.double_value(&[]);
            assert!((found / case.loss - 1.0).abs() < 1e-5, "{name}: {found} instead of {}", case.loss);
            let tensors: Vec<&Tensor> = parameters.iter().map(|parameter| &parameter.tensor).collect();
            for (parameter, gradient) in parameters.iter().zip(Tensor::run_backward(&[loss], &tensors, false, false)) {
                assert_close(&gradient, &case.gradients[&parameter.name], &format!("{name}: {}", parameter.name));
            }
        });
    }
}

#[test]
fn the_similarity_penalty_and_its_gradient_equal_those_of_the_formula() {
    let case: PairCase = fixture("similarity");
    let leaf = |name: &str| case.weights[name].tensor().set_requires_grad(true);
    let (codes, others) = (leaf("codes"), leaf("others"));
    let pairs = Pairs { codes: others.shallow_clone(), similarity: case.weights["target"].tensor() };
    let batch =
        SeenBatch { encoder: None, first: &codes, code: &codes, elementwise: false, pairs: Some(&pairs), epochs: 0.0 };
    let penalty = PenaltyConfig { similarity: Some(similarity::Config::default()), ..PenaltyConfig::default() };
    let parameters = [Parameter::kernel("codes", Part::Encoder, &codes)];
    let loss = penalty.terms(&Seen { parameters: &parameters, batch: Some(batch) }).remove(0);
    assert!((loss.double_value(&[]) / case.loss - 1.0).abs() < 1e-5, "{loss} instead of {}", case.loss);
    let gradients = Tensor::run_backward(&[loss], &[&codes, &others], false, false);
    for (gradient, name) in gradients.iter().zip(["codes", "others"]) {
        assert_close(gradient, &case.gradients[name], name);
    }
}

/// Four users, five items; the third user has rated one item.
fn small() -> Experiment {
    let ratings = table(&[
        [5.0, 3.0, NONE, 1.0, 4.0],
        [NONE, 2.0, 4.0, 1.0, 2.0],
        [NONE, NONE, 3.0, NONE, NONE],
        [1.0, 5.0, NONE, 4.0, NONE],
    ]);
    let side = table(&[[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 0.0]]);
    Experiment { side, ..Experiment::new(ratings) }
}

#[test]
fn codes_of_similar_rows_come_near_to_each_other() {
    // Users 0 and 1 like the same, users 2 and 3 too; nobody likes what the others like.
    let ratings =
        table(&[[5.0, 4.0, NONE, NONE], [3.0, 5.0, NONE, NONE], [NONE, NONE, 5.0, 2.0], [NONE, NONE, 2.0, 4.0]]);
    let config = similarity::Config { weight: NonNegative::new::<10, 1>(), ..similarity::Config::default() };
    let penalty = PenaltyConfig { similarity: Some(config), ..PenaltyConfig::default() };
    let mut experiment =
        Experiment { penalty, model: model(&[3], Activation::Tanh, Activation::Linear), ..Experiment::new(ratings) };
    experiment.train.optimizer = adam(0.02);
    experiment.train.epochs = training(300, 2).epochs;
    let mut codes = None;
    experiment.with_task(|task| {
        hourglass_train::fit(task, None, &mut |event| {
            if let hourglass_train::Event::Epoch { state, .. } = event {
                let rows = [0, 1, 2, 3];
                let model = state.network();
                let forward = dense::forward(task, model, task.inputs, &rows, Phase::Evaluate, &mut Mode::Evaluate);
                codes = Some(forward.pass.code);
            }
            Ok(hourglass_train::Flow::Continue)
        })
        .map(drop)
        .unwrap();
    });
    let codes = codes.unwrap();
    let distance = |left, right| (codes.get(left) - codes.get(right)).norm().double_value(&[]);
    let near = distance(0, 1).max(distance(2, 3));
    let far =
        [distance(0, 2), distance(0, 3), distance(1, 2), distance(1, 3)].into_iter().fold(f64::INFINITY, f64::min);
    assert!(near < 0.3 * far, "{near} between similar users, {far} between others");

    let (one, again) = (experiment.train(), experiment.train());
    assert_eq!(one.reports, again.reports, "partners depend on the seed alone");
    let plain = Experiment { penalty: PenaltyConfig::default(), ..experiment }.train();
    let parts = |reports: &[hourglass_train::EpochReport]| reports[0].values.len();
    assert_eq!(parts(&one.reports), parts(&plain.reports) + 1, "the penalty has a column of its own");
}

#[test]
fn what_does_not_go_together_is_refused() {
    let plain = || Experiment { side: Csr::empty(4, 0), ..small() };
    let similar = |threshold: Option<f32>| {
        let positive = Share::new::<1, 1>();
        let similarity = Some(similarity::Config {
            threshold: threshold.map(|rating| rating.try_into().unwrap()),
            positive,
            ..similarity::Config::default()
        });
        PenaltyConfig { similarity, ..PenaltyConfig::default() }
    };
    let one_row = table(&[[5.0, 3.0, NONE, 1.0, 4.0], [NONE; 5]]);
    let alone = Experiment { penalty: similar(None), ..Experiment::new(one_row) };
    let autoencoder = model(&[2], Activation::Sigmoid, Activation::Linear);
    for (experiment, complaint) in [
        (Experiment { model: cfn(&[3]), ..small() }, None),
        (Experiment { model: cfn(&[3]), ..plain() }, Some("input.side_info lists none")),
        (
            Experiment { model: cdae(&[3, 2, 3]), ..plain() },
            Some("model.cdae.layers = [3, 2, 3]: this network has one"),
        ),
        (Experiment { model: groups(3), groups: in_groups(&[0, 1, 0, 0]), ..plain() }, None),
        (Experiment { model: groups(3), ..plain() }, Some("input.groups names none")),
        (
            Experiment { model: autoencoder, groups: in_groups(&[0, 1, 0, 0]), ..plain() },
            Some("input.groups is read by [model.groups] alone"),
        ),
        (
            Experiment { model: convolutional(&[2], false), ..plain() },
            Some("a row has 5 columns, which is no such image"),
        ),
        (Experiment { penalty: similar(Some(3.0)), ..plain() }, None),
        (alone, Some("penalty.similarity compares each row with another one, and 1 of the rows has training ratings")),
    ] {
        match (experiment.with_task(check), complaint) {
            (Ok(()), None) => {}
            (Err(Error::DoesNotFit(error)), Some(complaint)) => assert!(error.contains(complaint), "{error}"),
            (found, expected) => panic!("{found:?} instead of {expected:?}"),
        }
    }
}
