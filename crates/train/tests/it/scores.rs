//! Scores of all columns: the definition's numbers, and a row's to the last bit, whichever rows are scored with it.

use hourglass_data::{Axis, Csr, FillConfig};
use hourglass_models::{Mode, Model};
use hourglass_train::engine::dense;
use hourglass_train::inputs::{RowGroups, RowScale};
use hourglass_train::noise::Phase;
use hourglass_train::score::{TILE, all, best_columns, best_rows, scorer};
use hourglass_train::state::State;
use hourglass_train::{Inputs, Learner, Task};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::experiment::Experiment;

const USERS: usize = 131;

/// Ratings of 1 to 5 without a pattern, and a user without any.
fn ratings(items: usize) -> Csr {
    let pairs = (0..USERS).flat_map(|user| (0..items).map(move |item| (user, item)));
    let number = |(user, item): &(usize, usize)| (user * 7919 + item * 104_729 + user * item * 31) % 1009;
    let rated = pairs.filter(|pair| number(pair) % 9 == 0 && pair.0 != 5);
    let entries = rated.map(|pair| (pair.0 as u32, pair.1 as u32, (number(&pair) % 5 + 1) as f32));
    Csr::from_entries(USERS, items, entries)
}

fn side(rows: usize) -> Csr {
    Csr::from_entries(rows, 3, (0..rows as u32).map(|row| (row, row % 3, 1.0 + row as f32 / 50.0)))
}

const PLAIN: &str = r#"{"autoencoder": {"layers": [33]}}"#;
const DEEP: &str = r#"{"autoencoder": {"layers": [20, 7, 20], "activation": "selu", "normalisation": "layer"}}"#;
const BOUNDED: &str = r#"{"autoencoder": {"layers": [12], "output_activation": "sigmoid", "output_range": [1, 5]}}"#;

/// A model, the items that there are, and what else is not as usual.
fn cases() -> Vec<(String, Experiment)> {
    let of = |model: &str, items: usize| Experiment {
        model: serde_json::from_str(model).unwrap_or_else(|error| panic!("{model}: {error}")),
        ..Experiment::new(ratings(items))
    };
    let mut cases = Vec::new();
    for fill in [FillConfig::Zero, FillConfig::UserMean, FillConfig::Bias] {
        for rows in [Axis::Users, Axis::Items] {
            for model in [PLAIN, DEEP, BOUNDED] {
                let scale = if fill == FillConfig::Bias { RowScale::UnitNorm } else { RowScale::None };
                let experiment = Experiment { fill, rows, scale, ..of(model, 130) };
                cases.push((format!("{model} {fill:?} {rows:?}"), experiment));
            }
        }
    }
    let mut add = |what: &str, experiment: Experiment| cases.push((what.to_owned(), experiment));
    add("more than one tile", of(PLAIN, TILE + 77));
    add("more than one tile of bounded outputs", of(BOUNDED, TILE + 77));
    add("side information", Experiment { side: side(USERS), ..of(DEEP, 70) });
    add("cfn", Experiment { side: side(USERS), ..of(r#"{"cfn": {"layers": [8, 6, 8]}}"#, 70) });
    add("cdae", of(r#"{"cdae": {"layers": [8]}}"#, 70));
    add("tied", of(r#"{"autoencoder": {"layers": [8, 6, 8], "tied_weights": true}}"#, 70));
    add("k-sparse", of(r#"{"autoencoder": {"layers": [12], "k_sparse": 5}}"#, 70));
    add("variational", of(r#"{"variational": {"layers": [20, 6, 20]}}"#, 70));
    let classes = serde_json::from_str(r#"{"cross-entropy": {}}"#).unwrap();
    add("classes", Experiment { objective: classes, ..of(PLAIN, 70) });
    let logits = serde_json::from_str(r#"{"bce-with-logits": {}}"#).unwrap();
    add("log-odds", Experiment { objective: logits, ..of(PLAIN, 70) });
    // What has no plain boundaries is computed by the definition.
    add("rec-vae", of(r#"{"rec-vae": {"hidden": 8, "code": 4}}"#, 71));
    add("sparse-fc", of(r#"{"sparse-fc": {"layers": [8, 8]}}"#, 71));
    let classes = serde_json::from_str(r#"{"cross-entropy": {}}"#).unwrap();
    add("rbm", Experiment { objective: classes, ..of(r#"{"rbm": {"hidden": 12}}"#, 71) });
    let groups = RowGroups { of_row: (0..USERS as u32).map(|row| row % 3).collect(), count: 3 };
    add("groups", Experiment { groups: Some(groups), ..of(r#"{"groups": {"layers": [8]}}"#, 71) });
    cases
}

/// Calls `check` with a network whose weights and offsets are all different.
fn with_network(experiment: &Experiment, check: impl FnOnce(&Task<'_>, &Learner)) {
    experiment.with_task(|task| {
        let model = State::start(task).model;
        tch::no_grad(|| {
            for (place, mut parameter) in network(&model).parameters().into_iter().enumerate() {
                let shift = parameter.tensor.ones_like().cumsum(0, None).sin() * (0.05 + 0.01 * place as f64);
                let _ = parameter.tensor.g_add_(&shift);
            }
        });
        check(task, &model);
    });
}

fn network(model: &Learner) -> &dyn Model {
    model.network().expect("these are networks")
}

fn every_row(inputs: &Inputs) -> Vec<u32> {
    (0..inputs.ratings.rows() as u32).collect()
}

fn bits(scores: &[f32]) -> Vec<u32> {
    scores.iter().map(|score| score.to_bits()).collect()
}

#[test]
fn scores_are_those_of_the_definition() {
    for (what, experiment) in cases() {
        with_network(&experiment, |task, model| {
            let rows = every_row(task.inputs);
            let found = all(scorer(task, model).as_ref(), task.inputs, &rows);
            let outputs = tch::no_grad(|| {
                dense::forward(task, network(model), task.inputs, &rows, Phase::Evaluate, &mut Mode::Evaluate).outputs
            });
            let levels = outputs.size()[1] / task.inputs.ratings.columns() as i64;
            let cells = if levels == 1 { outputs.reshape(-1) } else { outputs.reshape([-1, levels]) };
            let expected = Vec::<f32>::try_from(task.objective.prediction(&cells, task.levels)).unwrap();
            assert_eq!(found.len(), expected.len(), "{what}");
            for (found, expected) in found.iter().zip(expected) {
                assert!((found - expected).abs() < 2e-5 * (1.0 + expected.abs()), "{what}: {found}, not {expected}");
            }
        });
    }
}

#[test]
fn a_row_has_the_same_bits_whichever_rows_are_scored_with_it() {
    for (what, experiment) in cases() {
        with_network(&experiment, |task, model| {
            let (rows, columns) = (every_row(task.inputs), task.inputs.ratings.columns());
            tch::set_num_threads(2);
            let together = bits(&all(scorer(task, model).as_ref(), task.inputs, &rows));
            tch::set_num_threads(1);
            let scorer = scorer(task, model);
            let chosen = prop::collection::vec(0..rows.len() as u32, 1..12);
            let checked = TestRunner::new(ProptestConfig::with_cases(12)).run(&chosen, |chosen| {
                let scores = bits(&all(scorer.as_ref(), task.inputs, &chosen));
                for (&row, scores) in chosen.iter().zip(scores.chunks(columns)) {
                    prop_assert_eq!(scores, &together[row as usize * columns..][..columns], "{}: row {}", what, row);
                }
                Ok(())
            });
            checked.unwrap_or_else(|error| panic!("{what}: {error}"));
        });
    }
}

#[test]
fn a_few_columns_have_the_scores_that_they_have_among_all() {
    for (what, experiment) in cases() {
        with_network(&experiment, |task, model| {
            let (scorer, columns) = (scorer(task, model), task.inputs.ratings.columns());
            let wanted = [columns as u32 - 1, 0, columns as u32 / 2, 64, 63];
            let rows = [5, 0, 60, 17];
            let among_all = all(scorer.as_ref(), task.inputs, &rows);
            let found = scorer.prepare(task.inputs, &rows).of_columns(&wanted);
            assert_eq!(found.len(), rows.len() * wanted.len(), "{what}");
            for ((row, all), found) in rows.iter().zip(among_all.chunks(columns)).zip(found.chunks(wanted.len())) {
                for (&column, found) in wanted.iter().zip(found) {
                    let expected = all[column as usize];
                    assert!(
                        (found - expected).abs() < 1e-6 * (1.0 + expected.abs()),
                        "{what}: {found}, not {expected}"
                    );
                }
                let alone = scorer.prepare(task.inputs, std::slice::from_ref(row)).of_columns(&wanted);
                assert_eq!(bits(&alone), bits(found), "{what}: row {row}");
            }
        });
    }
}

#[test]
fn a_new_row_with_the_ratings_of_a_known_one_has_its_scores() {
    for (what, experiment) in cases() {
        // A row that has something learned by itself, or something known besides its ratings, is not told by these.
        if experiment.rows == Axis::Items || ["cdae", "cfn", "side information", "groups"].contains(&what.as_str()) {
            continue;
        }
        with_network(&experiment, |task, model| {
            let scorer = scorer(task, model);
            for row in [0_u32, 5, 130] {
                let known = task.inputs.ratings.row(row as usize).iter().map(|(column, value)| (0, column, value));
                let ratings = Csr::from_entries(1, task.inputs.ratings.columns(), known);
                let fill = experiment.fill.fit(&experiment.ratings).shown(&ratings);
                let inputs = Inputs::new(&ratings, fill, &Csr::empty(1, 0), Axis::Users);
                let new = inputs.scaled(experiment.scale).numbered(vec![-1]);
                let (found, expected) = (all(scorer.as_ref(), &new, &[0]), all(scorer.as_ref(), task.inputs, &[row]));
                assert_eq!(bits(&found), bits(&expected), "{what}: row {row}");
            }
        });
    }
}

#[test]
fn a_row_that_was_not_learned_from_has_no_vector_of_its_own() {
    let experiment = cases().into_iter().find(|(what, _)| what == "cdae").unwrap().1;
    with_network(&experiment, |task, model| {
        let known = scorer(task, model);
        let inputs =
            |ratings: &Csr| Inputs::new(ratings, experiment.fill.fit(ratings), &Csr::empty(USERS, 0), Axis::Users);
        let new = inputs(&experiment.ratings).numbered(vec![-1; USERS]);
        let of_new = all(known.as_ref(), &new, &[3]);
        assert_ne!(of_new, all(known.as_ref(), task.inputs, &[3]));
        let vectors = network(model).parameters().into_iter().find(|parameter| parameter.name == "row.weight").unwrap();
        let _ = tch::no_grad(|| vectors.tensor.shallow_clone().zero_());
        assert_eq!(bits(&of_new), bits(&all(known.as_ref(), task.inputs, &[3])));
    });
}

#[test]
fn the_best_are_those_of_a_whole_sort() {
    for (what, experiment) in cases() {
        with_network(&experiment, |task, model| {
            let (scorer, inputs) = (scorer(task, model), task.inputs);
            let (rows, columns) = (every_row(inputs), inputs.ratings.columns() as u32);
            let scores = all(scorer.as_ref(), inputs, &rows);
            let never = [2, 64, 65];
            let score = |row: u32, column: u32| {
                let is_known = inputs.ratings.row(row as usize).columns.contains(&column);
                (!is_known).then(|| scores[(row * columns + column) as usize])
            };
            let sorted = |mut scored: Vec<(f32, u32)>| {
                scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
                scored.truncate(4);
                scored
            };
            let found = best_columns(scorer.as_ref(), inputs, &rows, 4, &[&inputs.ratings], &never);
            for (&row, found) in rows.iter().zip(found) {
                let allowed = (0..columns).filter(|column| !never.contains(column));
                let expected = sorted(allowed.filter_map(|column| Some((score(row, column)?, column))).collect());
                assert_eq!(found, expected, "{what}: row {row}");
            }
            let wanted: Vec<u32> = [0, 1, 63, columns - 1].to_vec();
            let found = best_rows(scorer.as_ref(), inputs, &rows, &wanted, 4, &[&inputs.ratings]);
            for (&column, found) in wanted.iter().zip(found) {
                let expected = sorted(rows.iter().filter_map(|&row| Some((score(row, column)?, row))).collect());
                assert_eq!(found, expected, "{what}: column {column}");
            }
        });
    }
}
