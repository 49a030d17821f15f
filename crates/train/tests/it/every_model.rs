//! What every model, and every way to train that changes a step, must do: learn a small matrix by heart, bear rows with little in
//! them, go on from a checkpoint to the same bits. A model is a line of [`CASES`].

use hourglass_data::{Axis, Csr};
use hourglass_train::inputs::RowGroups;
use hourglass_train::{Flow, ModelConfig, PenaltyConfig, TrainConfig, alternate, check, checkpoint};
use serde_json::json;

use crate::experiment::{Experiment, METRICS, NONE, adam, assert_same_weights, table, texts, varied};

/// What is known of the rows besides their ratings.
#[derive(Clone, Copy)]
enum Beside {
    Nothing,
    Side,
    Groups,
    Texts,
    SideAndTexts,
}

/// A model, and what else is not as usual, as in an experiment.
struct Case {
    model: &'static str,
    beside: Beside,
    objective: &'static str,
    penalty: &'static str,
    train: &'static str,
    /// The training MAE that it comes below when it learns the matrix by heart; nothing, where that is not what it is made for.
    bound: Option<f64>,
}

const fn case(model: &'static str, bound: Option<f64>) -> Case {
    Case { model, beside: Beside::Nothing, objective: r#"{"masked-mse": {}}"#, penalty: "{}", train: "{}", bound }
}

const PLAIN: Case = case(r#"{"autoencoder": {"layers": [8]}}"#, Some(0.1));
const RBM: Case = case(r#"{"rbm": {"hidden": 12}}"#, Some(0.1));

const CASES: &[Case] = &[
    PLAIN,
    case(
        r#"{"autoencoder": {"layers": [8, 6, 8], "activation": "selu", "dropout": 0.2, "hidden_dropout": 0.2}}"#,
        None,
    ),
    case(r#"{"autoencoder": {"layers": [8, 6, 8], "tied_weights": true}}"#, Some(0.1)),
    case(r#"{"autoencoder": {"layers": [8, 6, 8], "normalisation": "layer"}}"#, Some(0.1)),
    case(r#"{"autoencoder": {"layers": [8, 6, 8], "normalisation": "batch"}}"#, None),
    case(r#"{"autoencoder": {"layers": [12], "k_sparse": 6}}"#, Some(0.1)),
    case(r#"{"autoencoder": {"layers": [8], "output_activation": "sigmoid", "output_range": [0, 6]}}"#, Some(0.1)),
    Case { beside: Beside::Side, ..PLAIN },
    Case { train: r#"{"optimizer": {"adamw": {"lr": 0.03}}}"#, ..PLAIN },
    Case { train: r#"{"optimizer": {"rprop": {}}}"#, ..PLAIN },
    Case { train: r#"{"refeed": 2}"#, bound: Some(0.3), ..PLAIN },
    Case { penalty: r#"{"similarity": {"weight": 0.01, "threshold": 3}}"#, bound: Some(0.3), ..PLAIN },
    case(r#"{"cdae": {"layers": [8]}}"#, Some(0.1)),
    Case { beside: Beside::Side, ..case(r#"{"cfn": {"layers": [8]}}"#, Some(0.1)) },
    Case { beside: Beside::Side, ..case(r#"{"cfn": {"layers": [8, 6, 8]}}"#, Some(0.1)) },
    case(r#"{"convolutional": {"size": [2, 2], "channels": [24], "activation": "tanh"}}"#, Some(0.1)),
    case(r#"{"convolutional": {"size": [2, 2], "channels": [64], "activation": "tanh", "tied": true}}"#, Some(0.1)),
    Case { beside: Beside::Groups, ..case(r#"{"groups": {"layers": [8]}}"#, Some(0.1)) },
    case(r#"{"multi-source": {"ratings": {"layers": [8]}, "code": 6, "decoder": [8]}}"#, Some(0.1)),
    case(r#"{"multi-source": {"ratings": {"layers": [8], "hide": 0.3}}}"#, None),
    case(r#"{"multi-source": {"image": {"size": [2, 2], "channels": [12]}, "code": 8, "decoder": []}}"#, Some(0.1)),
    Case { beside: Beside::Texts, ..case(r#"{"multi-source": {"text": {"channels": [8]}, "code": 6}}"#, Some(0.1)) },
    Case {
        beside: Beside::Texts,
        ..case(r#"{"multi-source": {"text": {"channels": [8, 6], "kernel": 5}, "activation": "tanh"}}"#, Some(0.1))
    },
    Case {
        beside: Beside::SideAndTexts,
        ..case(
            r#"{"multi-source": {"ratings": {"layers": [8]}, "side_info": {}, "text": {}, "image": {"channels": [4]}}}"#,
            Some(0.1),
        )
    },
    Case { objective: r#"{"cross-entropy": {}}"#, ..RBM },
    Case { objective: r#"{"contrastive-divergence": {}}"#, ..RBM },
    Case { objective: r#"{"contrastive-divergence": {"steps": 3}}"#, beside: Beside::Side, bound: None, ..RBM },
    case(r#"{"rec-vae": {"hidden": 8, "code": 6, "dropout": 0, "gamma": 0}}"#, Some(0.3)),
    case(r#"{"rec-vae": {"hidden": 8, "code": 4}}"#, None),
    case(r#"{"sparse-fc": {"layers": [8, 8], "lambda_2": 0, "lambda_s": 0}}"#, Some(0.1)),
    case(r#"{"sparse-fc": {"layers": [8, 8], "lambda_2": 0.01, "lambda_s": 0.01}}"#, None),
    case(r#"{"variational": {"layers": [8, 6, 8], "beta": 0.2, "warmup": 2}}"#, None),
    case(r#"{"variational": {"layers": [8, 6, 8], "beta": 0}}"#, Some(0.3)),
];

impl Case {
    /// On a matrix of four users and four items.
    fn experiment(&self, ratings: Csr, rows: Axis) -> Experiment {
        let model: ModelConfig = serde_json::from_str(self.model).unwrap_or_else(|error| panic!("{self}: {error}"));
        let objective = serde_json::from_str(self.objective).unwrap();
        let penalty: PenaltyConfig = serde_json::from_str(self.penalty).unwrap();
        let mut experiment = Experiment { model, objective, penalty, rows, ..Experiment::new(ratings) };
        let side = || table(&[[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 0.0]]);
        // The third row has no text.
        let texts = || Some(texts(&[[2, 3, 4, 1], [5, 3, 0, 0], [0, 0, 0, 0], [1, 6, 2, 0]]));
        match self.beside {
            Beside::Nothing => {}
            Beside::Side => experiment.side = side(),
            Beside::Texts => experiment.texts = texts(),
            Beside::SideAndTexts => (experiment.side, experiment.texts) = (side(), texts()),
            Beside::Groups => experiment.groups = Some(RowGroups { of_row: vec![0, 1, 0, 2], count: 3 }),
        }
        experiment.train.optimizer = adam(0.03);
        let experiment = varied(&experiment, serde_json::from_str(self.train).unwrap());
        experiment.with_task(|task| check(task).unwrap_or_else(|error| panic!("{self}: {error}")));
        experiment
    }
}

impl std::fmt::Display for Case {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {} {} {}", self.model, self.objective, self.penalty, self.train)
    }
}

/// The same training in one turn, and in turns where it can be.
fn in_turns(experiment: &Experiment) -> impl Iterator<Item = Experiment> {
    let alternate = Some(alternate::Config::default());
    let train = TrainConfig { alternate, ..experiment.train.clone() };
    let turns = Experiment { train, ..experiment.clone() };
    let possible = turns.with_task(|task| check(task).is_ok());
    [experiment.clone()].into_iter().chain(possible.then_some(turns))
}

fn small_matrix() -> Csr {
    table(&[[5.0, 1.0, NONE, 2.0], [NONE, 3.0, 4.0, 1.0], [2.0, NONE, 5.0, 4.0], [1.0, 4.0, 2.0, NONE]])
}

/// A user who rated nothing, one who rated one item, and an item that nobody rated.
fn gaps() -> Csr {
    table(&[[5.0, 1.0, 2.0, NONE], [NONE, NONE, NONE, NONE], [NONE, 4.0, NONE, NONE], [1.0, 4.0, 3.0, NONE]])
}

#[test]
fn a_small_matrix_is_learnt_by_heart() {
    for (case, bound) in CASES.iter().filter_map(|case| Some((case, case.bound?))) {
        let settings = json!({"epochs": 500, "batch": 5});
        let experiment = varied(&case.experiment(small_matrix(), Axis::Users), settings);
        let mut errors = Vec::new();
        let outcome = experiment.fit(None, |report, _| {
            // The metrics come last, each on the training ratings and on those of validation; train.mae is the first.
            let error = report.values[report.values.len() - 2 * METRICS.len()].unwrap();
            errors.push(error);
            if error < bound { Flow::Stop } else { Flow::Continue }
        });
        assert!(outcome.is_ok(), "{case}");
        let (begun, ended) = (errors[0], errors[errors.len() - 1]);
        assert!(begun > 0.5 && ended < bound, "{case}: from {begun} to {ended}");
    }
}

#[test]
fn rows_with_little_in_them_leave_all_numbers_finite() {
    let validation = table(&[[NONE, NONE, 3.0, NONE], [NONE, 2.0, NONE, NONE], [1.0, NONE, NONE, 4.0], [NONE; 4]]);
    for case in CASES {
        for (rows, batch) in [(Axis::Users, 1), (Axis::Users, 2), (Axis::Items, 1), (Axis::Items, 3)] {
            for mut experiment in in_turns(&case.experiment(gaps(), rows)) {
                experiment.validation = validation.clone();
                experiment.train.batch = batch.try_into().unwrap();
                let trained = experiment.train();
                for report in &trained.reports {
                    // Contrastive divergence has no validation loss.
                    let may_lack = case.objective.contains("divergence");
                    let finite = report.values.iter().all(|value| value.map_or(may_lack, f64::is_finite));
                    assert!(finite, "{case} with rows of {rows:?}, batches of {batch}: {report:?}");
                }
                for (name, weight) in &trained.weights {
                    assert!(weight.isfinite().all().int64_value(&[]) == 1, "{case}: {name}");
                }
            }
        }
    }
}

#[test]
fn going_on_from_a_checkpoint_ends_in_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.safetensors");
    for case in CASES {
        for experiment in in_turns(&case.experiment(small_matrix(), Axis::Users)) {
            let whole = experiment.train();
            let interrupted = experiment.fit(None, |_, state| {
                checkpoint::save(&path, state).unwrap();
                Flow::Stop
            });
            assert!(interrupted.is_ok());
            let rest = experiment.train_from(Some(&path));
            assert_eq!(rest.reports, whole.reports[1..], "{case}");
            assert_same_weights(&rest.weights, &whole.weights, &case.to_string());
        }
    }
}
