//! Whole rows as they come back, against sums by hand.

use hourglass_data::{Axis, Csr, FillConfig};
use hourglass_train::inputs::{HeldOut, held_out};
use hourglass_train::metric::{ListMetric, Ranked};
use hourglass_train::reconstruction::reconstructed;
use hourglass_train::score::{all, scorer};
use hourglass_train::state::State;
use hourglass_train::stream::{Purpose, Streams};
use hourglass_train::{Inputs, Metric, Monitor};
use rand::RngExt;

use crate::experiment::{Experiment, NONE, table};

const METRICS: [&str; 5] =
    ["all-cells-rmse", "frobenius-norm", "predictions-above@0.1", "predictions-above@-5", "hidden-rmse@0.5"];

fn experiment(rows: Axis) -> Experiment {
    let ratings =
        table(&[[5.0, NONE, 3.0, NONE, 1.0], [NONE; 5], [1.0, 2.0, 3.0, 4.0, NONE], [NONE, 2.0, NONE, NONE, 5.0]]);
    let mut experiment = Experiment { rows, ..Experiment::new(ratings) };
    experiment.validation =
        table(&[[NONE, 4.0, NONE, NONE, NONE], [NONE; 5], [NONE, NONE, NONE, NONE, 2.0], [NONE; 5]]);
    experiment.evaluation.metrics = METRICS.map(|name| name.parse::<Metric>().unwrap()).to_vec().try_into().unwrap();
    experiment
}

fn values(task: &hourglass_train::Task<'_>, asked: HeldOut<'_>) -> Vec<Option<f64>> {
    let model = State::start(task).model;
    let rows = reconstructed(task, &model, asked).unwrap();
    let value = |metric: &Metric| match metric {
        Metric::Reconstruction(metric) => metric.compute(&rows),
        other => panic!("{other}"),
    };
    task.evaluation.metrics.list().iter().map(value).collect()
}

/// All cells of rows that have a rating, beside the ratings that are shown or asked for, and 0 elsewhere.
fn by_hand(task: &hourglass_train::Task<'_>, asked: &Csr) -> [f64; 4] {
    let model = State::start(task).model;
    let (mut cells, mut squares, mut above) = (0, 0.0, [0.0; 2]);
    for row in 0..asked.rows() {
        let mut known = vec![0.0; asked.columns()];
        let (shown, asked) = (task.inputs.ratings.row(row), asked.row(row));
        if shown.is_empty() && asked.is_empty() {
            continue;
        }
        shown.iter().chain(asked.iter()).for_each(|(column, rating)| known[column as usize] = f64::from(rating));
        for (output, known) in all(scorer(task, &model).as_ref(), task.inputs, &[row as u32]).iter().zip(known) {
            cells += 1;
            squares += (f64::from(*output) - known).powi(2);
            above[0] += f64::from(u8::from(*output > 0.1));
            above[1] += f64::from(u8::from(*output > -5.0));
        }
    }
    [(squares / f64::from(cells)).sqrt(), squares.sqrt(), above[0], above[1]]
}

#[test]
fn every_cell_of_a_rated_row_counts_and_no_other() {
    for rows in [Axis::Users, Axis::Items] {
        let experiment = experiment(rows);
        let validation = held_out(&experiment.validation, rows);
        experiment.with_task(|task| {
            for asked in [task.learned(), HeldOut { inputs: task.inputs, ratings: &validation, by_members: &[] }] {
                let found = values(task, asked);
                for (place, expected) in by_hand(task, asked.ratings).into_iter().enumerate() {
                    let found = found[place].unwrap();
                    assert!((found - expected).abs() < 1e-6, "{rows:?} {}: {found}, {expected}", METRICS[place]);
                }
            }
        });
    }
}

#[test]
fn hidden_ratings_are_predicted_from_the_others_alone() {
    let experiment = experiment(Axis::Users);
    let hidden = |row: u32| {
        let mut generator = Streams::new(7).generator(Purpose::Hiding, 0, row as usize);
        experiment.ratings.row(row as usize).iter().map(|_| generator.random::<f32>() < 0.5).collect::<Vec<_>>()
    };
    let hidden: Vec<bool> = (0..4).flat_map(hidden).collect();
    let part = |wanted: bool| {
        let entries = experiment.ratings.entries().zip(&hidden).filter(move |(_, hidden)| **hidden == wanted);
        Csr::from_entries(4, 5, entries.map(|(entry, _)| entry).collect::<Vec<_>>().into_iter())
    };
    let (kept, asked) = (part(false), part(true));
    assert!(!kept.is_empty() && !asked.is_empty());
    experiment.with_task(|task| {
        let inputs = Inputs::new(&kept, FillConfig::Zero.fit(&kept), &Csr::empty(4, 0), Axis::Users);
        let model = State::start(task).model;
        let error = |(row, column, rating): (u32, u32, f32)| {
            let output = all(scorer(task, &model).as_ref(), &inputs, &[row])[column as usize];
            (f64::from(output) - f64::from(rating)).powi(2)
        };
        let expected = (asked.entries().map(error).sum::<f64>() / asked.len() as f64).sqrt();
        let found = values(task, task.learned())[4].unwrap();
        assert!((found - expected).abs() < 1e-6, "{found} instead of {expected}");
    });
}

#[test]
fn what_has_looked_at_the_hidden_ratings_is_refused() {
    for (fill, refused) in [
        (FillConfig::Zero, false),
        (FillConfig::ItemMean, false),
        (FillConfig::GlobalMean, false),
        (FillConfig::UserMean, true),
        (FillConfig::Bias, true),
    ] {
        for rows in [Axis::Users, Axis::Items] {
            let mut experiment = Experiment { fill, ..experiment(rows) };
            experiment.train.monitor = Monitor::column("loss");
            let said = experiment.with_task(|task| hourglass_train::check(task).err().map(|error| error.to_string()));
            assert_eq!(said.is_some(), refused, "{fill:?} {rows:?}: {said:?}");
            for piece in ["hidden-rmse@0.5", "input.fill", "[split.masked]"] {
                assert!(said.as_ref().is_none_or(|said| said.contains(piece)), "{said:?}");
            }
        }
    }
}

#[test]
fn lists_are_as_diverse_as_an_independent_implementation_says() {
    #[derive(serde::Deserialize)]
    struct Fixture {
        lists: Vec<Vec<u32>>,
        ratings: Vec<(u32, u32)>,
        shape: [usize; 2],
        diversity: Vec<(usize, f64)>,
    }
    let fixture: Fixture = serde_json::from_str(include_str!("../fixtures/diversity.json")).unwrap();
    let entries = fixture.ratings.iter().map(|&(item, user)| (item, user, 1.0));
    let ratings = Csr::from_entries(fixture.shape[0], fixture.shape[1], entries);
    let (relevant, raters) = (vec![vec![0]; fixture.lists.len()], vec![1; fixture.shape[0]]);
    let ranked = Ranked {
        lists: &fixture.lists,
        relevant: &relevant,
        raters: &raters,
        ratings: Some(&ratings),
        learned_from: 1,
    };
    assert_eq!(fixture.diversity.len(), 3);
    for (k, expected) in fixture.diversity {
        let found = ListMetric::Diversity.compute(k, ranked).unwrap();
        assert!((found - expected).abs() < 1e-12, "{k}: {found} instead of {expected}");
    }
    assert_eq!(ListMetric::Diversity.compute(1, ranked), None, "one item has no pair");
}
