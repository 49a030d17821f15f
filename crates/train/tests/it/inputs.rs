//! What the network is shown equals the plain dense definition: rating, else fill, then side information.

use hourglass_data::{Axis, Csr, FillConfig};
use hourglass_models::range::NonNegative;
use hourglass_train::engine::shown::Shown;
use hourglass_train::evaluate::Besides;
use hourglass_train::noise::{Draw, On, Phase, gaussian};
use hourglass_train::{NoiseConfig, evaluate};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::experiment::{Experiment, METRICS, NONE, table};

fn fills() -> [FillConfig; 5] {
    let three = FillConfig::Constant(3.0.try_into().unwrap());
    [FillConfig::Zero, three, FillConfig::GlobalMean, FillConfig::UserMean, FillConfig::ItemMean]
}

/// The whole input, cell by cell: what no training may ever hold.
fn naive(experiment: &Experiment) -> Vec<Vec<f32>> {
    let (ratings, fill) = (&experiment.ratings, experiment.fill.fit(&experiment.ratings));
    let stored = |matrix: &Csr, row: usize, column: usize| {
        matrix.row(row).iter().find(|entry| entry.0 as usize == column).map(|entry| entry.1)
    };
    let cell =
        |user: usize, item: usize| stored(ratings, user, item).unwrap_or_else(|| fill.value(user as u32, item as u32));
    let side = |row: usize| {
        let side = &experiment.side;
        (0..side.columns()).map(move |column| stored(side, row, column).unwrap_or(0.0))
    };
    let (users, items) = (ratings.rows(), ratings.columns());
    match experiment.rows {
        Axis::Users => {
            (0..users).map(|user| (0..items).map(|item| cell(user, item)).chain(side(user)).collect()).collect()
        }
        Axis::Items => {
            (0..items).map(|item| (0..users).map(|user| cell(user, item)).chain(side(item)).collect()).collect()
        }
    }
}

fn dense(experiment: &Experiment, rows: &[u32]) -> Vec<Vec<f32>> {
    experiment.with_task(|task| {
        let input = Shown::new(task, task.inputs, rows, Phase::Evaluate).input();
        assert_eq!(input.size(), [rows.len() as i64, task.dims().inputs]);
        Vec::<Vec<f32>>::try_from(input).unwrap()
    })
}

/// Noise of size zero: takes the other way through the engine, to the same place.
fn silent_noise() -> NoiseConfig {
    NoiseConfig::Gaussian(gaussian::Config {
        std: NonNegative::try_from(0.0).unwrap(),
        clamp: None,
        on: On::All,
        draw: Draw::Once,
    })
}

/// Matrices of half stars, 0 among them, with rows of users and rows of items, and side information for each row.
fn experiments() -> impl Strategy<Value = [Experiment; 2]> {
    let cell = || prop_oneof![3 => Just(NONE), 2 => (0_u8..=10).prop_map(|half| f32::from(half) / 2.0)];
    let size = (1_usize..7, 1_usize..7, 0_usize..4);
    let cells = size.prop_flat_map(move |(users, items, width)| {
        let side = |rows| vec(vec(cell(), width), rows);
        (vec(vec(cell(), items), users), side(users), side(items), Just((users, items, width)))
    });
    cells.prop_map(|(ratings, of_users, of_items, (users, items, width))| {
        let experiment = Experiment::new(sparse(&ratings, users, items));
        let (of_users, of_items) = (sparse(&of_users, users, width), sparse(&of_items, items, width));
        [(Axis::Users, of_users), (Axis::Items, of_items)].map(|(rows, side)| Experiment {
            rows,
            side,
            ..experiment.clone()
        })
    })
}

fn sparse(rows: &[Vec<f32>], height: usize, width: usize) -> Csr {
    let cells = (0..).zip(rows).flat_map(|(r, row)| (0..).zip(row).map(move |(c, &value)| (r, c, value)));
    Csr::from_entries(height, width, cells.filter(|(_, _, value)| !value.is_nan()))
}

proptest! {
    #[test]
    fn any_batch_equals_the_dense_definition(by_axis in experiments(), picks in vec(0_usize..1000, 1..9)) {
        for (experiment, fill) in by_axis.iter().flat_map(|experiment| fills().map(|fill| (experiment, fill))) {
            let experiment = Experiment { fill, ..experiment.clone() };
            let rows = experiment.rows;
            let whole = naive(&experiment);
            let batch: Vec<u32> = picks.iter().map(|pick| (pick % whole.len()) as u32).collect();
            let expected: Vec<_> = batch.iter().map(|&row| whole[row as usize].clone()).collect();
            prop_assert_eq!(dense(&experiment, &batch), expected.clone(), "{:?} {:?}", rows, fill);
            let noisy = Experiment { noise: vec![silent_noise()], ..experiment };
            prop_assert_eq!(dense(&noisy, &batch), expected, "{:?} {:?} by way of noise", rows, fill);
        }
    }
}

#[test]
fn a_table_that_can_be_read() {
    let mut users = Experiment::new(table(&[[5.0, NONE, 0.0], [NONE, 4.0, NONE]]));
    users.side = table(&[[NONE, 1.0], [1.0, NONE]]);
    let mut items = users.clone();
    items.rows = Axis::Items;
    items.side = table(&[[-1.5], [NONE], [2.0]]);
    for (fill, by_user, by_item) in [
        (
            FillConfig::Zero,
            [[5.0, 0.0, 0.0, 0.0, 1.0], [0.0, 4.0, 0.0, 1.0, 0.0]],
            [[5.0, 0.0, -1.5], [0.0, 4.0, 0.0], [0.0, 0.0, 2.0]],
        ),
        (
            FillConfig::UserMean,
            [[5.0, 2.5, 0.0, 0.0, 1.0], [4.0, 4.0, 4.0, 1.0, 0.0]],
            [[5.0, 4.0, -1.5], [2.5, 4.0, 0.0], [0.0, 4.0, 2.0]],
        ),
        (
            FillConfig::ItemMean,
            [[5.0, 4.0, 0.0, 0.0, 1.0], [5.0, 4.0, 0.0, 1.0, 0.0]],
            [[5.0, 5.0, -1.5], [4.0, 4.0, 0.0], [0.0, 0.0, 2.0]],
        ),
    ] {
        assert_eq!(dense(&Experiment { fill, ..users.clone() }, &[0, 1]), by_user, "{fill:?}");
        assert_eq!(dense(&Experiment { fill, ..items.clone() }, &[0, 1, 2]), by_item, "{fill:?}");
    }
}

#[test]
fn a_rating_of_zero_is_a_rating() {
    let three = FillConfig::Constant(3.0.try_into().unwrap());
    for rows in [Axis::Users, Axis::Items] {
        let experiment = Experiment { rows, fill: three, ..Experiment::new(table(&[[0.0, NONE], [NONE, NONE]])) };
        // Shown as 0, where an unobserved one is shown as 3.
        assert_eq!(dense(&experiment, &[0, 1]), [[0.0, 3.0], [3.0, 3.0]]);
        // Measured: a prediction of 2 is wrong by 2, not right by absence.
        let measured =
            experiment.with_task(|task| evaluate::measure(task, &METRICS, task.learned(), &[2.0], Besides::default()));
        assert_eq!(measured, [Some(2.0); METRICS.len()]);
        // Learnt: the loss pulls the prediction to 0.
        let mut learnt = experiment;
        learnt.train.epochs = 500.try_into().unwrap();
        let reports = learnt.train().reports;
        let [first, last] = [0, 499].map(|epoch: usize| reports[epoch].values[0].unwrap());
        assert!(first > 0.01 && last < 1e-4, "{rows:?}: from {first} to {last}");
    }
}
