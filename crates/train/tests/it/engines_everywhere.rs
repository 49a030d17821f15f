//! The sparse engine where the objective compares all outputs: as the dense one, whatever the setting.

use hourglass_data::Csr;
use hourglass_train::engine::{Engine, EngineConfig, choose};
use hourglass_train::{Flow, checkpoint};

use crate::engines::{assert_both_engines_agree, assert_close, optimizer, ratings, train, wide, with_engine};
use crate::experiment::{Experiment, assert_same_weights};

/// An objective, the output activation that it goes with, and whether its ratings are chances or counts.
const OBJECTIVES: [(&str, &str, bool); 6] = [
    (r#"{"multinomial": {}}"#, "linear", true),
    (r#"{"bce": {"on": "all"}}"#, "sigmoid", true),
    (r#"{"bce-with-logits": {"on": "all"}}"#, "linear", true),
    (r#"{"full-mse": {}}"#, "linear", false),
    (r#"{"full-mse": {}}"#, "tanh", false),
    (r#"{"cross-entropy": {}}"#, "linear", false),
];

/// Ratings above 2 as 1, others as 0.
fn likes(ratings: &Csr) -> Csr {
    let entries = ratings.entries().map(|(row, column, rating)| (row, column, f32::from(rating > 2.0)));
    Csr::from_entries(ratings.rows(), ratings.columns(), entries)
}

fn with_objective(
    experiment: Experiment,
    (objective, output, likes_only): (&str, &str, bool),
    model: &str,
) -> Experiment {
    let likes_of = |ratings: &Csr| if likes_only { likes(ratings) } else { ratings.clone() };
    Experiment {
        ratings: likes_of(&experiment.ratings),
        validation: likes_of(&experiment.validation),
        objective: serde_json::from_str(objective).expect(objective),
        model: serde_json::from_str(&model.replace("OUTPUT", output)).expect(model),
        ..experiment
    }
}

/// More rows and outputs than a block or a job holds.
fn large(objective: (&str, &str, bool)) -> Experiment {
    let model = r#"{"variational": {"layers": [300, 40, 300], "output_activation": "OUTPUT"}}"#;
    let mut experiment = with_objective(wide(), objective, model);
    experiment.validation = experiment.ratings.clone();
    experiment.train.batch = 70.try_into().unwrap();
    experiment
}

#[test]
fn both_engines_agree_on_more_rows_and_columns_than_a_block_has() {
    for objective in OBJECTIVES {
        let mut experiment = large(objective);
        // With its usual epsilon, an optimizer that divides a gradient by its size would show rounding errors of those nearly 0.
        experiment.train.optimizer = optimizer(r#"{"adam": {"epsilon": 1e-3}}"#);
        assert_both_engines_agree(&experiment, &format!("{objective:?}"));
    }
}

/// With few units beside rows and columns, so that squared errors of all cells are computed without outputs. What is asked for is
/// shown in part.
fn narrow() -> Experiment {
    let model = r#"{"autoencoder": {"layers": [5], "dropout": 0.3, "output_activation": "OUTPUT"}}"#;
    let experiment = wide();
    let columns = experiment.ratings.columns();
    let next = |column: u32| (column + 5) % columns as u32;
    let mut asked: Vec<_> =
        experiment.ratings.entries().map(|(row, column, value)| (row, next(column), value)).collect();
    asked.sort_by_key(|&(row, column, _)| (row, column));
    let validation = Csr::from_entries(experiment.ratings.rows(), columns, asked.into_iter());
    with_objective(Experiment { validation, ..experiment }, OBJECTIVES[3], model)
}

#[test]
fn no_bit_depends_on_the_number_of_threads() {
    let usual = tch::get_num_threads();
    for experiment in OBJECTIVES.map(large).into_iter().chain([narrow()]) {
        let objective = &experiment.objective;
        let trained = |threads| {
            tch::set_num_threads(threads);
            train(&experiment, EngineConfig::Sparse)
        };
        let alone = trained(1);
        for threads in [2, 3, 4] {
            let together = trained(threads);
            assert_eq!(together.reports, alone.reports, "{objective:?}, {threads} threads");
            assert_same_weights(&together.weights, &alone.weights, &format!("{objective:?}, {threads} threads"));
        }
    }
    tch::set_num_threads(usual);
}

#[test]
fn going_on_ends_in_the_same_bits_and_either_engine_can() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.safetensors");
    let experiment = large(OBJECTIVES[0]);
    let [sparse, dense] = [EngineConfig::Sparse, EngineConfig::Dense].map(|engine| with_engine(&experiment, engine));
    let whole = sparse.train();
    sparse
        .fit(None, |_, state| {
            checkpoint::save(&path, state).unwrap();
            Flow::Stop
        })
        .map(drop)
        .unwrap();
    let rest = sparse.train_from(Some(&path));
    assert_eq!(rest.reports, whole.reports[1..]);
    assert_same_weights(&rest.weights, &whole.weights, "the same engine");
    assert_close(&dense.train_from(Some(&path)).weights, &whole.weights, "the other engine");
}

#[test]
fn it_is_chosen_and_says_what_it_does() {
    for objective in OBJECTIVES {
        let choice = large(objective).with_task(choose);
        assert_eq!(choice.engine, Engine::Sparse);
        assert!(choice.reason.contains("though the objective needs every output"), "{}", choice.reason);
    }
    let machine = Experiment {
        model: serde_json::from_str(r#"{"rbm": {}}"#).unwrap(),
        objective: serde_json::from_str(r#"{"contrastive-divergence": {}}"#).unwrap(),
        ..Experiment::new(ratings())
    };
    let choice = machine.with_task(choose);
    assert_eq!(choice.engine, Engine::Dense, "{}", choice.reason);
}
