//! Scores of every baseline equal those of an independent implementation; `fixtures/baselines.py` made the numbers.

use std::collections::BTreeMap;

use hourglass_data::{Csr, Times};
use hourglass_train::baseline::{Array, Estimator, Question, When};
use hourglass_train::{Context, ModelConfig, Task};
use serde::Deserialize;

use crate::experiment::{Experiment, table};
use crate::reference::sparse;

#[derive(Deserialize)]
struct Fixture {
    ratings: Vec<Vec<Option<f32>>>,
    /// `[users][items]`.
    times: Vec<Vec<i64>>,
    /// `[items][width]`.
    attributes: Vec<[f32; 4]>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    model: ModelConfig,
    /// What it begins with instead of what is drawn.
    initial: BTreeMap<String, Vec<f32>>,
    epochs: usize,
    /// `[users][items]`.
    scores: Vec<Vec<f32>>,
}

/// What a fitted baseline gives all items, for each user of the training ratings.
fn all_scores(estimator: &dyn Estimator, ratings: &Csr, times: &Times) -> Vec<Vec<f32>> {
    let items: Vec<u32> = (0..ratings.columns() as u32).collect();
    let of_user = |user: usize| {
        let mut scores = vec![f32::NAN; items.len()];
        let when = Some(When { times, user: user as u32, then: true });
        let asked = Question { known: Some(user), shown: ratings.row(user), items: &items, when };
        estimator.score(&asked, &mut scores);
        scores
    };
    (0..ratings.rows()).map(of_user).collect()
}

#[test]
fn scores_equal_the_formulas() {
    let Fixture { ratings, times, attributes, cases } =
        serde_json::from_str(include_str!("../fixtures/baselines.json")).unwrap();
    let ratings = sparse(&ratings);
    let (users, items) = (ratings.rows() as u32, ratings.columns() as u32);
    let pairs = (0..users).flat_map(|user| (0..items).map(move |item| (user, item)));
    let times = Times::from_sorted(users as usize, pairs, times.concat());
    let attributes = table(&attributes);
    for Case { model, initial, epochs, scores } in cases {
        let name = serde_json::to_string(&model).unwrap();
        let experiment = Experiment { model, ..Experiment::new(ratings.clone()) };
        experiment.with_task(|task| {
            let task = &Task { context: Context { times: Some(&times), columns: Some(&attributes) }, ..*task };
            let mut estimator = task.baseline().expect("a baseline").estimator(task);
            let is_given = |array: &&mut Array| initial.contains_key(array.name);
            let given = estimator.arrays_mut().into_iter().filter(is_given);
            let replaced = given.map(|array| array.values.copy_from_slice(&initial[array.name])).count();
            assert_eq!(replaced, initial.len(), "{name}");
            for epoch in 1..=epochs {
                estimator.learn(task, epoch).unwrap();
            }
            for (user, (found, expected)) in
                all_scores(estimator.as_ref(), &ratings, &times).iter().zip(&scores).enumerate()
            {
                for (item, (found, expected)) in found.iter().zip(expected).enumerate() {
                    let difference = (found - expected).abs();
                    assert!(
                        difference < 2e-5 * expected.abs().max(1.0),
                        "{name}: {found}, not {expected}, at {user}, {item}"
                    );
                }
            }
        });
    }
}
