//! Metrics of predictions laid out as the network writes them.

use hourglass_data::{Axis, Csr};
use hourglass_train::Metric;
use hourglass_train::evaluate::{Besides, measure, predict};
use hourglass_train::inputs::{HeldOut, held_out};
use hourglass_train::state::State;

use crate::experiment::{Experiment, METRICS, NONE, table};

/// User 0: errors 1 and 3; user 2: error 2; users 1 and 3 have no held-out rating.
fn part() -> Csr {
    table(&[[1.0, NONE, 2.0], [NONE; 3], [NONE, NONE, 4.0], [NONE; 3]])
}

const PREDICTED: [(u32, u32, f32); 3] = [(0, 0, 2.0), (0, 2, 5.0), (2, 2, 2.0)];

/// The metrics where rows are users, or items, of predictions in the order of the rows.
fn measured(rows: Axis, metrics: &[Metric], clip: bool) -> Vec<Option<f64>> {
    let predictions = held_out(&Csr::from_entries(4, 3, PREDICTED.into_iter()), rows);
    let predicted: Vec<f32> = predictions.entries().map(|(_, _, value)| value).collect();
    let mut experiment = Experiment { rows, ..Experiment::new(table(&[[3.0; 3]; 4])) };
    experiment.evaluation.clip = clip;
    let ratings = held_out(&part(), rows);
    experiment.with_task(|task| {
        let asked = HeldOut { inputs: task.inputs, ratings: &ratings, by_members: &[] };
        measure(task, metrics, asked, &predicted, Besides::default())
    })
}

#[test]
fn users_without_held_out_ratings_do_not_count_and_rows_of_items_change_nothing() {
    for rows in [Axis::Users, Axis::Items] {
        for (metric, expected) in
            [(Metric::MAE, 2.0), (Metric::RMSE, (14f64 / 3.0).sqrt()), (Metric::USER_RMSE, (5f64.sqrt() + 2.0) / 2.0)]
        {
            let value = measured(rows, &[metric], false)[0].unwrap();
            assert!((value - expected).abs() < 1e-12, "{metric:?} with rows of {rows:?}: {value}");
        }
    }
}

#[test]
fn metrics_come_in_the_order_asked_for() {
    let order = [Metric::USER_RMSE, Metric::MAE, Metric::RMSE];
    let one_by_one: Vec<_> = order.iter().flat_map(|&metric| measured(Axis::Users, &[metric], true)).collect();
    assert_eq!(measured(Axis::Users, &order, true), one_by_one);
}

#[test]
fn predictions_are_clipped_to_the_scale_where_asked() {
    // The scale is 1 to 5.
    for (predicted, rating, clip, expected) in [
        (9.0, 4.0, true, 1.0),
        (9.0, 4.0, false, 5.0),
        (-3.0, 2.0, true, 1.0),
        (-3.0, 2.0, false, 5.0),
        (3.0, 2.0, true, 1.0),
    ] {
        let mut experiment = Experiment::new(table(&[[3.0]]));
        experiment.evaluation.clip = clip;
        let values = experiment.with_task(|task| {
            let asked = HeldOut { inputs: task.inputs, ratings: &table(&[[rating]]), by_members: &[] };
            measure(task, &METRICS, asked, &[predicted], Besides::default())
        });
        assert_eq!(values, [Some(expected); METRICS.len()], "{predicted} for {rating}, clip {clip}");
    }
}

#[test]
fn nothing_held_out_is_no_value() {
    let values = Experiment::new(table(&[[3.0]])).with_task(|task| {
        let asked = HeldOut { inputs: task.inputs, ratings: &table(&[[NONE]]), by_members: &[] };
        measure(task, &METRICS, asked, &[], Besides::default())
    });
    assert_eq!(values, [None; METRICS.len()]);
}

#[test]
fn predictions_stand_in_the_order_of_the_entries_they_are_for() {
    // More rows than one forward pass takes, each with its own input and its own number of entries.
    let users = 1200;
    let ratings = |offset: u32| {
        let entries = (0..users).flat_map(|user| (0..(user + offset) % 4).map(move |item| (user, item, 1.0)));
        Csr::from_entries(users as usize, 4, entries.map(|(user, item, _)| (user, item, (user % 5 + 1) as f32)))
    };
    let experiment = Experiment::new(ratings(1));
    experiment.with_task(|task| {
        let model = State::start(task).model;
        let part = ratings(2);
        let asked = |ratings| HeldOut { inputs: task.inputs, ratings, by_members: &[] };
        let [together, _] = &predict(task, &model, &[asked(&part), task.learned()])[..] else { panic!() };
        let together = &together.values;
        assert_eq!(together.len(), part.len());
        for user in [0, 1, 511, 512, 513, 1023, 1024, 1199] {
            let alone = part.entries().filter(|&(row, ..)| row == user);
            let alone = Csr::from_entries(users as usize, 4, alone.collect::<Vec<_>>().into_iter());
            let start = part.entries().filter(|&(row, ..)| row < user).count();
            let expected =
                &predict(task, &model, &[HeldOut { inputs: task.inputs, ratings: &alone, by_members: &[] }])[0].values;
            assert_eq!(&together[start..start + expected.len()], &expected[..], "user {user}");
        }
    });
}
