//! What every baseline must do: fit any matrix, fold users in, go on from a checkpoint to the same bits, keep held-out ratings out, and
//! refuse what it does not read. A baseline is a line of [`MODELS`].

use hourglass_data::{Axis, Csr, FillConfig};
use hourglass_train::baseline::Baseline;
use hourglass_train::evaluate::{Besides, measure, predict};
use hourglass_train::inputs::HeldOut;
use hourglass_train::lists::Lists;
use hourglass_train::memory::Memory;
use hourglass_train::score::{self, scorer};
use hourglass_train::{
    Error, Flow, Inputs, Learner, Metric, ModelConfig, Outcome, Selection, Task, TrainConfig, check, checkpoint,
};
use proptest::prelude::*;
use serde_json::json;

use crate::experiment::{Experiment, NONE, adam, assert_same_weights, l2, table, training, varied};

/// Of each baseline, the smallest that do different things.
const MODELS: &[&str] = &[
    r#"{"global-mean": {}}"#,
    r#"{"user-mean": {}}"#,
    r#"{"item-mean": {}}"#,
    r#"{"biases": {}}"#,
    r#"{"popularity": {}}"#,
    r#"{"ease": {"l2": 3}}"#,
    r#"{"edlae": {"l2": 3}}"#,
    r#"{"infinite-autoencoder": {"depth": 2}}"#,
    r#"{"slope-one": {}}"#,
    r#"{"slim": {"l1": 0.5, "l2": 1}}"#,
    r#"{"item-knn": {"neighbours": 2}}"#,
    r#"{"item-knn": {"neighbours": 2, "predicts": "lists", "similarity": "cosine", "centring": "none"}}"#,
    r#"{"user-knn": {"neighbours": 2, "similarity": "pearson"}}"#,
    r#"{"user-knn": {"neighbours": 2, "predicts": "lists", "similarity": "jaccard"}}"#,
    r#"{"svd": {"rank": 1}}"#,
    r#"{"svd": {"rank": 1, "predicts": "lists", "centring": "none"}}"#,
    r#"{"als": {"factors": 2}}"#,
    r#"{"ials": {"factors": 2}}"#,
    r#"{"linear-variational": {"prior": 2}}"#,
    r#"{"matrix-factorisation": {"factors": 2}}"#,
    r#"{"matrix-factorisation": {"factors": 2, "implicit": true}}"#,
];

/// What libtorch solves for.
const SOLVED: [&str; 3] = ["ease", "edlae", "infinite"];

fn experiment(model: &str, ratings: Csr) -> Experiment {
    let model = serde_json::from_str(model).expect(model);
    let train = TrainConfig { epochs: training(5, 1).epochs, selection: Selection::Last, ..TrainConfig::default() };
    Experiment { model, train, ..Experiment::new(ratings) }
}

fn small() -> Csr {
    table(&[
        [5.0, NONE, 3.0, NONE, 1.0],
        [NONE, 2.0, NONE, 4.0, 4.0],
        [1.0, 2.0, 3.0, 4.0, NONE],
        [5.0, NONE, 3.0, NONE, 1.0],
        [NONE; 5],
        [4.0, 4.0, NONE, NONE, 4.0],
    ])
}

fn fitted(experiment: &Experiment) -> Learner {
    match experiment.fit(None, |_, _| Flow::Continue) {
        Ok(Outcome::Finished(fitted)) => fitted.model,
        Ok(Outcome::Interrupted { epoch }) => panic!("interrupted after epoch {epoch}"),
        Err(error) => panic!("{error}"),
    }
}

/// What is given all items for every row of what is shown.
fn given(experiment: &Experiment, model: &Learner, shown: &Csr) -> Vec<f32> {
    let inputs = Inputs::new(shown, FillConfig::Zero.fit(shown), &Csr::empty(shown.rows(), 0), Axis::Users);
    let rows: Vec<u32> = (0..shown.rows() as u32).collect();
    experiment.with_task(|task| score::all(scorer(task, model).as_ref(), &inputs, &rows))
}

fn matrices() -> impl Strategy<Value = Csr> {
    let cells = prop::collection::vec(prop::option::weighted(0.5, 1_u8..=10), 56);
    cells.prop_filter_map("no ratings", |cells| {
        let cells = cells
            .iter()
            .enumerate()
            .filter_map(|(place, half)| Some(((place / 7) as u32, (place % 7) as u32, f32::from((*half)?) / 2.0)));
        let ratings = Csr::from_entries(8, 7, cells.collect::<Vec<_>>().into_iter());
        (!ratings.is_empty()).then_some(ratings)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_matrix_is_fitted_and_every_score_is_a_number(ratings in matrices()) {
        for name in MODELS {
            let experiment = experiment(name, ratings.clone());
            let model = fitted(&experiment);
            let given = given(&experiment, &model, &ratings);
            prop_assert!(given.len() == 56 && given.iter().all(|score| score.is_finite()), "{name}: {given:?}");
        }
    }

    #[test]
    fn what_is_asked_alone_is_what_all_items_are_given(ratings in matrices(), asked in matrices()) {
        for name in MODELS {
            let experiment = experiment(name, ratings.clone());
            let model = fitted(&experiment);
            let all = given(&experiment, &model, &ratings);
            let asked = &asked;
            let found = experiment.with_task(|task| {
                let Learner::Baseline(estimator) = &model else { panic!("{name} is a baseline") };
                estimator.predict(task, HeldOut { inputs: task.inputs, ratings: asked, by_members: &[] })
            });
            let expected = asked.entries().map(|(user, item, _)| all[user as usize * 7 + item as usize]);
            for (found, expected) in found.iter().zip(expected) {
                prop_assert!((found - expected).abs() < 1e-4, "{name}: {found}, not {expected}");
            }
        }
    }
}

#[test]
fn ratings_that_are_all_the_same_are_fitted() {
    let ratings = table(&[[5.0; 4], [5.0, NONE, 5.0, NONE], [NONE, 5.0, NONE, NONE]]);
    for name in MODELS {
        let experiment = experiment(name, ratings.clone());
        let model = fitted(&experiment);
        let given = given(&experiment, &model, &ratings);
        assert!(given.iter().all(|score| score.is_finite()), "{name}: {given:?}");
    }
}

#[test]
fn a_new_user_with_the_ratings_of_a_known_one_is_given_the_same() {
    let ratings = small();
    for name in MODELS {
        let experiment = experiment(name, ratings.clone());
        let folds_in = experiment.model.baseline().is_some_and(Baseline::folds_in);
        // A known user is no neighbour of their own; the first and the fourth are each other's anyhow.
        if !folds_in || name.contains("user-knn") {
            continue;
        }
        let model = fitted(&experiment);
        let known = given(&experiment, &model, &ratings);
        // The same users in another order, below one with other ratings: none is where their training ratings are.
        let order = [5, 2, 0, 3, 1];
        let moved = order.iter().enumerate().flat_map(|(place, &user)| {
            ratings.row(user).iter().map(move |(item, rating)| (place as u32, item, rating))
        });
        let moved = Csr::from_entries(5, 5, moved.collect::<Vec<_>>().into_iter());
        for (found, &user) in given(&experiment, &model, &moved).chunks(5).zip(&order) {
            assert_eq!(found, &known[user * 5..][..5], "{name}, user {user}");
        }
    }
}

#[test]
fn a_known_user_counts_no_neighbour_twice() {
    // Users 0 and 3 are alike; each is the other's neighbour, and none is their own.
    let experiment = experiment(r#"{"user-knn": {"neighbours": 1, "centring": "none", "shrinkage": 0}}"#, small());
    let model = fitted(&experiment);
    let [first, .., last] = [0, 15].map(|place| given(&experiment, &model, &small())[place]);
    assert_eq!([first, last], [5.0, 5.0]);
}

#[test]
fn going_on_from_any_epoch_ends_in_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.safetensors");
    for name in MODELS {
        let mut experiment = experiment(name, small());
        experiment.validation = table(&[
            [NONE, 4.0, NONE, NONE, NONE],
            [1.0, NONE, NONE, NONE, NONE],
            [NONE; 5],
            [NONE; 5],
            [NONE; 5],
            [NONE; 5],
        ]);
        for selection in [json!({}), json!({"selection": {"average": {"epochs": 3}}})] {
            let experiment = varied(&experiment, selection);
            let whole = experiment.train();
            let by_epochs = experiment.model.baseline().is_some_and(Baseline::learns_by_epochs);
            assert_eq!(whole.reports.len(), if by_epochs { 5 } else { 1 }, "{name}");
            for epoch in 1..whole.reports.len() {
                let outcome = experiment.fit(None, |report, state| {
                    if report.epoch < epoch {
                        return Flow::Continue;
                    }
                    checkpoint::save(&path, state).unwrap();
                    Flow::Stop
                });
                assert!(matches!(outcome, Ok(Outcome::Interrupted { epoch: stopped }) if stopped == epoch), "{name}");
                let rest = experiment.train_from(Some(&path));
                assert_eq!(rest.reports, whole.reports[epoch..], "{name}, interrupted after epoch {epoch}");
                assert_same_weights(&rest.weights, &whole.weights, name);
            }
        }
    }
}

#[test]
fn what_is_read_from_a_file_gives_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    for name in MODELS {
        let experiment = experiment(name, small());
        let model = fitted(&experiment);
        checkpoint::write(&path, &model.weights()).unwrap();
        let read = experiment.with_task(|task| checkpoint::load_weights(&path, task).unwrap());
        assert_eq!(given(&experiment, &read, &small()), given(&experiment, &model, &small()), "{name}");
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    for name in MODELS.iter().filter(|name| !SOLVED.iter().any(|solved| name.contains(solved))) {
        let of = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let experiment = experiment(name, small());
                let model = fitted(&experiment);
                (model.weights(), given(&experiment, &model, &small()))
            })
        };
        let [(alone, scores), (together, scores_together)] = [of(1), of(3)];
        assert_same_weights(&alone, &together, name);
        assert_eq!(scores, scores_together, "{name}");
    }
}

#[test]
fn held_out_ratings_reach_nothing() {
    for name in MODELS {
        let [none, some] = [NONE, 1e6].map(|rating| {
            let mut experiment = experiment(name, small());
            experiment.validation =
                table(&[[NONE, rating, NONE, NONE, NONE], [NONE; 5], [NONE; 5], [NONE; 5], [rating; 5], [NONE; 5]]);
            experiment.train().weights
        });
        assert_same_weights(&none, &some, name);
    }
}

#[test]
fn the_best_epoch_is_kept_and_early_stopping_ends_the_others() {
    // What users have in common can be learned, and then there is only noise to learn by heart.
    let noise = |user: u32, item: u32| ((user * 7919 + item * 104_729).wrapping_mul(2_654_435_761) >> 20) % 3;
    let cell = |user: u32, item: u32| (user, item, (1 + noise(user, item) + 2 * (user % 2)) as f32);
    let part = |held_out: bool| {
        let all = (0..30).flat_map(|user| (0..20).map(move |item| cell(user, item)));
        let chosen = all.filter(|(user, item, _)| ((user * 7 + item * 11) % 5 == 0) == held_out);
        Csr::from_entries(30, 20, chosen.collect::<Vec<_>>().into_iter())
    };
    let model =
        r#"{"matrix-factorisation": {"factors": 8, "lr": 0.02, "regularisation": 0, "bias_regularisation": 0}}"#;
    let experiment = Experiment { validation: part(true), ..experiment(model, part(false)) };
    let trained =
        varied(&experiment, json!({"epochs": 400, "selection": "best", "early_stopping": {"patience": 3}})).train();
    // loss, validation.loss, train.mae, validation.mae, train.rmse, validation.rmse
    let scores: Vec<f64> = trained.reports.iter().map(|report| report.values[5].unwrap()).collect();
    let best = (0..scores.len()).min_by(|a, b| scores[*a].total_cmp(&scores[*b])).unwrap();
    assert_eq!((trained.selected_epoch, scores.len()), (best + 1, best + 4), "{scores:?}");
    assert!(best > 0, "{scores:?}");
}

/// Ratings that follow from users' and items' tastes, and a part of them held out.
fn split_ratings() -> (Csr, Csr) {
    let cell =
        |user: u32, item: u32| (user, item, if (user % 3 == item % 3) ^ user.is_multiple_of(2) { 5.0 } else { 2.0 });
    let all: Vec<_> = (0..40).flat_map(|user| (0..20).map(move |item| cell(user, item))).collect();
    let part = |held_out: bool| {
        let chosen = all.iter().copied().filter(|(user, item, _)| ((user * 7 + item * 11) % 5 == 0) == held_out);
        Csr::from_entries(40, 20, chosen.collect::<Vec<_>>().into_iter())
    };
    (part(false), part(true))
}

#[test]
fn each_finds_what_it_can_see() {
    // Tastes of three and of two kinds: what sees pairs predicts what is held out far better than what sees users and items alone.
    let (train, validation) = split_ratings();
    let rmse = |name: &str, epochs: usize| {
        let mut experiment = experiment(name, train.clone());
        experiment.validation = validation.clone();
        experiment.train.epochs = training(epochs, 1).epochs;
        experiment.train().reports.last().unwrap().values[5].unwrap()
    };
    let biases = rmse(r#"{"biases": {}}"#, 1);
    assert!((1.4..1.6).contains(&biases), "{biases}");
    // Singular vectors take what was not rated for the mean, and shrink towards it.
    for (name, epochs, bound) in [
        (r#"{"svd": {"rank": 4}}"#, 1, 0.9),
        (r#"{"als": {"factors": 6}}"#, 10, 0.3),
        (r#"{"linear-variational": {"prior": 2}}"#, 10, 0.3),
        (r#"{"item-knn": {"neighbours": 5, "shrinkage": 0}}"#, 1, 0.3),
        (r#"{"user-knn": {"neighbours": 5, "shrinkage": 0}}"#, 1, 0.3),
        (r#"{"matrix-factorisation": {"factors": 6, "lr": 0.05, "regularisation": 0.01}}"#, 60, 0.3),
        (r#"{"matrix-factorisation": {"factors": 6, "lr": 0.05, "regularisation": 0.01, "implicit": true}}"#, 60, 0.4),
    ] {
        let found = rmse(name, epochs);
        assert!(found < bound, "{name}: {found}");
    }
}

#[test]
fn scores_that_are_no_ratings_have_no_errors_but_lists() {
    for (name, predicts) in [(r#"{"ease": {}}"#, false), (r#"{"biases": {}}"#, true)] {
        let mut experiment = experiment(name, split_ratings().0);
        experiment.evaluation.metrics =
            ["rmse", "ndcg@5"].map(|name| name.parse::<Metric>().unwrap()).to_vec().try_into().unwrap();
        let model = fitted(&experiment);
        let (_, validation) = split_ratings();
        let values = experiment.with_task(|task| {
            let asked = HeldOut { inputs: task.inputs, ratings: &validation, by_members: &[] };
            let predicted = predict(task, &model, &[asked]).remove(0).values;
            let lists = Lists::of(task, &model, asked, &[]);
            let besides = Besides { lists: lists.as_ref(), rows: None };
            measure(task, task.evaluation.metrics.list(), asked, &predicted, besides)
        });
        assert_eq!((values[0].is_some(), values[1].is_some()), (predicts, true), "{name}");
    }
}

/// A change of an experiment, and pieces of what is said of it; nothing, where it is accepted.
type Change = (&'static str, fn(&mut Experiment), &'static [&'static str]);

#[test]
fn what_a_baseline_does_not_read_is_refused() {
    let cases: &[Change] = &[
        (r#"{"ease": {}}"#, |_| {}, &[]),
        (
            r#"{"ease": {}}"#,
            |e| e.rows = Axis::Items,
            &["input.rows = \"items\"", "model.ease", "set rows = \"users\""],
        ),
        (r#"{"als": {}}"#, |e| e.fill = FillConfig::UserMean, &["model.als", "input.fill", "leave them out"]),
        (r#"{"als": {}}"#, |e| e.side = table(&[[1.0]; 6]), &["input.side_info"]),
        (
            r#"{"als": {}}"#,
            |e| e.noise = vec![serde_json::from_str(r#"{"dropout": {"rate": 0.5}}"#).unwrap()],
            &["input.noise"],
        ),
        (
            r#"{"als": {}}"#,
            |e| e.objective = serde_json::from_str(r#"{"multinomial": {}}"#).unwrap(),
            &["objective = {\"multinomial\""],
        ),
        (r#"{"als": {}}"#, |e| e.penalty = l2(0.1), &["penalty = {"]),
        (
            r#"{"als": {}}"#,
            |e| (e.train.optimizer, e.train.batch) = (adam(0.5), training(1, 7).batch),
            &["train.batch = 7", "train.optimizer = {\"adam\"", "leave them out"],
        ),
        (r#"{"als": {}}"#, |e| e.train.refeed = 1, &["train.refeed = 1"]),
        (r#"{"svd": {"rank": 6}}"#, |_| {}, &["model.svd.rank = 6", "at most 5", "lower it"]),
        (
            r#"{"linear-variational": {"shared": 0.5, "similar": 0.5}}"#,
            |_| {},
            &["similar = 0.5", "for noise", "until their sum is below 1"],
        ),
        (
            r#"{"linear-variational": {"alike": 0.1}}"#,
            |_| {},
            &["model.linear-variational.alike", "input.side_info.items names nothing"],
        ),
        // Nothing is chosen between epochs where there is one.
        (r#"{"ease": {}}"#, |e| e.train.selection = Selection::Best, &[]),
        (r#"{"als": {}}"#, |e| e.train.selection = Selection::Best, &["no validation ratings"]),
        (
            r#"{"slim": {}}"#,
            |e| e.train.selection = Selection::Best,
            &["validation.rmse", "scores are none", "validation.ndcg@100"],
        ),
        (
            r#"{"als": {}}"#,
            |e| *e = varied(e, json!({"selection": "best", "monitor": "validation.loss"})),
            &["validation.loss", "set monitor = \"validation.rmse\""],
        ),
        (
            r#"{"als": {}}"#,
            |e| *e = varied(e, json!({"selection": {"average": {"epochs": 9}}})),
            &["averages the last 9 epochs, but train.epochs = 5"],
        ),
    ];
    for (place, (model, change, pieces)) in cases.iter().enumerate() {
        let mut experiment = experiment(model, small());
        experiment.evaluation.metrics = vec![Metric::MAE, Metric::RMSE].try_into().unwrap();
        change(&mut experiment);
        match (experiment.with_task(check), pieces) {
            (Ok(()), []) => {}
            (Err(error), [_, ..]) => {
                let said = error.to_string();
                pieces.iter().for_each(|piece| assert!(said.contains(piece), "case {place}: no `{piece}` in: {said}"));
            }
            (found, _) => panic!("case {place}: {found:?}"),
        }
    }
}

#[test]
fn broken_settings_are_refused_where_they_are_read() {
    for (model, complaint) in [
        (r#"{"ease": {"l2": 0}}"#, "expected a finite number above 0"),
        (r#"{"ease": {"lambda": 1}}"#, "unknown field `lambda`, expected `l2`"),
        (r#"{"edlae": {"dropout": 1}}"#, "up to, but not including, 1"),
        (r#"{"biases": {"users": -1}}"#, "at least 0"),
        (r#"{"item-knn": {"neighbours": 0}}"#, "nonzero"),
        (
            r#"{"item-knn": {"similarity": "cosin"}}"#,
            "unknown variant `cosin`, expected one of `cosine`, `common-cosine`",
        ),
        (
            r#"{"user-knn": {"centring": "median"}}"#,
            "unknown variant `median`, expected one of `biases`, `global-mean`",
        ),
        (r#"{"svd": {"rank": 0}}"#, "nonzero"),
        (r#"{"als": {"regularisation": 0}}"#, "above 0"),
        (r#"{"matrix-factorisation": {"decay": 1.5}}"#, "from 0 to 1"),
        (r#"{"slim": {"l1": -1}}"#, "at least 0"),
        (r#"{"popularity": {"k": 1}}"#, "unknown field `k`"),
        (r#"{"eas": {}}"#, "unknown variant `eas`, expected one of"),
    ] {
        let error = serde_json::from_str::<ModelConfig>(model).unwrap_err().to_string();
        assert!(error.contains(complaint), "{model}: {error}");
    }
}

#[test]
fn a_descent_that_diverges_says_so() {
    let experiment = experiment(r#"{"matrix-factorisation": {"lr": 1000}}"#, small());
    let Err(error) = experiment.fit(None, |_, _| Flow::Continue) else { panic!("no error") };
    assert!(matches!(error, Error::BaselineDiverged { .. }), "{error}");
    assert!(error.to_string().contains("lower model.matrix-factorisation.lr"), "{error}");
}

#[test]
fn what_is_kept_is_as_large_as_is_said() {
    for name in MODELS {
        experiment(name, small()).with_task(|task: &Task<'_>| {
            let kept: i64 = Learner::start(task).weights().iter().map(|(_, tensor)| tensor.numel() as i64).sum();
            assert_eq!(task.model.parameter_count(task.dims()), kept as u64, "{name}");
            assert!(Memory::of(task).peak() >= 4 * kept as u64, "{name}");
        });
    }
}
