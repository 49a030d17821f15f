//! Encoder and decoder that learn in turns.

use hourglass_models::Activation::Linear;
use hourglass_train::alternate::Config;
use hourglass_train::noise::{Draw, On, dropout};
use hourglass_train::state::State;
use hourglass_train::{Event, Flow, NoiseConfig, checkpoint, fit};

use crate::experiment::{Experiment, adam, model, rate, table};

/// One rating of 3, and a network of one unit.
fn experiment(encoder: u16, decoder: u16) -> Experiment {
    let mut experiment = Experiment { model: model(&[1], Linear, Linear), ..Experiment::new(table(&[[3.0]])) };
    let [encoder, decoder] = [encoder, decoder].map(|passes| passes.try_into().unwrap());
    experiment.train.alternate = Some(Config { encoder, decoder });
    experiment.train.epochs = 1.try_into().unwrap();
    experiment.train.optimizer = adam(0.001);
    experiment
}

/// How far each weight moves in an epoch that begins with all of them at 0.5.
fn moved(experiment: &Experiment) -> Vec<(String, f64)> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("start.safetensors");
    experiment.with_task(|task| {
        let state = State::start(task);
        state.model.weights().into_iter().for_each(|(_, mut weight)| drop(weight.fill_(0.5)));
        checkpoint::save(&path, &state).unwrap();
    });
    let trained = experiment.train_from(Some(&path)).weights;
    trained.into_iter().map(|(name, weight)| (name, weight.double_value(&[0]) - 0.5)).collect()
}

#[test]
fn each_part_moves_once_in_each_of_its_passes() {
    // A step of Adam has the length of the learning rate where the gradient hardly changes, from the optimizer's own first step.
    for (encoder, decoder) in [(1, 1), (3, 1), (1, 2), (2, 2)] {
        for (name, distance) in moved(&experiment(encoder, decoder)) {
            let steps = if name.starts_with("encoder") { encoder } else { decoder } as f64;
            assert!(
                (distance - 0.001 * steps).abs() < 1e-5 * steps,
                "{encoder} and {decoder}: {name} moved {distance}"
            );
        }
    }
}

#[test]
fn batches_are_counted_through_all_passes_of_an_epoch() {
    let mut experiment = Experiment { ratings: table(&[[3.0], [2.0], [1.0]]), ..experiment(3, 1) };
    experiment.validation = table(&[[f32::NAN], [f32::NAN], [f32::NAN]]);
    experiment.side = Experiment::new(experiment.ratings.clone()).side;
    let mut seen = Vec::new();
    let outcome = experiment.with_task(|task| {
        fit(task, None, &mut |event| {
            if let Event::Batch { batch, batches, .. } = event {
                seen.push((batch, batches));
            }
            Ok(Flow::Continue)
        })
    });
    assert!(outcome.is_ok());
    assert_eq!(seen, (1..=8).map(|batch| (batch, 8)).collect::<Vec<_>>());
}

#[test]
fn the_decoder_learns_from_inputs_without_noise() {
    // Were the rating dropped there too, the code would be 0.5 instead of 2, and the gradient -2.25 instead of -6.
    let all = NoiseConfig::Dropout(dropout::Config { rate: rate(0.999_999), on: On::All, draw: Draw::EachEpoch });
    let mut noisy = Experiment { noise: vec![all], ..experiment(1, 1) };
    noisy.train.optimizer = serde_json::from_str(r#"{"sgd": {"lr": 0.001}}"#).unwrap();
    let moved = moved(&noisy);
    let of = |name: &str| moved.iter().find(|entry| entry.0 == name).unwrap().1;
    assert_eq!(of("encoder.weight"), 0.0);
    assert!((of("decoder.weight") - 0.006).abs() < 1e-4, "{moved:?}");
}
