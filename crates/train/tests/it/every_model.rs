//! What every model must do: learn a small matrix by heart, bear rows with little in them, go on from a checkpoint to the same
//! bits. A model is a line of [`MODELS`].

use hourglass_data::{Axis, Csr};
use hourglass_models::ModelConfig;
use hourglass_train::{Flow, TrainConfig, alternate, checkpoint};

use crate::experiment::{Experiment, NONE, adam, assert_same_weights, table};

/// A model as JSON, and the training MAE that it comes below when it learns the matrix by heart; nothing, where that is not what
/// it is made for.
const MODELS: &[(&str, Option<f64>)] = &[
    (r#"{"autoencoder": {"layers": [8]}}"#, Some(0.1)),
    (r#"{"autoencoder": {"layers": [8, 6, 8], "activation": "selu", "dropout": 0.2, "hidden_dropout": 0.2}}"#, None),
    (r#"{"autoencoder": {"layers": [8, 6, 8], "tied_weights": true}}"#, Some(0.1)),
    (r#"{"autoencoder": {"layers": [8, 6, 8], "normalisation": "layer"}}"#, Some(0.1)),
    (r#"{"autoencoder": {"layers": [8, 6, 8], "normalisation": "batch"}}"#, None),
    (r#"{"autoencoder": {"layers": [12], "k_sparse": 6}}"#, Some(0.1)),
    (r#"{"autoencoder": {"layers": [8], "output_activation": "sigmoid", "output_range": [0, 6]}}"#, Some(0.1)),
    (r#"{"variational": {"layers": [8, 6, 8], "beta": 0.2, "warmup": 2}}"#, None),
    (r#"{"variational": {"layers": [8, 6, 8], "beta": 0}}"#, Some(0.3)),
    (r#"{"rec-vae": {"hidden": 8, "code": 6, "dropout": 0, "gamma": 0}}"#, Some(0.3)),
    (r#"{"rec-vae": {"hidden": 8, "code": 4}}"#, None),
    (r#"{"sparse-fc": {"layers": [8, 8], "lambda_2": 0, "lambda_s": 0}}"#, Some(0.1)),
    (r#"{"sparse-fc": {"layers": [8, 8], "lambda_2": 0.01, "lambda_s": 0.01}}"#, None),
];

fn experiment(model: &str, ratings: Csr, rows: Axis) -> Experiment {
    let model: ModelConfig = serde_json::from_str(model).unwrap_or_else(|error| panic!("{model}: {error}"));
    let experiment = Experiment { model, rows, ..Experiment::new(ratings) };
    experiment.with_task(|task| hourglass_train::check(task).unwrap());
    experiment
}

/// The same training in one turn, and in turns.
fn in_turns(experiment: &Experiment) -> [Experiment; 2] {
    let alternate = Some(alternate::Config::default());
    let train = TrainConfig { alternate, ..experiment.train.clone() };
    [experiment.clone(), Experiment { train, ..experiment.clone() }]
}

fn small_matrix() -> Csr {
    table(&[
        [5.0, 1.0, NONE, 2.0, 4.0],
        [NONE, 3.0, 4.0, 1.0, 5.0],
        [2.0, NONE, 5.0, 4.0, 1.0],
        [1.0, 4.0, 2.0, NONE, 3.0],
    ])
}

/// A user who rated nothing, one who rated one item, and an item that nobody rated.
fn gaps() -> Csr {
    table(&[
        [5.0, 1.0, NONE, 2.0, NONE],
        [NONE, NONE, NONE, NONE, NONE],
        [NONE, NONE, 4.0, NONE, NONE],
        [1.0, 4.0, 2.0, 5.0, NONE],
        [4.0, NONE, NONE, 3.0, NONE],
    ])
}

#[test]
fn a_small_matrix_is_learnt_by_heart() {
    for (model, bound) in MODELS.iter().filter_map(|(model, bound)| Some((model, (*bound)?))) {
        let mut experiment = experiment(model, small_matrix(), Axis::Users);
        experiment.train.epochs = 500.try_into().unwrap();
        experiment.train.batch = 5.try_into().unwrap();
        experiment.train.optimizer = adam(0.03);
        let terms = experiment.model.terms().len();
        let reports = experiment.train().reports;
        // Loss, its parts, the validation loss, then the metrics in turn: train.mae is the first.
        let [begun, ended] = [0, reports.len() - 1].map(|epoch: usize| reports[epoch].values[3 + terms].unwrap());
        assert!(begun > 0.5 && ended < bound, "{model}: from {begun} to {ended}");
    }
}

#[test]
fn rows_with_little_in_them_leave_all_numbers_finite() {
    for (model, _) in MODELS {
        for (rows, batch) in [(Axis::Users, 1), (Axis::Users, 2), (Axis::Items, 1), (Axis::Items, 3)] {
            for mut experiment in in_turns(&experiment(model, gaps(), rows)) {
                experiment.validation = table(&[
                    [NONE, NONE, 3.0, NONE, NONE],
                    [NONE, 2.0, NONE, NONE, NONE],
                    [1.0, NONE, NONE, NONE, 4.0],
                    [NONE; 5],
                    [NONE; 5],
                ]);
                experiment.train.batch = batch.try_into().unwrap();
                let trained = experiment.train();
                for report in &trained.reports {
                    let finite = report.values.iter().all(|value| value.is_some_and(f64::is_finite));
                    assert!(finite, "{model} with rows of {rows:?}, batches of {batch}: {report:?}");
                }
                for (name, weight) in &trained.weights {
                    assert!(weight.isfinite().all().int64_value(&[]) == 1, "{model}: {name}");
                }
            }
        }
    }
}

#[test]
fn going_on_from_a_checkpoint_ends_in_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.safetensors");
    for (model, _) in MODELS {
        for experiment in in_turns(&experiment(model, small_matrix(), Axis::Users)) {
            let whole = experiment.train();
            let interrupted = experiment.fit(None, |_, state| {
                checkpoint::save(&path, state).unwrap();
                Flow::Stop
            });
            assert!(interrupted.is_ok());
            let rest = experiment.train_from(Some(&path));
            assert_eq!(rest.reports, whole.reports[1..], "{model}");
            assert_same_weights(&rest.weights, &whole.weights, model);
        }
    }
}
