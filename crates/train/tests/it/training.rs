//! Gradients that are added up, schedules, L-BFGS and averaged weights equal those of an independent implementation, epoch by epoch;
//! `fixtures/training.py` made the numbers.

use std::path::PathBuf;

use hourglass_data::Csr;
use hourglass_models::Activation::{Linear, Sigmoid};
use hourglass_train::state::State;
use hourglass_train::{TrainConfig, checkpoint};
use serde::Deserialize;
use tch::{Kind, Tensor};

use crate::experiment::{Experiment, model};

#[derive(Deserialize)]
struct Fixture {
    /// `[users, items]`.
    ratings: Vec<Vec<Option<f32>>>,
    start: Layers,
    cases: Vec<Case>,
}

/// The weights `[inputs, outputs]` and the biases of an encoder and a decoder.
type Layers = (Vec<Vec<f32>>, Vec<f32>, Vec<Vec<f32>>, Vec<f32>);

#[derive(Deserialize)]
struct Case {
    train: TrainConfig,
    losses: Vec<f64>,
    kept: Layers,
}

/// In the model's order and layout: a decoder stores its outputs first.
fn tensors((encoder, encoder_bias, decoder, decoder_bias): &Layers) -> [Tensor; 4] {
    let matrix = |rows: &Vec<Vec<f32>>| Tensor::from_slice2(rows).to_kind(Kind::Float);
    let decoder = matrix(decoder).transpose(0, 1).contiguous();
    [matrix(encoder), Tensor::from_slice(encoder_bias), decoder, Tensor::from_slice(decoder_bias)]
}

#[test]
fn every_way_to_train_is_as_in_pytorch() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/training.json");
    let fixture: Fixture = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let cells = (0..).zip(&fixture.ratings);
    let cells =
        cells.flat_map(|(user, row)| (0..).zip(row).filter_map(move |(item, &rating)| Some((user, item, rating?))));
    let ratings = Csr::from_entries(fixture.ratings.len(), fixture.ratings[0].len(), cells);
    assert_eq!(fixture.cases.len(), 14);
    for case in &fixture.cases {
        let experiment = Experiment { model: model(&[3], Sigmoid, Linear), ..Experiment::new(ratings.clone()) };
        case.check(&Experiment { train: case.train.clone(), ..experiment }, &tensors(&fixture.start));
    }
}

impl Case {
    /// Trains from the same initial weights, which come in as a checkpoint before the first epoch.
    fn check(&self, experiment: &Experiment, start: &[Tensor]) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("initial.safetensors");
        experiment.with_task(|task| {
            let state = State::start(task);
            let all = state.model.weights().into_iter().zip(start);
            all.for_each(|((_, mut weight), initial)| weight.copy_(initial));
            checkpoint::save(&path, &state).unwrap();
        });
        let trained = experiment.train_from(Some(&path));
        assert_eq!(trained.reports.len(), self.losses.len());
        for (report, expected) in trained.reports.iter().zip(&self.losses) {
            let loss = report.values[0].unwrap();
            let what = format!("{:?}, epoch {}: {loss} instead of {expected}", self.train, report.epoch);
            assert!((loss / expected - 1.0).abs() < 1e-5, "{what}");
        }
        for ((name, weight), expected) in trained.weights.iter().zip(tensors(&self.kept)) {
            let largest = (weight - expected).abs().max().double_value(&[]);
            assert!(largest < 2e-5, "{:?}: {name} is off by {largest}", self.train);
        }
    }
}
