//! What an epoch visits and reports, and that epochs lead somewhere.

use hourglass_data::{Axis, Csr, FillConfig};
use hourglass_models::Activation::{Linear, Sigmoid};
use hourglass_models::autoencoder;
use hourglass_train::config::columns;
use hourglass_train::{EpochReport, Event, Flow, ModelConfig, OptimizerConfig, fit};

use crate::experiment::{Experiment, NONE, adam, assert_same_weights, l2, model, network, rate, table};

fn ratings() -> Csr {
    table(&[
        [5.0, NONE, 3.0, NONE, 1.0],
        [NONE, 2.0, NONE, 4.0, 4.0],
        [1.0, 2.0, 3.0, 4.0, 5.0],
        [NONE, NONE, NONE, NONE, 2.0],
        [4.0, 4.0, NONE, NONE, 4.0],
    ])
}

/// The same matrix with users, or items, that rated nothing, or were not rated, at the end.
fn with_empty(users: usize, items: usize) -> Csr {
    let ratings = ratings();
    Csr::from_entries(ratings.rows() + users, ratings.columns() + items, ratings.entries())
}

/// An optimizer whose steps are too small to change any weight.
fn standing() -> OptimizerConfig {
    adam(1e-30)
}

#[test]
fn an_epoch_visits_each_row_with_ratings_once_whatever_the_batch() {
    // With weights that stand still, an epoch's loss is the mean over the rows that were visited.
    let losses = [1, 2, 3, 4, 5, 7].map(|batch| {
        let mut experiment = Experiment { penalty: l2(0.1), ..Experiment::new(with_empty(2, 0)) };
        experiment.train.batch = batch.try_into().unwrap();
        experiment.train.optimizer = standing();
        let reports = experiment.train().reports;
        let [first, second] = [0, 1].map(|epoch: usize| reports[epoch].values[0].unwrap());
        assert!((first / second - 1.0).abs() < 1e-6, "batch {batch}: {first}, then {second}");
        first
    });
    for loss in losses {
        assert!((loss / losses[4] - 1.0).abs() < 1e-6, "{losses:?}");
    }
}

#[test]
fn dropout_is_drawn_anew_in_training_and_absent_in_evaluation() {
    let mut plain = Experiment::new(ratings());
    plain.train.optimizer = standing();
    let dropout = autoencoder::Config { dropout: rate(0.5), ..network(&[4], Sigmoid, Linear) };
    let dropping = Experiment { model: ModelConfig::Autoencoder(dropout), ..plain.clone() };
    let [plain, dropping] = [plain, dropping].map(|experiment| experiment.train().reports);
    let loss = |reports: &[EpochReport], epoch: usize| reports[epoch].values[0];
    assert_ne!(loss(&dropping, 0), loss(&plain, 0), "training has dropout");
    assert_ne!(loss(&dropping, 0), loss(&dropping, 1), "each epoch draws its own");
    for (with, without) in dropping.iter().zip(&plain) {
        assert_eq!(with.values[3..], without.values[3..], "the metrics are measured without dropout");
    }
}

#[test]
fn batches_are_counted_without_empty_rows() {
    for (batch, expected) in [(1, 5), (2, 3), (3, 2), (5, 1), (100, 1)] {
        let mut experiment = Experiment::new(with_empty(3, 1));
        experiment.train.batch = batch.try_into().unwrap();
        let mut seen = Vec::new();
        let outcome = experiment.with_task(|task| {
            fit(task, None, &mut |event| {
                if let Event::Batch { epoch, batch, batches } = event {
                    seen.push((epoch, batch, batches));
                }
                Ok(Flow::Continue)
            })
        });
        assert!(outcome.is_ok());
        let all = (1..=3).flat_map(|epoch| (1..=expected).map(move |batch| (epoch, batch, expected)));
        assert_eq!(seen, all.collect::<Vec<_>>(), "batches of {batch}");
    }
}

#[test]
fn rows_without_ratings_change_nothing_and_are_still_predicted() {
    for (rows, users, items) in [(Axis::Users, 3, 0), (Axis::Items, 0, 3)] {
        for fill in [FillConfig::Zero, FillConfig::UserMean, FillConfig::ItemMean, FillConfig::GlobalMean] {
            let without = Experiment { rows, fill, ..Experiment::new(ratings()) };
            let mut with = Experiment { ratings: with_empty(users, items), ..without.clone() };
            with.side = Experiment::new(with.ratings.clone()).side;
            // The last user's rating of the last item: a row, or a column's row, that training never saw.
            let (user, item) = (with.ratings.rows() as u32 - 1, with.ratings.columns() as u32 - 1);
            with.validation =
                Csr::from_entries(with.ratings.rows(), with.ratings.columns(), [(user, item, 3.0)].into_iter());
            let (plain, trained) = (without.train(), with.train());
            assert_same_weights(&plain.weights, &trained.weights, &format!("{rows:?} {fill:?}"));
            for report in &trained.reports {
                assert!(report.values.iter().all(|value| value.is_some_and(f64::is_finite)), "{report:?}");
            }
        }
    }
}

#[test]
fn a_report_has_a_value_for_each_column_and_none_without_validation_ratings() {
    let experiment = Experiment::new(ratings());
    let names = columns(&[experiment.objective.name()], &experiment.evaluation);
    let values = &experiment.train().reports[0].values;
    assert_eq!(names.len(), values.len());
    for (name, value) in names.iter().zip(values) {
        assert_eq!(value.is_some(), !name.starts_with("validation."), "{name}: {value:?}");
    }
}

#[test]
fn the_loss_is_the_sum_of_its_parts() {
    let experiment = Experiment { penalty: l2(0.05), ..Experiment::new(ratings()) };
    for report in experiment.train().reports {
        let [total, fit_term, penalty] = [0, 1, 2].map(|place| report.values[place].unwrap());
        assert!(penalty > 0.0);
        assert!((total - fit_term - penalty).abs() < 1e-5, "{total} is not {fit_term} + {penalty}");
    }
}

#[test]
fn a_small_matrix_is_learnt_by_heart() {
    let ratings = table(&[
        [5.0, 1.0, NONE, 2.0, 4.0],
        [NONE, 3.0, 4.0, 1.0, 5.0],
        [2.0, NONE, 5.0, 4.0, 1.0],
        [1.0, 4.0, 2.0, NONE, 3.0],
    ]);
    for rows in [Axis::Users, Axis::Items] {
        for widths in [&[8][..], &[8, 6, 8]] {
            let mut experiment =
                Experiment { rows, model: model(widths, Sigmoid, Linear), ..Experiment::new(ratings.clone()) };
            experiment.train.epochs = 1500.try_into().unwrap();
            experiment.train.batch = 5.try_into().unwrap();
            experiment.train.optimizer = adam(0.02);
            let reports = experiment.train().reports;
            let (first, last) = (&reports[0].values, &reports[reports.len() - 1].values);
            // Loss, its only part, the validation loss, then the metrics in turn: train.mae is the first.
            let (begun, ended) = (first[3].unwrap(), last[3].unwrap());
            assert!(begun > 1.0 && ended < 0.01, "{rows:?} {widths:?}: from {begun} to {ended}");
        }
    }
}

#[test]
fn measuring_seldom_changes_no_weight_and_always_tells_the_last_epoch() {
    let often = Experiment { validation: table(&[[NONE, 3.0, NONE, NONE, NONE]]), ..Experiment::new(ratings()) };
    let mut often = Experiment { validation: Csr::from_entries(5, 5, often.validation.entries()), ..often };
    often.train.epochs = 7.try_into().unwrap();
    let mut seldom = often.clone();
    seldom.evaluation.every = 3.try_into().unwrap();
    let [often, seldom] = [often, seldom].map(|experiment| experiment.train());
    assert_same_weights(&often.weights, &seldom.weights, "measured seldom");
    for (often, seldom) in often.reports.iter().zip(&seldom.reports) {
        let epoch = often.epoch;
        assert_eq!(often.values[..2], seldom.values[..2], "the losses of epoch {epoch}");
        match [3, 6, 7].contains(&epoch) {
            true => assert_eq!(often.values, seldom.values, "epoch {epoch}"),
            false => assert!(seldom.values[2..].iter().all(Option::is_none), "epoch {epoch}: {:?}", seldom.values),
        }
    }
}
