//! The masked loss, its gradient and the metrics of six rows, computed by hand.

use std::f64::consts::SQRT_2;

use hourglass_data::Csr;
use hourglass_models::range::NonNegative;
use hourglass_models::{Parameter, Part};
use hourglass_train::engine::dense::{Entries, gather, observed};
use hourglass_train::evaluate::{Besides, measure};
use hourglass_train::objective::{Fit, Outputs};
use hourglass_train::penalty::l2;
use hourglass_train::{Metric, ObjectiveConfig, PenaltyConfig};
use tch::Tensor;

use crate::experiment::{Experiment, NONE, table};

struct Row {
    ratings: [f32; 4],
    predictions: [f32; 4],
    /// Over the observed ratings.
    squared_error: f64,
    rmse: Option<f64>,
}

const fn row(ratings: [f32; 4], predictions: [f32; 4], squared_error: f64, rmse: Option<f64>) -> Row {
    Row { ratings, predictions, squared_error, rmse }
}

const ROWS: [Row; 6] = [
    row([1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0], 0.0, Some(0.0)),
    row([1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 8.0], 49.0, Some(3.5)),
    row([NONE, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 3.0], 4.0, Some(1.154_700_538)),
    row([NONE, NONE, 1.0, 1.0], [1.0, 1.0, 1.0, 3.0], 4.0, Some(SQRT_2)),
    row([NONE, NONE, NONE, 1.0], [1.0, 1.0, 1.0, 3.0], 4.0, Some(2.0)),
    row([NONE, NONE, NONE, NONE], [1.0, 1.0, 1.0, 3.0], 0.0, None),
];

fn ratings() -> Csr {
    table(&ROWS.map(|row| row.ratings))
}

fn outputs() -> Tensor {
    Tensor::from_slice2(&ROWS.map(|row| row.predictions)).set_requires_grad(true)
}

/// The loss of some rows of the outputs, each `[4]`.
fn loss(outputs: &Tensor, rows: &[u32]) -> Tensor {
    let entries = Entries::of(&ratings(), rows);
    let places: Vec<i64> = rows.iter().map(|&row| i64::from(row)).collect();
    let batch = outputs.index_select(0, &Tensor::from_slice(&places));
    let observed = observed(gather(&batch, &entries), &entries);
    let Fit { sum, count } = ObjectiveConfig::default().fit(&Outputs { all: None, observed });
    sum / count.max(1.0)
}

fn assert_close(got: f64, expected: f64, what: &str) {
    assert!((got - expected).abs() < 1e-6, "{what}: {got} instead of {expected}");
}

#[test]
fn each_row_by_itself() {
    for (place, row) in (0..).zip(ROWS) {
        let count = row.ratings.iter().filter(|rating| !rating.is_nan()).count();
        let expected = row.squared_error / count.max(1) as f64;
        assert_close(loss(&outputs(), &[place]).double_value(&[]), expected, &format!("row {place}"));
    }
}

#[test]
fn the_rmse_of_each_row() {
    for Row { ratings, predictions, rmse, .. } in ROWS {
        let predicted: Vec<f32> = (0..4).filter(|&c| !ratings[c].is_nan()).map(|c| predictions[c]).collect();
        let experiment = Experiment::new(table(&[ratings]));
        for value in experiment.with_task(|task| {
            measure(task, &[Metric::RMSE, Metric::USER_RMSE], task.learned(), &predicted, Besides::default())
        }) {
            assert_eq!(value.is_some(), rmse.is_some(), "{ratings:?}");
            assert_close(value.unwrap_or(0.0), rmse.unwrap_or(0.0), &format!("{ratings:?}"));
        }
    }
}

#[test]
fn the_loss_of_all_rows_is_the_mean_of_the_five_that_have_ratings() {
    // (0 + 49/4 + 4/3 + 4/2 + 4/1) / 5
    assert_close(loss(&outputs(), &[0, 1, 2, 3, 4, 5]).double_value(&[]), 3.916_666_667, "in order");
    assert_close(loss(&outputs(), &[5, 3, 1, 0, 4, 2]).double_value(&[]), 3.916_666_667, "in another order");
    assert_close(loss(&outputs(), &[0, 1, 2, 3, 4]).double_value(&[]), 3.916_666_667, "without the empty row");
}

#[test]
fn the_gradient_of_all_rows() {
    // 2 (prediction − rating) / (ratings of the row · rows with ratings), and 0 where nothing is rated.
    let expected = [
        [0.0, 0.0, 0.0, 0.0],
        [0.0, 0.0, 0.0, 14.0 / 20.0],
        [0.0, 0.0, 0.0, 4.0 / 15.0],
        [0.0, 0.0, 0.0, 4.0 / 10.0],
        [0.0, 0.0, 0.0, 4.0 / 5.0],
        [0.0, 0.0, 0.0, 0.0],
    ];
    let outputs = outputs();
    let loss = loss(&outputs, &[0, 1, 2, 3, 4, 5]);
    let gradient = &Tensor::run_backward(&[loss], &[&outputs], false, false)[0];
    for (row, expected) in (0..).zip(expected) {
        for (column, expected) in (0..).zip(expected) {
            assert_close(gradient.double_value(&[row, column]), expected, &format!("row {row}, column {column}"));
        }
    }
}

#[test]
fn the_penalty_is_the_sum_of_squared_kernels_and_leaves_biases_alone() {
    let weight = Tensor::from_slice(&[3f32, -4.0]);
    let kernel = |part| Parameter::kernel("kernel", part, &weight);
    let number = |value| NonNegative::try_from(value).unwrap();
    let two = |encoder, decoder| {
        let of = |weight: f64| Some(number(weight));
        l2::Config { weight: number(9.0), encoder: of(encoder), decoder: of(decoder) }
    };
    let (encoder, decoder) = (Part::Encoder, Part::Decoder);
    for (parameters, config, expected) in [
        (vec![kernel(encoder)], l2::Config::new(number(0.01)), 0.25),
        (vec![kernel(encoder), kernel(decoder)], l2::Config::new(number(0.01)), 0.5),
        (vec![kernel(encoder), Parameter::bias("bias", encoder, &weight)], l2::Config::new(number(0.01)), 0.25),
        (vec![Parameter::bias("bias", encoder, &weight)], l2::Config::new(number(0.01)), 0.0),
        (vec![kernel(encoder)], l2::Config::new(number(0.0)), 0.0),
        (vec![kernel(encoder), kernel(decoder)], two(0.01, 0.02), 0.75),
    ] {
        let penalty = PenaltyConfig { l2: Some(config.clone()), ..PenaltyConfig::default() };
        let found = penalty.of_weights(&parameters);
        assert_close(found, expected, &format!("{config:?}"));
    }
}
