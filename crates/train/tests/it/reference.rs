//! Ten steps equal those of an independent dense implementation; `fixtures/reference.py` made the numbers.

use std::path::PathBuf;

use hourglass_data::{Axis, Csr, FillConfig};
use hourglass_models::Activation::{Linear, Selu, Sigmoid, Tanh};
use hourglass_train::checkpoint;
use hourglass_train::state::State;
use serde::Deserialize;
use tch::{Kind, Tensor};

use crate::experiment::{Experiment, adam, l2, model, training};

#[derive(Deserialize)]
struct Fixture {
    deep: Case,
    autorec: Case,
    refed: Case,
}

#[derive(Deserialize)]
struct Case {
    /// `[users, items]`.
    ratings: Vec<Vec<Option<f32>>>,
    /// `[users, width]`.
    side: Option<Vec<Vec<f32>>>,
    lr: f64,
    l2: f64,
    initial: Vec<Layer>,
    losses: Vec<f64>,
    #[serde(rename = "final")]
    last: Vec<Layer>,
}

#[derive(Deserialize)]
struct Layer {
    /// `[inputs, outputs]`.
    weight: Vec<Vec<f32>>,
    bias: Vec<f32>,
}

fn fixture() -> Fixture {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/reference.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// The observed cells of a dense matrix.
pub(crate) fn sparse(rows: &[Vec<Option<f32>>]) -> Csr {
    let cells = (0..).zip(rows).flat_map(|(r, row)| (0..).zip(row).filter_map(move |(c, &v)| Some((r, c, v?))));
    Csr::from_entries(rows.len(), rows[0].len(), cells)
}

impl Case {
    fn experiment(&self) -> Experiment {
        let ratings = sparse(&self.ratings);
        let users = ratings.rows();
        let mut experiment = Experiment::new(ratings);
        if let Some(side) = &self.side {
            let side: Vec<Vec<_>> = side.iter().map(|row| row.iter().copied().map(Some).collect()).collect();
            experiment.side = sparse(&side);
        }
        experiment.penalty = l2(self.l2);
        experiment.train.optimizer = adam(self.lr);
        // More rows in a batch than there are.
        let steps = training(self.losses.len(), 10 * users);
        (experiment.train.epochs, experiment.train.batch) = (steps.epochs, steps.batch);
        experiment
    }

    /// Trains from the same initial weights, which come in as a checkpoint before the first epoch.
    fn check(&self, experiment: &Experiment) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("initial.safetensors");
        experiment.with_task(|task| {
            let state = State::start(task);
            for ((_, mut weight), initial) in state.model.weights().into_iter().zip(tensors(&self.initial)) {
                weight.copy_(&initial);
            }
            checkpoint::save(&path, &state).unwrap();
        });
        let trained = experiment.train_from(Some(&path));
        for (report, expected) in trained.reports.iter().zip(&self.losses) {
            let loss = report.values[0].unwrap();
            assert!((loss / expected - 1.0).abs() < 1e-5, "epoch {}: {loss} instead of {expected}", report.epoch);
        }
        assert_eq!(trained.reports.len(), self.losses.len());
        for ((name, weight), expected) in trained.weights.iter().zip(tensors(&self.last)) {
            assert_eq!(weight.size(), expected.size(), "{name}");
            let difference: Tensor = (weight - &expected).abs() / expected.abs();
            let largest = difference.max().double_value(&[]);
            assert!(largest < 1e-4, "{name} is off by {largest}");
        }
    }
}

/// Weights and biases in the model's order and layout: all but the encoder store their outputs first.
fn tensors(layers: &[Layer]) -> Vec<Tensor> {
    let tensors = |(position, layer): (usize, &Layer)| {
        let weight = Tensor::from_slice2(&layer.weight).to_kind(Kind::Float);
        let weight = if position == 0 { weight } else { weight.transpose(0, 1).contiguous() };
        [weight, Tensor::from_slice(&layer.bias)]
    };
    layers.iter().enumerate().flat_map(tensors).collect()
}

#[test]
fn a_deep_network_with_filled_inputs_and_side_information() {
    let case = fixture().deep;
    let experiment = case.experiment();
    case.check(&Experiment { fill: FillConfig::UserMean, model: model(&[4, 6, 4], Selu, Selu), ..experiment });
}

#[test]
fn an_autorec_whose_rows_are_items() {
    let case = fixture().autorec;
    let experiment = case.experiment();
    case.check(&Experiment { rows: Axis::Items, model: model(&[5], Sigmoid, Linear), ..experiment });
}

#[test]
fn steps_that_are_each_followed_by_two_on_their_outputs() {
    let case = fixture().refed;
    let mut experiment = case.experiment();
    experiment.train.refeed = 2;
    case.check(&Experiment { model: model(&[4], Tanh, Linear), ..experiment });
}
