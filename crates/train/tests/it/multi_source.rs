//! Several sources, one code: each subset of them equals its formula (`fixtures/multi_source.py` made the numbers), and what has no
//! ratings has a code all the same.

use std::collections::BTreeMap;
use std::path::PathBuf;

use hourglass_data::{Axis, Csr, Texts};
use hourglass_models::{Mode, Parameter};
use hourglass_train::engine::dense;
use hourglass_train::inputs::HeldOut;
use hourglass_train::noise::Phase;
use hourglass_train::state::State;
use hourglass_train::{Error, Event, Flow, Outcome, Selection, TrainConfig, check, evaluate, fit};
use serde::Deserialize;
use serde_json::json;
use tch::Tensor;

use crate::experiment::{Experiment, NONE, adam, table, texts, training, varied};
use crate::reference::sparse;
use crate::side_models::{Stored, assert_close};

#[derive(Deserialize)]
struct Case {
    /// `[users, items]`.
    ratings: Vec<Vec<Option<f32>>>,
    /// `[users, width]`.
    side: Option<Vec<Vec<Option<f32>>>>,
    /// `[users, length]`.
    texts: Option<Vec<[u32; 7]>>,
    weights: BTreeMap<String, Stored>,
    code: Stored,
    outputs: Stored,
    loss: f64,
    gradients: BTreeMap<String, Stored>,
}

fn fixture(name: &str) -> Case {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/multi_source.json");
    let mut cases: BTreeMap<String, Case> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    cases.remove(name).unwrap()
}

fn with_model(experiment: Experiment, settings: &serde_json::Value) -> Experiment {
    let model = serde_json::from_value(json!({"multi-source": settings})).unwrap();
    Experiment { model, ..experiment }
}

#[test]
fn codes_outputs_loss_and_gradients_equal_those_of_the_formula() {
    for (name, settings) in [
        (
            "all",
            json!({
                "ratings": {"layers": [5, 4]},
                "side_info": {"layers": [3]},
                "text": {"embedding": 4, "channels": [5, 3], "kernel": 3},
                "image": {"channels": [2, 3], "kernel": 3},
                "code": 4,
                "decoder": [6],
                "activation": "tanh",
            }),
        ),
        (
            "ratings-and-text",
            json!({
                "ratings": {"layers": [5]},
                "text": {"embedding": 3, "channels": [6], "kernel": 5},
                "code": 4,
                "decoder": [],
            }),
        ),
        (
            "text",
            json!({
                "text": {"embedding": 3, "channels": [4], "kernel": 1},
                "code": 3,
                "decoder": [5, 4],
                "activation": "tanh",
            }),
        ),
        ("side-info", json!({"side_info": {"layers": [6, 5]}, "code": 4, "decoder": []})),
    ] {
        let case = fixture(name);
        let mut experiment = with_model(Experiment::new(sparse(&case.ratings)), &settings);
        if let Some(side) = &case.side {
            experiment.side = sparse(side);
        }
        experiment.texts = case.texts.as_deref().map(texts);
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
            assert_close(&forward.pass.code, &case.code, &format!("{name}: code"));
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

/// Twelve items of two kinds: those of the first are liked by the first users, the others by the others. The title says which kind;
/// the last two items have a title and no ratings.
fn films() -> (Csr, Texts) {
    let rating = |item: usize, user: usize| match (item, user) {
        (10.., _) => NONE,
        _ if (item * 5 + user).is_multiple_of(7) => NONE,
        _ if item % 2 == user % 2 => 5.0,
        _ => 1.0,
    };
    let rows: [[f32; 12]; 8] = std::array::from_fn(|user| std::array::from_fn(|item| rating(item, user)));
    // A word of its own, which is unknown for the last ones, and that of the kind, 2 or 3.
    let titles: [[u32; 4]; 12] = std::array::from_fn(|item| {
        let own = if item < 10 { 4 + item as u32 / 2 } else { 1 };
        [own, 2 + item as u32 % 2, 0, 0]
    });
    (table(&rows), texts(&titles))
}

/// What the users think of the two items without ratings `[items, users]`.
fn of_cold_items() -> Csr {
    let rating = |item: usize, user: usize| if item % 2 == user % 2 { 5.0 } else { 1.0 };
    let rows: [[f32; 8]; 12] = std::array::from_fn(|item| match item {
        10.. => std::array::from_fn(|user| rating(item, user)),
        _ => [NONE; 8],
    });
    table(&rows)
}

#[test]
fn an_item_without_ratings_is_known_by_its_title() {
    let (ratings, texts) = films();
    let asked = of_cold_items();
    let texts = Some(texts);
    let plain = Experiment { rows: Axis::Items, side: Csr::empty(12, 0), texts, ..Experiment::new(ratings) };
    for ratings in [None, Some(json!({"layers": [16], "hide": 0.5}))] {
        let text = json!({"embedding": 8, "channels": [16]});
        let settings = json!({"ratings": ratings, "text": text, "code": 4, "decoder": [16]});
        let mut experiment = with_model(plain.clone(), &settings);
        experiment.train = TrainConfig { optimizer: adam(0.01), selection: Selection::Last, ..training(150, 4) };
        experiment.with_task(|task| {
            let outcome = fit(task, None, &mut |_: Event<'_>| Ok(Flow::Continue)).unwrap();
            let Outcome::Finished(fitted) = outcome else { panic!("the training did not finish") };
            let model = &fitted.model;
            let asked = HeldOut { inputs: task.inputs, ratings: &asked, by_members: &[] };
            let predicted = evaluate::predict(task, model, &[asked]).remove(0).values;
            let expected: Vec<f32> = (10..12).flat_map(|item| asked.ratings.row(item).values.to_vec()).collect();
            for (found, expected) in predicted.iter().zip(&expected) {
                assert!((found - expected).abs() < 1.5, "{settings}: {predicted:?} instead of {expected:?}");
            }
            let codes = evaluate::codes(task, model.network().unwrap(), task.inputs);
            assert_eq!(codes.size(), [12, 4]);
            let apart = (codes.get(10) - codes.get(11)).norm().double_value(&[]);
            assert!(apart > 0.1, "{settings}: the codes of two kinds are {apart} apart");
        });
    }
}

#[test]
fn what_would_be_ignored_is_refused() {
    let (ratings, titles) = films();
    let with = || Experiment {
        rows: Axis::Items,
        side: Csr::empty(12, 0),
        texts: Some(titles.clone()),
        ..Experiment::new(ratings.clone())
    };
    let without = || Experiment { texts: None, ..with() };
    let noisy = |experiment: Experiment| Experiment {
        noise: serde_json::from_value(json!([{"masking": {"rate": 0.5}}])).unwrap(),
        ..experiment
    };
    let both = json!({"ratings": {"layers": [4]}, "text": {}});
    for (experiment, complaint) in [
        (with_model(with(), &both), None),
        (noisy(with_model(with(), &both)), None),
        (with(), Some("input.text is there, but this network does not read it")),
        (with_model(with(), &json!({"ratings": {}})), Some("input.text is there, but this network does not read it")),
        (with_model(without(), &both), Some("model.multi-source.text reads input.text, which is not there")),
        (
            noisy(with_model(with(), &json!({"text": {}}))),
            Some("input.noise changes the ratings that the network is shown"),
        ),
        (
            varied(&with_model(with(), &json!({"text": {}})), json!({"refeed": 1})),
            Some("train.refeed changes the ratings"),
        ),
    ] {
        match (experiment.with_task(check), complaint) {
            (Ok(()), None) => {}
            (Err(Error::DoesNotFit(error)), Some(complaint)) => assert!(error.contains(complaint), "{error}"),
            (found, expected) => panic!("{found:?} instead of {expected:?}"),
        }
    }
}
