//! Layers that are trained by themselves before the network is.

use hourglass_data::{Axis, Csr, FillConfig};
use hourglass_models::Activation::{Linear, Relu, Sigmoid, Tanh};
use hourglass_models::{autoencoder, rbm};
use hourglass_train::engine::EngineConfig;
use hourglass_train::engine::shown::Shown;
use hourglass_train::noise::Phase;
use hourglass_train::pretrain::{Work, work};
use hourglass_train::{Event, Flow, ModelConfig, ObjectiveConfig, Outcome, PretrainConfig, check, checkpoint, fit};
use tch::Tensor;

use crate::experiment::{Experiment, Trained, adam, assert_same_weights, l2, model, network, rate, training};

const STACKED: &str = r#"{"stacked": {"epochs": 30, "optimizer": {"adam": {"lr": 0.02}}}}"#;
const MACHINES: &str = r#"{"rbm": {"epochs": 60, "lr": 0.02}}"#;

fn pretraining(text: &str) -> PretrainConfig {
    serde_json::from_str(text).expect(text)
}

/// Two kinds of users with opposite tastes; the last one rated nothing.
fn ratings() -> Csr {
    let cells = (0..14u32).flat_map(|user| (0..8u32).map(move |item| (user, item)));
    let rated = cells.filter(|(user, item)| (user * 5 + item * 3) % 7 > 1);
    Csr::from_entries(15, 8, rated.map(|(user, item)| (user, item, if (user + item) % 2 == 0 { 4.5 } else { 1.5 })))
}

/// A deep network whose own training changes nothing.
fn standing(pretrain: Option<&str>) -> Experiment {
    let mut experiment = Experiment { model: model(&[6, 3, 6], Sigmoid, Linear), ..Experiment::new(ratings()) };
    experiment.train.epochs = training(1, 1).epochs;
    experiment.train.batch = 4.try_into().unwrap();
    experiment.train.optimizer = adam(1e-30);
    experiment.train.pretrain = pretrain.map(pretraining);
    experiment
}

fn weight<'a>(trained: &'a Trained, name: &str) -> &'a Tensor {
    &trained.weights.iter().find(|(of, _)| of == name).expect(name).1
}

#[test]
fn the_unrolled_network_is_better_than_random_weights() {
    let loss = |pretrain| standing(pretrain).train().reports[0].values[0].unwrap();
    let (random, stacked, machines) = (loss(None), loss(Some(STACKED)), loss(Some(MACHINES)));
    assert!(stacked < 0.5 * random, "{stacked} instead of {random}");
    assert!(machines < 0.5 * random, "{machines} instead of {random}");
}

#[test]
fn machines_of_probabilities_have_binary_units_and_a_rate_of_their_own() {
    let likely = |(user, item, rating)| (user, item, if rating > 3.0 { 0.9 } else { 0.1 });
    let probabilities = Csr::from_entries(15, 8, ratings().entries().map(likely));
    let of = |pretrain: Option<&str>| Experiment {
        model: model(&[6, 3, 6], Sigmoid, Sigmoid),
        train: standing(pretrain).train,
        ..Experiment::new(probabilities.clone())
    };
    let binary = MACHINES.replace("0.02", "0.5");
    let loss = |pretrain| of(pretrain).train().reports[0].values[0].unwrap();
    let (random, machines) = (loss(None), loss(Some(&binary)));
    assert!(machines < 0.5 * random, "{machines} instead of {random}");
    // No unit of these machines is Gaussian; those of ratings are.
    let other_rate = binary.replace("0.5", r#"0.5, "gaussian_lr": 1e30"#);
    assert_same_weights(&of(Some(&other_rate)).train().weights, &of(Some(&binary)).train().weights, "binary");
    assert!(standing(Some(&other_rate)).fit(None, |_, _| Flow::Continue).is_err());
}

#[test]
fn what_it_takes_is_known_before() {
    for (widths, pretrain, operations, steps) in [
        (&[6, 3, 6][..], None, 0.0, 0),
        // 14 rows with ratings in batches of 4; 30 epochs of 8-6-8, then of 6-3-6.
        (&[6, 3, 6], Some(STACKED), 30.0 * 14.0 * 6.0 * (2.0 * 8.0 * 6.0 + 2.0 * 6.0 * 3.0), 2 * 30 * 4),
        (&[6], Some(MACHINES), 60.0 * 14.0 * 6.0 * (2.0 * 8.0 * 6.0), 60 * 4),
    ] {
        let experiment = Experiment { model: model(widths, Sigmoid, Linear), ..standing(pretrain) };
        experiment.with_task(|task| {
            let mut taken = 0;
            let outcome = fit(task, None, &mut |event| {
                taken += usize::from(matches!(event, Event::Batch { epoch: 0, .. }));
                Ok(Flow::Continue)
            });
            assert!(outcome.is_ok());
            assert_eq!((work(task), taken), (Work { operations, steps }, steps), "{widths:?}, {pretrain:?}");
        });
    }
}

#[test]
fn one_pair_of_layers_is_a_network_of_its_own() {
    // The only pair is trained as the experiment says, so that training as long without pre-training gives the same bits.
    let noise = vec![serde_json::from_str(r#"{"dropout": {"rate": 0.2}}"#).unwrap()];
    let plain = Experiment { penalty: l2(0.01), noise, ..standing(Some(STACKED)) };
    let of_code =
        autoencoder::Config { dropout: rate(0.3), code_activation: Some(Tanh), ..network(&[4], Sigmoid, Linear) };
    let pretrained = Experiment { model: ModelConfig::Autoencoder(of_code), ..plain };
    let mut trained = pretrained.clone();
    trained.train.pretrain = None;
    trained.train.epochs = 30.try_into().unwrap();
    trained.train.optimizer = adam(0.02);
    for engine in [EngineConfig::Auto, EngineConfig::Dense] {
        let [pretrained, trained] = [&pretrained, &trained].map(|experiment| {
            let mut experiment = experiment.clone();
            experiment.train.engine = engine;
            experiment.train().weights
        });
        assert_same_weights(&pretrained, &trained, &format!("one pair, {engine:?}"));
    }
}

#[test]
fn machines_are_unrolled_with_transposed_weights() {
    for (rows, width, columns) in [(Axis::Users, 2, 8), (Axis::Items, 0, 15)] {
        let mut experiment =
            Experiment { rows, model: model(&[6, 5, 3, 5, 6], Sigmoid, Linear), ..standing(Some(MACHINES)) };
        experiment.side = Csr::from_entries(
            if width == 0 { 8 } else { 15 },
            width,
            (0..15 * width as u32 / 2).map(|user| (user, user % 2, 1.0)),
        );
        let trained = experiment.train();
        let encoder = weight(&trained, "encoder.weight");
        assert_eq!(encoder.size(), [columns + width as i64, 6]);
        assert!(weight(&trained, "decoder.weight").equal(&encoder.narrow(0, 0, columns)), "{rows:?}");
        for (towards, back) in [(0, 3), (1, 2)] {
            let [towards, back] = [towards, back].map(|layer| weight(&trained, &format!("hidden.{layer}.weight")));
            assert!(back.equal(&towards.transpose(0, 1)), "{rows:?}");
            assert!(towards.abs().max().double_value(&[]) > 0.05, "the second machine was trained");
        }
    }
}

#[test]
fn a_machine_reads_noise_that_is_drawn_once_as_data() {
    let noise = |on: &str, draw: &str| {
        let written = format!(r#"{{"gaussian": {{"std": 0.5, "on": "{on}", "draw": "{draw}"}}}}"#);
        Experiment { noise: vec![serde_json::from_str(&written).unwrap()], ..standing(Some(MACHINES)) }
    };
    let clean = standing(Some(MACHINES)).train();
    for on in ["observed", "all"] {
        assert_same_weights(&noise(on, "each-epoch").train().weights, &clean.weights, "noise that is drawn anew");
        let noisy = noise(on, "once");
        let shown = noisy.with_task(|task| {
            let rows: Vec<u32> = (0..15).collect();
            Vec::<Vec<f32>>::try_from(Shown::new(task, task.inputs, &rows, Phase::Evaluate).input()).unwrap()
        });
        let changed = ratings();
        let changed = changed.entries().map(|(row, column, _)| (row, column, shown[row as usize][column as usize]));
        let of_changed = Experiment { ratings: Csr::from_entries(15, 8, changed), ..standing(Some(MACHINES)) }.train();
        assert_same_weights(&noisy.train().weights, &of_changed.weights, on);
        assert!(!weight(&of_changed, "encoder.weight").equal(weight(&clean, "encoder.weight")), "{on}");
    }
}

#[test]
fn absent_ratings_are_left_out_of_a_machine() {
    // Nobody rated the last item: its weights stay as they were drawn, and its offset stays 0.
    let ratings = Csr::from_entries(15, 9, ratings().entries());
    let trained = Experiment { validation: Csr::empty(15, 9), ratings, ..standing(Some(MACHINES)) }.train();
    let (weights, offsets) = (weight(&trained, "decoder.weight"), weight(&trained, "decoder.bias"));
    assert!(weights.get(8).abs().max().double_value(&[]) < 0.05);
    assert_eq!(offsets.double_value(&[8]), 0.0);
    assert!(offsets.narrow(0, 0, 8).abs().min().double_value(&[]) > 0.1);
}

#[test]
fn going_on_ends_in_the_same_bits_and_pretrains_only_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.safetensors");
    for pretrain in [STACKED, MACHINES] {
        let mut experiment = standing(Some(pretrain));
        experiment.train.epochs = 4.try_into().unwrap();
        experiment.train.optimizer = adam(0.01);
        let whole = experiment.train();
        assert_same_weights(&whole.weights, &experiment.train().weights, "again");
        let outcome = experiment.fit(None, |report, state| {
            checkpoint::save(&path, state).unwrap();
            if report.epoch < 2 { Flow::Continue } else { Flow::Stop }
        });
        assert!(matches!(outcome, Ok(Outcome::Interrupted { epoch: 2 })));
        let mut before_training = 0;
        let outcome = experiment.with_task(|task| {
            fit(task, Some(&path), &mut |event| {
                before_training += usize::from(matches!(event, Event::Batch { epoch: 0, .. }));
                Ok(Flow::Continue)
            })
        });
        assert!(matches!(outcome, Ok(Outcome::Finished(_))));
        assert_eq!(before_training, 0, "a checkpoint has its pre-training behind it");
        assert_same_weights(&experiment.train_from(Some(&path)).weights, &whole.weights, pretrain);
    }
}

#[test]
fn batches_before_training_are_counted_and_can_be_stopped() {
    // Two pairs of layers, 14 rows with ratings in batches of 4.
    for (pretrain, all) in [(STACKED, 2 * 30 * 4), (MACHINES, 2 * 60 * 4)] {
        let experiment = standing(Some(pretrain));
        for stop_at in [None, Some(3), Some(all / 2 + 3)] {
            let mut seen = Vec::new();
            let outcome = experiment.with_task(|task| {
                fit(task, None, &mut |event| {
                    let Event::Batch { epoch: 0, batch, batches } = event else { return Ok(Flow::Continue) };
                    seen.push((batch, batches));
                    Ok(if stop_at.is_some_and(|at| batch >= at) { Flow::Stop } else { Flow::Continue })
                })
            });
            let ended = stop_at.map_or(all, |at| at.next_multiple_of(4));
            assert_eq!(seen, (1..=ended).map(|batch| (batch, all)).collect::<Vec<_>>());
            let interrupted = matches!(outcome, Ok(Outcome::Interrupted { epoch: 0 }));
            assert_eq!(interrupted, stop_at.is_some(), "{pretrain}, stopped at {stop_at:?}");
        }
    }
}

#[test]
fn a_loss_that_is_not_finite_names_the_layer() {
    for pretrain in
        [STACKED.replace(r#"{"adam": {"lr": 0.02}}"#, r#"{"sgd": {"lr": 1e30}}"#), MACHINES.replace("0.02", "1e30")]
    {
        let Err(error) = standing(Some(&pretrain)).fit(None, |_, _| Flow::Continue) else {
            panic!("{pretrain} was trained")
        };
        let error = error.to_string();
        assert!(error.contains("of the pre-training of layer 1; lower the lr in train.pretrain"), "{error}");
    }
}

#[test]
fn what_cannot_be_pretrained_is_refused_with_the_reason() {
    let classes: ObjectiveConfig = serde_json::from_str(r#"{"cross-entropy": {}}"#).unwrap();
    let of = |pretrain: &str, model: ModelConfig| Experiment { model, ..standing(Some(pretrain)) };
    let linear_code = autoencoder::Config { code_activation: Some(Linear), ..network(&[6, 3, 6], Sigmoid, Linear) };
    let relu_code = autoencoder::Config { code_activation: Some(Relu), ..network(&[6, 3, 6], Sigmoid, Linear) };
    let machine = ModelConfig::Rbm(rbm::Config::default());
    for (experiment, complaint) in [
        (of(STACKED, model(&[6, 3, 6], Relu, Linear)), None),
        (Experiment { fill: FillConfig::UserMean, ..of(STACKED, model(&[5], Relu, Linear)) }, None),
        (Experiment { objective: classes.clone(), ..of(STACKED, model(&[5], Relu, Linear)) }, None),
        (of(MACHINES, model(&[6, 3, 6], Sigmoid, Linear)), None),
        (of(MACHINES, ModelConfig::Autoencoder(linear_code)), None),
        (of(STACKED, model(&[6, 3, 5], Relu, Linear)), Some("model.autoencoder.layers = [6, 3, 5] is not symmetric")),
        (
            Experiment { objective: classes.clone(), ..of(STACKED, machine) },
            Some("which [model.autoencoder] alone has"),
        ),
        (of(MACHINES, model(&[6, 3, 6], Relu, Linear)), Some("set model.autoencoder.activation = \"sigmoid\"")),
        (of(MACHINES, ModelConfig::Autoencoder(relu_code)), Some("code_activation to \"sigmoid\" or \"linear\"")),
        (of(MACHINES, model(&[6], Sigmoid, Tanh)), Some("output_activation to \"linear\" or \"sigmoid\"")),
        (of(MACHINES, model(&[6], Sigmoid, Sigmoid)), Some("there is a rating of 1.5; set input.range = [0, 1]")),
        (
            Experiment { objective: classes, ..of(MACHINES, model(&[6], Sigmoid, Linear)) },
            Some("has one for each value"),
        ),
        (
            Experiment { fill: FillConfig::UserMean, ..of(MACHINES, model(&[6], Sigmoid, Linear)) },
            Some("set input.fill = \"zero\""),
        ),
    ] {
        match (experiment.with_task(check), complaint) {
            (Ok(()), None) => assert!(experiment.train().reports[0].values[0].is_some_and(f64::is_finite)),
            (Err(error), Some(complaint)) => assert!(error.to_string().contains(complaint), "{error}"),
            (found, _) => panic!("{found:?} instead of {complaint:?}"),
        }
    }
}
