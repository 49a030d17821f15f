//! Objectives equal those of PyTorch, `fixtures/objectives.py` made the numbers; and what they count, and compare outputs with.

use std::path::PathBuf;

use hourglass_data::{Csr, FillConfig, Scale};
use hourglass_models::Batch;
use hourglass_train::engine::dense;
use hourglass_train::engine::shown::Shown;
use hourglass_train::evaluate::{Besides, measure};
use hourglass_train::inputs::{HeldOut, RowScale, Target};
use hourglass_train::noise::Phase;
use hourglass_train::objective::Fit;
use hourglass_train::{Inputs, Levels, Metric, NoiseConfig, ObjectiveConfig, Task};
use serde::Deserialize;
use tch::{Kind, Tensor};

use crate::experiment::{Experiment, NONE, table};
use crate::reference::sparse;

#[derive(Deserialize)]
struct Fixture {
    /// For each observed entry.
    corrupted: Vec<f32>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    objective: ObjectiveConfig,
    /// `[rows, columns]`.
    outputs: Vec<Vec<f32>>,
    ratings: Vec<Vec<Option<f32>>>,
    loss: f64,
    gradient: Vec<Vec<f64>>,
}

/// Fails unless a number equals another to five digits.
#[track_caller]
pub(crate) fn assert_near(found: f64, expected: f64, what: &str) {
    assert!((found - expected).abs() <= 1e-5 * expected.abs() + 1e-6, "{what}: {found} instead of {expected}");
}

fn objective(written: &str) -> ObjectiveConfig {
    serde_json::from_str(written).expect(written)
}

fn noise(written: &str) -> NoiseConfig {
    serde_json::from_str(written).expect(written)
}

fn mean(Fit { sum, count }: &Fit) -> f64 {
    sum.double_value(&[]) / count
}

#[test]
fn every_loss_and_gradient_is_as_in_pytorch() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/objectives.json");
    let fixture: Fixture = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(fixture.cases.len(), 14);
    for case in &fixture.cases {
        let what = format!("{:?}", case.objective);
        let outputs = Tensor::from_slice2(&case.outputs).set_requires_grad(true);
        let batch = Batch { rows: Tensor::from_slice(&[0i64, 1, 2, 3]), side: None, groups: None, text: None };
        let marks = Some(Tensor::from_slice(&fixture.corrupted));
        let shown = Shown { ratings: outputs.zeros_like(), corrupted: marks, batch };
        let experiment = Experiment { objective: case.objective.clone(), ..Experiment::new(sparse(&case.ratings)) };
        let fit = experiment.with_task(|task| dense::fit(task, &outputs, task.learned(), &[0, 1, 2, 3], Some(&shown)));
        assert_near(mean(&fit), case.loss, &what);
        let gradient = &Tensor::run_backward(&[fit.sum / fit.count], &[&outputs], false, false)[0];
        for (row, expected) in (0..).zip(&case.gradient) {
            for (column, &expected) in (0..).zip(expected) {
                assert_near(gradient.double_value(&[row, column]), expected, &format!("{what} at {row}, {column}"));
            }
        }
    }
}

#[test]
fn what_is_shown_is_not_counted_when_others_are_asked_for() {
    // One row: shown are the first and the third of four, asked for is the second; the fourth is unobserved.
    let shown = table(&[[5.0, NONE, 3.0, NONE]]);
    let asked = table(&[[NONE, 1.0, NONE, NONE]]);
    let outputs = Tensor::from_slice2(&[[0.9f32, 0.5, 0.9, 0.25]]);
    let (half, quarter) = (-(0.5f64.ln()), -(0.75f64.ln()));
    for (written, expected) in [
        (r#"{"full-mse": {}}"#, (0.25 + 0.0625) / 2.0),
        (r#"{"bce": {"on": "all"}}"#, (half + quarter) / 2.0),
        (r#"{"bce": {}}"#, half),
        (r#"{"masked-mse": {"over": "ratings"}}"#, 0.25),
        (r#"{"masked-mse": {"over": "columns"}}"#, 0.25 / 4.0),
    ] {
        let experiment = Experiment { objective: objective(written), ..Experiment::new(shown.clone()) };
        let fit = experiment.with_task(|task| {
            dense::fit(task, &outputs, HeldOut { inputs: task.inputs, ratings: &asked, by_members: &[] }, &[0], None)
        });
        assert_near(mean(&fit), expected, written);
    }
}

#[test]
fn predictions_of_log_odds_are_probabilities() {
    let outputs = Tensor::from_slice(&[0f32, 2.0]);
    for (written, expected) in
        [(r#"{"bce-with-logits": {}}"#, [0.5, 1.0 / (1.0 + (-2f64).exp())]), (r#"{"multinomial": {}}"#, [0.0, 2.0])]
    {
        let found = objective(written).prediction(&outputs, &Levels::of(&ratings()));
        (0..2).for_each(|place| assert_near(found.double_value(&[place as i64]), expected[place], written));
    }
}

/// Ratings of 2 to 4, so that 0, 1 and 5 come of noise alone.
fn ratings() -> Csr {
    table(&[[2.0, NONE, 3.0, 4.0], [NONE, 2.0, NONE, NONE], [4.0, 3.0, 2.0, 4.0], [3.0, 3.0, NONE, 2.0]])
}

const ROWS: [u32; 4] = [0, 1, 2, 3];

fn shown(task: &Task<'_>, phase: Phase) -> Shown {
    Shown::new(task, task.inputs, &ROWS, phase)
}

/// What is shown at the observed entries.
fn observed(ratings: &Csr, shown: &Shown) -> Vec<f32> {
    Vec::try_from(dense::gather(&shown.ratings, &dense::Entries::of(ratings, &ROWS))).unwrap()
}

#[test]
fn noise_says_which_entries_it_has_corrupted() {
    for (written, is_corrupted) in [
        (r#"{"dropout": {"rate": 0.5}}"#, &(|value: f32| value == 0.0) as &dyn Fn(f32) -> bool),
        (r#"{"dropout": {"rate": 0.5, "on": "all", "draw": "once"}}"#, &|value| value == 0.0),
        (r#"{"salt-and-pepper": {"rate": 0.5, "scale": [1, 5]}}"#, &|value| value == 1.0 || value == 5.0),
        (r#"{"gaussian": {"std": 0.1}}"#, &|_| true),
    ] {
        let experiment = Experiment { noise: vec![noise(written)], ..Experiment::new(ratings()) };
        let shown = experiment.with_task(|task| shown(task, Phase::Train(1)));
        let marks = Vec::<f32>::try_from(shown.corrupted.as_ref().unwrap()).unwrap();
        let expected: Vec<f32> =
            observed(&ratings(), &shown).iter().map(|&value| f32::from(is_corrupted(value))).collect();
        assert_eq!(marks, expected, "{written}");
        assert!(marks.contains(&1.0), "{written}");
    }
    let dropout = Experiment { noise: vec![noise(r#"{"dropout": {"rate": 0.5}}"#)], ..Experiment::new(ratings()) };
    for (experiment, phase) in [(dropout, Phase::Evaluate), (Experiment::new(ratings()), Phase::Train(1))] {
        assert!(experiment.with_task(|task| shown(task, phase)).corrupted.is_none());
    }
}

#[test]
fn the_target_is_noisy_only_where_asked_for_and_only_in_training() {
    let squares = |values: &[f32]| values.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>();
    let noise = || vec![noise(r#"{"gaussian": {"std": 0.5, "on": "all"}}"#)];
    for (written, all) in [(r#"{"masked-mse": {"over": "ratings"}}"#, false), (r#"{"full-mse": {}}"#, true)] {
        let experiment = Experiment { noise: noise(), objective: objective(written), ..Experiment::new(ratings()) };
        let clean: Vec<f32> = ratings().entries().map(|(_, _, rating)| rating).collect();
        let count = if all { 16.0 } else { clean.len() as f64 };
        for target in [Target::Clean, Target::Noisy] {
            Experiment { target, ..experiment.clone() }.with_task(|task| {
                let shown = shown(task, Phase::Train(1));
                // Of outputs that are zero, the error is the square of the target.
                let outputs = shown.ratings.zeros_like();
                let fit = |shown| mean(&dense::fit(task, &outputs, task.learned(), &ROWS, shown));
                let noisy =
                    if all { shown.ratings.reshape(-1).try_into().unwrap() } else { observed(&ratings(), &shown) };
                let expected = if target == Target::Noisy { squares(&noisy) } else { squares(&clean) };
                assert_near(fit(Some(&shown)), expected / count, &format!("{target:?} {written} in training"));
                assert_near(fit(None), squares(&clean) / count, &format!("{target:?} {written} in evaluation"));
            });
        }
    }
}

#[test]
fn rows_of_unit_norm_are_shown_and_plain_ones_asked_for() {
    let ratings = table(&[[3.0, NONE, 4.0], [NONE; 3], [0.0, NONE, 2.0], [NONE, 0.0, NONE]]);
    let silent = noise(r#"{"gaussian": {"std": 0, "draw": "once"}}"#);
    for noise in [Vec::new(), vec![silent]] {
        for (fill, expected) in [
            (FillConfig::Zero, [[0.6, 0.0, 0.8], [0.0; 3], [0.0, 0.0, 1.0], [0.0; 3]]),
            (
                FillConfig::Constant(1.0.try_into().unwrap()),
                [[0.6, 0.2, 0.8], [1.0; 3], [0.0, 0.5, 1.0], [1.0, 0.0, 1.0]],
            ),
        ] {
            let scale = RowScale::UnitNorm;
            let experiment = Experiment { scale, fill, noise: noise.clone(), ..Experiment::new(ratings.clone()) };
            experiment.with_task(|task| {
                let shown = shown(task, Phase::Train(1));
                for (found, expected) in
                    Vec::<Vec<f32>>::try_from(&shown.ratings).unwrap().concat().iter().zip(expected.concat())
                {
                    assert_near(f64::from(*found), expected, &format!("{fill:?}"));
                }
                let fit = dense::fit(task, &shown.ratings.zeros_like(), task.learned(), &ROWS, Some(&shown));
                assert_near(mean(&fit), (25.0 / 2.0 + 4.0 / 2.0) / 3.0, "the rows' mean squares");
            });
        }
    }
}

#[test]
fn numbers_in_a_range_are_measured_as_ratings() {
    // The scale is 1 to 5: −0.5 is 2, and 0.25 is 3.5.
    let part = table(&[[-0.5, 0.25]]);
    for (clip, predicted, expected) in
        [(false, [0.0, 0.25], 0.5), (false, [-0.5, 2.25], 2.0), (true, [-0.5, 2.25], 0.75)]
    {
        let range = Some(Scale { minimum: -1.0, maximum: 1.0 });
        let mut experiment = Experiment { range, ..Experiment::new(part.clone()) };
        experiment.evaluation.clip = clip;
        let found = experiment.with_task(|task| {
            let asked = HeldOut { inputs: task.inputs, ratings: &part, by_members: &[] };
            measure(task, &[Metric::MAE], asked, &predicted, Besides::default())[0].unwrap()
        });
        assert_near(found, expected, &format!("{predicted:?}, clip {clip}"));
    }
}

#[test]
fn every_objective_overfits_a_few_ratings() {
    let events =
        table(&[[1.0, NONE, 0.0, NONE, 1.0], [NONE; 5], [NONE, 1.0, NONE, NONE, NONE], [0.0, 1.0, 1.0, 0.0, 1.0]]);
    for (written, sigmoid, at_most) in [
        (r#"{"masked-mse": {"over": "row"}}"#, false, 0.05),
        (r#"{"masked-mse": {"over": "ratings"}}"#, false, 0.05),
        (r#"{"masked-mse": {"over": "sum"}}"#, false, 0.05),
        (r#"{"masked-mse": {"over": "columns"}}"#, false, 0.05),
        (r#"{"full-mse": {}}"#, false, 0.05),
        (r#"{"bce": {}}"#, true, 0.05),
        (r#"{"bce": {"on": "all"}}"#, true, 0.05),
        (r#"{"bce-with-logits": {}}"#, false, 0.05),
        (r#"{"bce-with-logits": {"on": "all"}}"#, false, 0.05),
        // The entropy of rows of two, one and three events: (2 ln 2 + 0 + 3 ln 3) / 3.
        (r#"{"multinomial": {}}"#, false, 1.6),
    ] {
        let mut experiment = Experiment { objective: objective(written), ..Experiment::new(events.clone()) };
        if sigmoid {
            experiment.model =
                serde_json::from_str(r#"{"autoencoder": {"layers": [4], "output_activation": "sigmoid"}}"#).unwrap();
        }
        experiment.train.optimizer = crate::experiment::adam(0.1);
        experiment.train.epochs = 150.try_into().unwrap();
        experiment.train.batch = 4.try_into().unwrap();
        let reports = experiment.train().reports;
        let [first, last] = [0, 149].map(|epoch: usize| reports[epoch].values[0].unwrap());
        assert!(last < first && last < at_most, "{written}: from {first} to {last}");
        experiment.with_task(|task| hourglass_train::check(task).unwrap());
    }
}

#[test]
fn fold_in_rows_are_scaled_by_themselves() {
    let training = table(&[[3.0, NONE, 4.0], [NONE, 1.0, NONE]]);
    let fold_in = table(&[[NONE, 6.0, 8.0], [NONE; 3]]);
    let fill = FillConfig::Zero.fit(&training);
    let inputs = Inputs::new(&fold_in, fill.shown(&fold_in), &Csr::empty(2, 0), hourglass_data::Axis::Users);
    let inputs = inputs.scaled(RowScale::UnitNorm);
    let shown = Experiment::new(training).with_task(|task| Shown::new(task, &inputs, &[0], Phase::Evaluate).input());
    let difference = (shown - Tensor::from_slice2(&[[0.0f32, 0.6, 0.8]])).abs().sum(Kind::Float);
    assert_near(difference.double_value(&[]), 0.0, "fold-in");
}

#[test]
fn where_nothing_is_held_out_there_is_no_validation_loss() {
    let ratings = table(&[[5.0, NONE], [1.0, 2.0]]);
    for written in [r#"{"masked-mse": {}}"#, r#"{"full-mse": {}}"#, r#"{"multinomial": {}}"#] {
        let experiment = Experiment { objective: objective(written), ..Experiment::new(ratings.clone()) };
        for report in experiment.train().reports {
            // The loss, its only part, the validation loss.
            assert_eq!((report.values[1].is_some(), report.values[2]), (true, None), "{written}");
        }
    }
}
