//! The sparse engine is the dense one, computed otherwise: the same losses, metrics and weights, whatever the setting.

use std::num::NonZeroUsize;

use hourglass_data::{Axis, Csr, FillConfig};
use hourglass_models::range::{Positive, Share};
use hourglass_models::{Activation, LeakyRelu, autoencoder};
use hourglass_train::engine::{Engine, EngineConfig, choose, writes_gradients};
use hourglass_train::inputs::{RowScale, Target};
use hourglass_train::state::State;
use hourglass_train::{
    Flow, GradientConfig, ModelConfig, NoiseConfig, OptimizerConfig, Outcome, PenaltyConfig, check, checkpoint,
};
use tch::Tensor;

use crate::experiment::{Experiment, NONE, Trained, assert_same_weights, l2, network, rate, table};

pub(crate) const OPTIMIZERS: [&str; 9] = [
    r#"{"sgd": {"lr": 0.05}}"#,
    r#"{"sgd": {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.01}}"#,
    r#"{"sgd": {"lr": 0.05, "momentum": 0.9, "nesterov": true}}"#,
    r#"{"rmsprop": {"lr": 0.0003, "weight_decay": 0.5}}"#,
    r#"{"rmsprop": {"lr": 0.0003, "momentum": 0.5}}"#,
    r#"{"adam": {"lr": 0.003}}"#,
    r#"{"adam": {"lr": 0.003, "weight_decay": 0.01}}"#,
    r#"{"adamw": {"lr": 0.003, "weight_decay": 0.1}}"#,
    r#"{"lazy-adam": {"lr": 0.003}}"#,
];

/// A full row, a row with one rating, an empty row, a column without ratings, and a rating of 0.
pub(crate) fn ratings() -> Csr {
    table(&[
        [5.0, 1.0, 3.0, 2.0, 4.0, 1.5, NONE],
        [NONE, 2.0, NONE, 0.0, 4.0, NONE, NONE],
        [1.0, NONE, NONE, NONE, NONE, NONE, NONE],
        [NONE, NONE, NONE, NONE, NONE, NONE, NONE],
        [NONE, 4.5, 3.0, NONE, 2.0, NONE, NONE],
        [4.0, NONE, NONE, 3.5, NONE, 2.5, NONE],
    ])
}

pub(crate) fn validation() -> Csr {
    table(&[
        [NONE, NONE, NONE, NONE, NONE, NONE, 2.0],
        [3.0, NONE, 1.0, NONE, NONE, NONE, NONE],
        [NONE, NONE, NONE, NONE, NONE, NONE, NONE],
        [NONE, NONE, 4.0, NONE, NONE, NONE, NONE],
        [5.0, NONE, NONE, NONE, NONE, NONE, NONE],
        [NONE, 1.0, NONE, NONE, NONE, NONE, NONE],
    ])
}

pub(crate) fn side(rows: Axis) -> Csr {
    match rows {
        Axis::Users => table(&[[1.0, NONE], [NONE, -2.0], [0.5, 0.5], [NONE, NONE], [NONE, 1.0], [1.0, NONE]]),
        Axis::Items => table(&[[1.0], [NONE], [0.5], [-1.0], [NONE], [2.0], [0.25]]),
    }
}

pub(crate) fn fills() -> [FillConfig; 6] {
    let three = FillConfig::Constant(3.0.try_into().unwrap());
    [FillConfig::Zero, three, FillConfig::GlobalMean, FillConfig::UserMean, FillConfig::ItemMean, FillConfig::Bias]
}

/// None, four of observed ratings, and the same of all cells, of which one also has a noise of ratings alone.
pub(crate) fn noises() -> [Vec<NoiseConfig>; 9] {
    let gaussian = r#"{"gaussian": {"std": 0.3, "on": ON}}"#;
    let dropout = r#"{"dropout": {"rate": 0.3, "on": ON, "draw": "once"}}"#;
    let pepper = r#"{"salt-and-pepper": {"rate": 0.3, "scale": [1, 5], "on": "observed"}}"#;
    let masking = r#"{"masking": {"rate": 0.3, "on": ON}}"#;
    let lists = [gaussian.to_owned(), dropout.to_owned(), format!("{gaussian}, {pepper}"), masking.to_owned()];
    let on = |cells| lists.each_ref().map(|list| list.replace("ON", cells));
    let [[a, b, c, d], [e, f, g, h]] = [on(r#""observed""#), on(r#""all""#)];
    [String::new(), a, b, c, d, e, f, g, h]
        .map(|list| format!("[{list}]"))
        .map(|written| serde_json::from_str(&written).expect(&written))
}

pub(crate) fn optimizer(written: &str) -> OptimizerConfig {
    serde_json::from_str(written).expect(written)
}

pub(crate) fn with_engine(experiment: &Experiment, engine: EngineConfig) -> Experiment {
    let mut experiment = experiment.clone();
    experiment.train.engine = engine;
    experiment
}

pub(crate) fn train(experiment: &Experiment, engine: EngineConfig) -> Trained {
    with_engine(experiment, engine).train()
}

pub(crate) fn assert_both_engines_agree(experiment: &Experiment, what: &str) {
    let [sparse, dense] = [EngineConfig::Sparse, EngineConfig::Dense].map(|engine| train(experiment, engine));
    for (sparse, dense) in sparse.reports.iter().zip(&dense.reports) {
        assert_eq!(sparse.values.len(), dense.values.len());
        for (column, (sparse, dense)) in sparse.values.iter().zip(&dense.values).enumerate() {
            assert_eq!(sparse.is_some(), dense.is_some(), "{what}, column {column}");
            let (sparse, dense) = (sparse.unwrap_or(0.0), dense.unwrap_or(0.0));
            assert!((sparse - dense).abs() < 1e-5 * dense.abs() + 1e-6, "{what}, column {column}: {sparse}, {dense}");
        }
    }
    assert_close(&sparse.weights, &dense.weights, what);
    assert_same_gradients(experiment, what);
}

/// The first step of plain descent at a learning rate of 1 is the gradient.
fn assert_same_gradients(experiment: &Experiment, what: &str) {
    let mut once = experiment.clone();
    once.train.optimizer = optimizer(r#"{"sgd": {"lr": 1}}"#);
    once.train.epochs = NonZeroUsize::MIN;
    once.train.batch = 100.try_into().unwrap();
    let start = once.with_task(|task| State::start(task).model.weights());
    let [sparse, dense] = [EngineConfig::Sparse, EngineConfig::Dense].map(|engine| train(&once, engine).weights);
    let size = |tensor: Tensor| tensor.abs().max().double_value(&[]);
    let sizes = start.iter().zip(&dense).map(|((_, start), (_, dense))| size(start - dense));
    // Taken off a weight, a gradient loses the digits that the weight does not have; and some are 0 but for rounding errors, as
    // that of an offset that batch normalisation takes away again.
    let rounding = 3e-7 + 5e-6 * sizes.fold(0.0, f64::max);
    for (((name, start), (_, sparse)), (_, dense)) in start.iter().zip(&sparse).zip(&dense) {
        let (difference, gradient) = (size(sparse - dense), size(start - dense));
        let close = difference < 1e-5 * gradient + rounding;
        assert!(close, "{what}: the gradient of {name}, {gradient}, differs by {difference}");
    }
}

pub(crate) fn assert_close(left: &[(String, Tensor)], right: &[(String, Tensor)], what: &str) {
    for ((name, left), (_, right)) in left.iter().zip(right) {
        let excess = ((left - right).abs() - right.abs() * 1e-5).max().double_value(&[]);
        // Optimizers that divide a gradient by its size also enlarge its rounding error where it is nearly 0.
        assert!(excess < 2e-5, "{what}: {name} differs by {excess} more than it may");
    }
}

#[test]
fn both_engines_agree_on_every_fill_noise_axis_and_optimizer() {
    let mut case = 0;
    for (rows, fill) in [Axis::Users, Axis::Items].into_iter().flat_map(|rows| fills().map(|fill| (rows, fill))) {
        for (noise, written) in noises().into_iter().flat_map(|noise| OPTIMIZERS.map(|o| (noise.clone(), o))) {
            // What is combined with all of these goes round at paces without a common divisor.
            let mut experiment =
                Experiment { validation: validation(), rows, fill, noise, ..Experiment::new(ratings()) };
            let output = [Activation::Linear, Activation::Sigmoid, Activation::Tanh][case % 3];
            let layers = [&[5][..], &[70], &[4, 3, 4]][case / 2 % 3];
            let dropout = rate([0.0, 0.0, 0.4, 0.0, 0.2][case % 5]);
            experiment.model = ModelConfig::Autoencoder(autoencoder::Config {
                dropout,
                ..network(layers, Activation::Sigmoid, output)
            });
            experiment.side = if case % 7 < 3 { side(rows) } else { experiment.side };
            experiment.side =
                if experiment.side.columns() == 0 && rows == Axis::Items { Csr::empty(7, 0) } else { experiment.side };
            experiment.penalty = [PenaltyConfig::default(), l2(0.01)][case % 11 % 2].clone();
            experiment.train.optimizer = optimizer(written);
            experiment.train.batch = [2, 1, 3, 100][case % 13 % 4].try_into().unwrap();
            assert_both_engines_agree(
                &experiment,
                &format!("{rows:?}, {fill:?}, {written}, case {case}: {experiment:?}"),
            );
            case += 1;
        }
    }
    assert_eq!(case, 2 * 6 * 9 * 9);
}

#[test]
fn both_engines_agree_on_what_is_shown_compared_and_added_up() {
    for (scale, target, gradient, fill) in [RowScale::None, RowScale::UnitNorm].into_iter().flat_map(|scale| {
        let gradients = [GradientConfig::OfBatch, GradientConfig::NeverCleared];
        let rest = [Target::Clean, Target::Noisy].into_iter().flat_map(move |target| gradients.map(|g| (target, g)));
        rest.flat_map(move |(target, gradient)| fills().map(|fill| (scale, target, gradient, fill)))
    }) {
        for (noise, written) in
            noises().into_iter().zip([0, 1, 3, 5, 8].map(|place| OPTIMIZERS[place]).into_iter().cycle())
        {
            // What is refused: to compare with noise that is not there, or with ratings that were scaled.
            let noise_is_there = !noise.is_empty();
            let target = if noise_is_there && scale == RowScale::None { target } else { Target::Clean };
            let mut experiment = Experiment { scale, target, fill, noise, ..Experiment::new(ratings()) };
            experiment.side = side(Axis::Users);
            experiment.validation = validation();
            experiment.train.optimizer = optimizer(written);
            experiment.train.gradient = gradient;
            if noise_is_there {
                let weighed = r#"{"masked-mse": {"corrupted": 2, "kept": 0.5}}"#;
                experiment.objective = serde_json::from_str(weighed).unwrap();
            }
            assert_both_engines_agree(
                &experiment,
                &format!("{scale:?}, {target:?}, {gradient:?}, {fill:?}, {written}"),
            );
        }
    }
}

/// Larger than what one job, or the narrowest vector, holds; and sparse enough that most columns wait for their steps.
pub(crate) fn wide() -> Experiment {
    let (rows, columns) = (90_u32, 400_u32);
    let entries =
        (0..rows).flat_map(|row| (0..5).map(move |k| (row, (row * 37 + k * k * 61 + 5 * k) % columns, k as f32)));
    let mut entries: Vec<_> = entries.collect();
    entries.sort_by_key(|&(row, column, _)| (row, column));
    entries.dedup_by_key(|&mut (row, column, _)| (row, column));
    let mut experiment = Experiment::new(Csr::from_entries(rows as usize, columns as usize, entries.iter().copied()));
    experiment.train.batch = 20.try_into().unwrap();
    experiment.model = ModelConfig::Autoencoder(network(&[300, 40, 300], Activation::Sigmoid, Activation::Linear));
    experiment
}

#[test]
fn both_engines_agree_where_columns_wait() {
    for written in OPTIMIZERS {
        // With its usual epsilon, an optimizer that divides a gradient by its size would show the rounding errors of the many
        // gradients here that are nearly 0.
        let written =
            if written.contains("sgd") { written.to_owned() } else { written.replace("}}", r#", "epsilon": 1e-3}}"#) };
        for fill in [FillConfig::Zero, FillConfig::ItemMean] {
            let mut experiment = Experiment { fill, ..wide() };
            experiment.train.optimizer = optimizer(&written);
            assert_both_engines_agree(&experiment, &format!("{written}, {fill:?}"));
        }
    }
}

#[test]
fn no_bit_depends_on_the_number_of_threads() {
    // A batch of all rows is enough for several jobs in the body too.
    for (fill, batch) in [(FillConfig::Zero, 20), (FillConfig::Bias, 20), (FillConfig::Zero, 90)] {
        let mut experiment = Experiment { fill, noise: noises()[1].clone(), penalty: l2(0.001), ..wide() };
        experiment.train.batch = batch.try_into().unwrap();
        let trained = |threads| train(&Experiment { threads, ..experiment.clone() }, EngineConfig::Sparse);
        let alone = trained(1);
        for threads in [2, 3, 4] {
            let together = trained(threads);
            assert_eq!(together.reports, alone.reports, "{threads} threads");
            assert_same_weights(&together.weights, &alone.weights, &format!("{threads} threads"));
        }
    }
}

#[test]
fn going_on_ends_in_the_same_bits_and_either_engine_can() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.safetensors");
    let experiment = Experiment { noise: noises()[1].clone(), ..wide() };
    let [sparse, dense] = [EngineConfig::Sparse, EngineConfig::Dense].map(|engine| with_engine(&experiment, engine));
    let whole = sparse.train();
    for epoch in 1..3 {
        let outcome = sparse.fit(None, |report, state| {
            checkpoint::save(&path, state).unwrap();
            if report.epoch == epoch { Flow::Stop } else { Flow::Continue }
        });
        assert!(matches!(outcome, Ok(Outcome::Interrupted { .. })));
        let rest = sparse.train_from(Some(&path));
        assert_eq!(rest.reports, whole.reports[epoch..]);
        assert_same_weights(&rest.weights, &whole.weights, "the same engine");
        assert_close(&dense.train_from(Some(&path)).weights, &whole.weights, "the other engine");
    }
}

#[test]
fn the_engine_is_chosen_by_what_it_can_and_refused_where_it_cannot() {
    let plain = Experiment::new(ratings());
    let noisy = Experiment { noise: noises()[5].clone(), ..plain.clone() };
    let mut clipped = plain.clone();
    clipped.train.clip_gradient = Some(Positive::try_from(1.0).unwrap());
    clipped.train.gradient = GradientConfig::NeverCleared;
    let mut rprop = plain.clone();
    rprop.train.optimizer = optimizer(r#"{"rprop": {}}"#);
    let mut refed = plain.clone();
    refed.train.refeed = 1;
    for (experiment, obstacle) in [
        (plain, None),
        (noisy, None),
        (clipped, None),
        (refed, Some("train.refeed")),
        (rprop, Some("as large for a rounding error")),
    ] {
        for (asked, expected) in [
            (EngineConfig::Auto, if obstacle.is_none() { Engine::Sparse } else { Engine::Dense }),
            (EngineConfig::Dense, Engine::Dense),
        ] {
            let experiment = with_engine(&experiment, asked);
            let (choice, checked) = experiment.with_task(|task| (choose(task), check(task)));
            assert_eq!(choice.engine, expected, "{asked:?}: {}", choice.reason);
            assert!(checked.is_ok());
            if let (EngineConfig::Auto, Some(obstacle)) = (asked, obstacle) {
                assert!(choice.reason.contains(obstacle), "{}", choice.reason);
            }
        }
        let checked = with_engine(&experiment, EngineConfig::Sparse).with_task(check);
        match obstacle {
            None => assert!(checked.is_ok()),
            Some(obstacle) => {
                let error = checked.unwrap_err().to_string();
                assert!(error.starts_with("train.engine = \"sparse\" does not apply: "), "{error}");
                assert!(
                    error.contains(obstacle) && error.contains("set train.engine = \"auto\" or \"dense\""),
                    "{error}"
                );
            }
        }
    }
}

#[test]
fn both_engines_agree_on_clipped_gradients() {
    let lengths = [0.05, 0.3, 100.0].map(|longest| Positive::try_from(longest).unwrap());
    for (longest, (fill, penalty)) in lengths.into_iter().flat_map(|longest| {
        let fills = [FillConfig::Zero, FillConfig::Bias].into_iter();
        fills.flat_map(|fill| [PenaltyConfig::default(), l2(0.1)].map(|l2| (fill, l2))).map(move |rest| (longest, rest))
    }) {
        for (place, written) in OPTIMIZERS.into_iter().enumerate() {
            let mut experiment = Experiment { fill, penalty: penalty.clone(), ..Experiment::new(ratings()) };
            experiment.model = ModelConfig::Autoencoder(autoencoder::Config {
                tied_weights: place % 4 == 0,
                ..network(&[4, 3, 4], Activation::Tanh, Activation::Linear)
            });
            let objective = [r#"{"masked-mse": {}}"#, r#"{"full-mse": {}}"#][place % 2];
            experiment.objective = serde_json::from_str(objective).unwrap();
            experiment.train.optimizer = optimizer(written);
            experiment.train.clip_gradient = Some(longest);
            assert_both_engines_agree(
                &experiment,
                &format!("{longest:?}, {fill:?}, {penalty:?}, {written}, {objective}"),
            );
        }
    }
}

#[test]
fn both_engines_agree_on_every_model_objective_and_penalty() {
    let models = [
        r#"{"autoencoder": {"layers": [5], "normalisation": "layer"}}"#,
        r#"{"autoencoder": {"layers": [4, 3, 4], "normalisation": "batch", "hidden_dropout": 0.2}}"#,
        r#"{"autoencoder": {"layers": [6, 4, 6], "k_sparse": 2, "activation": "tanh"}}"#,
        r#"{"autoencoder": {"layers": [5], "output_activation": "sigmoid", "output_range": [0, 5]}}"#,
        r#"{"autoencoder": {"layers": [5], "tied_weights": true}}"#,
        r#"{"autoencoder": {"layers": [6, 4, 6], "tied_weights": true, "dropout": 0.3}}"#,
        r#"{"cdae": {"layers": [4]}}"#,
        r#"{"cfn": {"layers": [4, 3, 4]}}"#,
        r#"{"variational": {"layers": [5, 3, 5], "beta": 0.5, "warmup": 2}}"#,
        r#"{"variational": {"layers": [5], "beta": 0.5}}"#,
        r#"{"variational": {"layers": [6, 5, 4, 3, 2], "beta": 0.1, "warmup": 1.5}}"#,
    ];
    let objectives = [
        r#"{"masked-mse": {}}"#,
        r#"{"masked-mse": {"over": "ratings"}}"#,
        r#"{"masked-mse": {"over": "sum"}}"#,
        r#"{"masked-mse": {"over": "columns", "corrupted": 0.5, "kept": 0.5}}"#,
    ];
    let penalties = [
        "{}",
        r#"{"l1-code": {"weight": 0.1}, "l2": {"weight": 0.01, "encoder": 0.1}}"#,
        r#"{"kl-sparsity": {"target": 0.6, "weight": 0.3, "warmup": 2}}"#,
    ];
    for (place, model) in models.into_iter().enumerate() {
        for (objective, penalty) in objectives.into_iter().flat_map(|one| penalties.map(|penalty| (one, penalty))) {
            let mut experiment = Experiment { validation: validation(), ..Experiment::new(ratings()) };
            experiment.side = side(Axis::Users);
            experiment.model = serde_json::from_str(model).expect(model);
            experiment.objective = serde_json::from_str(objective).expect(objective);
            experiment.penalty = serde_json::from_str(penalty).expect(penalty);
            // Exponentials of log-variances run away from plain descent's large steps.
            let choices = if model.contains("variational") { &OPTIMIZERS[3..] } else { &OPTIMIZERS[..] };
            experiment.train.optimizer = optimizer(choices[place % choices.len()]);
            experiment.train.schedule = serde_json::from_str(r#"{"exponential": {"factor": 0.5}}"#).unwrap();
            assert_both_engines_agree(&experiment, &format!("{model}, {objective}, {penalty}"));
        }
    }
}

#[test]
fn both_engines_agree_where_gradients_are_written_out() {
    let plain = r#"{"autoencoder": {"layers": [5], "activation": "tanh"}}"#;
    let tied = r#"{"autoencoder": {"layers": [6, 4, 6], "tied_weights": true}}"#;
    let kernels = r#"{"sparse-fc": {"layers": [6, 5], "lambda_2": 0.01, "lambda_s": 0.02}}"#;
    let single = r#"{"sparse-fc": {"layers": [7], "lambda_2": 0.1, "lambda_s": 0.1, "output_activation": "tanh"}}"#;
    let adam = r#"{"adam": {"lr": 0.003}}"#;
    // A line search goes by small differences of losses, which single precision rounds.
    let lbfgs = r#"{"lbfgs": {"iterations": 3, "lr": 0.1, "line_search": "none"}}"#;
    let [of_batch, never_cleared] = [GradientConfig::OfBatch, GradientConfig::NeverCleared];
    let sum_of_two = GradientConfig::SumOf(NonZeroUsize::new(2).unwrap());
    let mse = r#"{"masked-mse": {"over": "sum"}}"#;
    let everywhere = r#"{"full-mse": {}}"#;
    let cases = [
        (plain, lbfgs, of_batch, mse),
        (plain, lbfgs, of_batch, everywhere),
        (plain, adam, sum_of_two, mse),
        (plain, r#"{"sgd": {"lr": 0.01, "momentum": 0.5}}"#, never_cleared, mse),
        (tied, lbfgs, of_batch, mse),
        (tied, adam, sum_of_two, everywhere),
        (kernels, lbfgs, of_batch, mse),
        (kernels, adam, of_batch, mse),
        (kernels, adam, of_batch, everywhere),
        (single, r#"{"sgd": {"lr": 0.01, "momentum": 0.9}}"#, sum_of_two, mse),
        (single, r#"{"rmsprop": {"lr": 0.001}}"#, of_batch, everywhere),
    ];
    for (place, (model, written, gradient, objective)) in cases.into_iter().enumerate() {
        for (fill, noise) in fills().into_iter().zip(noises().into_iter().cycle().skip(2 * place)) {
            let mut experiment = Experiment { validation: validation(), fill, noise, ..Experiment::new(ratings()) };
            experiment.side = side(Axis::Users);
            experiment.model = serde_json::from_str(model).expect(model);
            experiment.objective = serde_json::from_str(objective).expect(objective);
            experiment.penalty = [PenaltyConfig::default(), l2(0.01)][place % 2].clone();
            experiment.train.optimizer = optimizer(written);
            experiment.train.gradient = gradient;
            experiment.train.batch = if written.contains("lbfgs") { 100 } else { 2 }.try_into().unwrap();
            experiment.train.clip_gradient = (place % 3 == 2).then(|| Positive::try_from(0.5).unwrap());
            let what = format!("{model}, {written}, {gradient:?}, {objective}, {:?}", experiment.fill);
            assert!(experiment.with_task(writes_gradients), "{what}");
            assert_both_engines_agree(&experiment, &what);
        }
    }
}

#[test]
fn no_bit_of_written_gradients_depends_on_the_number_of_threads() {
    let mut experiment = wide();
    experiment.model = serde_json::from_str(r#"{"sparse-fc": {"layers": [300, 40]}}"#).unwrap();
    experiment.train.batch = 90.try_into().unwrap();
    experiment.train.optimizer = optimizer(r#"{"lbfgs": {"iterations": 5}}"#);
    let trained = |threads| train(&Experiment { threads, ..experiment.clone() }, EngineConfig::Sparse);
    let alone = trained(1);
    for threads in [2, 3] {
        let together = trained(threads);
        assert_eq!(together.reports, alone.reports, "{threads} threads");
        assert_same_weights(&together.weights, &alone.weights, &format!("{threads} threads"));
    }
}

#[test]
fn both_engines_agree_on_stacks_of_every_activation() {
    use Activation::{Elu, Linear, Relu, Selu, Sigmoid, Swish, Tanh};
    let leaky_relu = Activation::LeakyRelu(LeakyRelu { slope: Share::new::<3, 10>() });
    let (ratings, none) = (wide().ratings, PenaltyConfig::default());
    for (activation, code_activation, output) in [
        (Elu, None, Linear),
        (leaky_relu, Some(Tanh), Sigmoid),
        (Linear, Some(Sigmoid), Elu),
        (Relu, Some(Linear), Swish),
        (Selu, Some(Relu), leaky_relu),
        (Sigmoid, Some(Elu), Tanh),
        (Swish, None, Selu),
        (Tanh, Some(Swish), Relu),
    ] {
        for (tied_weights, penalty) in
            [(false, none.clone()), (true, none.clone()), (false, l2(0.01)), (true, l2(0.01))]
        {
            for layers in [&[70][..], &[40, 9, 40], &[20, 33, 5, 33, 20]] {
                let mut experiment = Experiment { penalty: penalty.clone(), ..Experiment::new(ratings.clone()) };
                experiment.train.batch = 32.try_into().unwrap();
                experiment.train.optimizer = optimizer(r#"{"sgd": {"lr": 0.05, "momentum": 0.9}}"#);
                let (dropout, hidden_dropout) = (rate(0.2), rate(0.1));
                experiment.model = ModelConfig::Autoencoder(autoencoder::Config {
                    code_activation,
                    tied_weights,
                    dropout,
                    hidden_dropout,
                    ..network(layers, activation, output)
                });
                let what =
                    format!("{activation:?}, {code_activation:?}, {output:?}, {tied_weights}, {penalty:?}, {layers:?}");
                assert_both_engines_agree(&experiment, &what);
            }
        }
    }
}

#[test]
fn both_engines_agree_on_events() {
    let likes = |ratings: Csr| {
        let entries = ratings.entries().map(|(row, column, rating)| (row, column, f32::from(rating > 2.0)));
        Csr::from_entries(ratings.rows(), ratings.columns(), entries)
    };
    for (objective, output) in [("bce", Activation::Sigmoid), ("bce-with-logits", Activation::Linear)] {
        let mut experiment = Experiment { validation: likes(validation()), ..Experiment::new(likes(ratings())) };
        experiment.objective = serde_json::from_str(&format!(r#"{{"{objective}": {{}}}}"#)).expect(objective);
        experiment.model = ModelConfig::Autoencoder(network(&[4, 3, 4], Activation::Tanh, output));
        assert_both_engines_agree(&experiment, objective);
    }
}
