//! Lists of recommended items, and the metrics on them.

use std::collections::BTreeMap;

use hourglass_data::{Axis, Csr, Finite};
use hourglass_train::inputs::{HeldOut, held_out};
use hourglass_train::lists::Lists;
use hourglass_train::metric::Ranked;
use hourglass_train::score::{all, scorer};
use hourglass_train::state::State;
use hourglass_train::{Metric, Task};
use serde::Deserialize;

use crate::experiment::Experiment;

#[derive(Deserialize)]
struct Fixture {
    lists: Vec<Vec<u32>>,
    relevant: Vec<Vec<u32>>,
    items: usize,
    values: BTreeMap<String, f64>,
}

#[test]
fn metrics_equal_those_of_other_libraries() {
    let Fixture { lists, relevant, items, values } =
        serde_json::from_str(include_str!("../fixtures/lists.json")).unwrap();
    let ranked = Ranked { lists: &lists, relevant: &relevant, raters: &vec![1; items], ratings: None, learned_from: 1 };
    for (name, expected) in &values {
        let Ok(Metric::List { metric, k }) = name.parse() else { panic!("{name}") };
        let found = metric.compute(k.get() as usize, ranked).unwrap();
        assert!((found - expected).abs() < 1e-9, "{name}: {found} instead of {expected}");
    }
    assert_eq!(values.len(), 24);
}

const USERS: u32 = 30;
const ITEMS: u32 = 20;

/// Two of every seven pairs of a user and an item, from this one on, rated 1 to 5.
fn ratings(first: u32) -> Csr {
    let pairs = (0..USERS).flat_map(|user| (0..ITEMS).map(move |item| (user, item)));
    let rated = pairs.filter(|(user, item)| (user * 3 + item + first) % 7 < 2 && *user != 4);
    Csr::from_entries(
        USERS as usize,
        ITEMS as usize,
        rated.map(|(user, item)| (user, item, ((user + item) % 5 + 1) as f32)),
    )
}

/// Of each user, the recommended and the relevant items.
type OfUsers = (Vec<Vec<u32>>, Vec<Vec<u32>>);

/// The lists of a network with fresh weights, and the same from its scores by a whole sort.
fn found_and_expected(rows: Axis, relevant_from: Option<f32>) -> [OfUsers; 2] {
    let mut experiment = Experiment { rows, ..Experiment::new(ratings(0)) };
    experiment.evaluation.relevant_from = relevant_from.map(|from| Finite::try_from(from).unwrap());
    experiment.evaluation.metrics = vec!["ndcg@3".parse().unwrap(), "recall@5".parse().unwrap()].try_into().unwrap();
    experiment.with_task(|task| {
        let model = State::start(task).model;
        let [part, known] = [2, 4].map(|first| held_out(&ratings(first), rows));
        let asked = HeldOut { inputs: task.inputs, ratings: &part, by_members: &[] };
        let lists = Lists::of(task, &model, asked, &[&known]).unwrap();
        let ranked = lists.ranked();
        let rows: Vec<u32> = (0..part.rows() as u32).collect();
        let scores = all(scorer(task, &model).as_ref(), task.inputs, &rows);
        [(ranked.lists.to_vec(), ranked.relevant.to_vec()), sorted(task, &scores, &part, &known)]
    })
}

fn sorted(task: &Task<'_>, scores: &[f32], part: &Csr, known: &Csr) -> OfUsers {
    let place = |user: u32, item: u32| match task.rows {
        Axis::Users => (user, item),
        Axis::Items => (item, user),
    };
    let rating = |ratings: &Csr, user, item| {
        let (row, column) = place(user, item);
        ratings.row(row as usize).iter().find(|(other, _)| *other == column).map(|(_, rating)| rating)
    };
    let score = |user, item| {
        let (row, column) = place(user, item);
        scores[row as usize * part.columns() + column as usize]
    };
    let from = task.evaluation.relevant_from.map_or(0.0, f32::from);
    let of_user = |user: u32| {
        let relevant: Vec<u32> =
            (0..ITEMS).filter(|&item| rating(part, user, item).is_some_and(|rating| rating >= from)).collect();
        let is_known =
            |&item: &u32| rating(&task.inputs.ratings, user, item).is_some() || rating(known, user, item).is_some();
        let mut items: Vec<u32> = (0..ITEMS).filter(|item| !is_known(item)).collect();
        items.sort_by(|&a, &b| score(user, b).total_cmp(&score(user, a)).then(a.cmp(&b)));
        items.truncate(5);
        (items, relevant)
    };
    (0..USERS).map(of_user).filter(|(_, relevant)| !relevant.is_empty()).unzip()
}

#[test]
fn lists_are_the_best_items_that_are_not_known() {
    for rows in [Axis::Users, Axis::Items] {
        for relevant_from in [None, Some(4.0)] {
            let [found, expected] = found_and_expected(rows, relevant_from);
            assert!(!expected.0.is_empty() && expected.0.len() < USERS as usize, "user 4 has nothing held out");
            assert_eq!(found, expected, "{rows:?}, {relevant_from:?}");
        }
    }
}
