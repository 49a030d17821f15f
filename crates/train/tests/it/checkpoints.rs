//! Interrupting and going on, and files that do not fit.

use std::num::NonZeroUsize;
use std::path::Path;

use hourglass_data::FillConfig;
use hourglass_models::Activation::{Linear, Selu, Sigmoid};
use hourglass_models::autoencoder;
use hourglass_models::range::NonNegative;
use hourglass_train::noise::{Draw, On, dropout, gaussian};
use hourglass_train::state::State;
use hourglass_train::{Flow, ModelConfig, NoiseConfig, Outcome, Selection, checkpoint, early_stopping};
use serde_json::json;

use crate::experiment::{
    Experiment, NONE, adam, assert_same_weights, l2, model, network, rate, table, training, varied,
};

/// With everything that is drawn at random, and everything that has a memory.
fn experiment() -> Experiment {
    let plain = Experiment::new(table(&[
        [5.0, NONE, 3.0, NONE, 1.0],
        [NONE, 2.0, NONE, 4.0, 4.0],
        [1.0, 2.0, 3.0, 4.0, NONE],
        [NONE, NONE, NONE, NONE, 2.0],
        [4.0, 4.0, NONE, NONE, 4.0],
    ]));
    let mut experiment = Experiment {
        validation: table(&[
            [NONE, 2.0, NONE, NONE, NONE],
            [NONE, NONE, NONE, NONE, NONE],
            [NONE, NONE, NONE, NONE, 5.0],
            [1.0, NONE, NONE, 3.0, NONE],
            [NONE, NONE, 4.0, NONE, NONE],
        ]),
        fill: FillConfig::UserMean,
        noise: vec![
            NoiseConfig::Gaussian(gaussian::Config {
                std: NonNegative::try_from(0.3).unwrap(),
                clamp: None,
                on: On::All,
                draw: Draw::EachEpoch,
            }),
            NoiseConfig::Dropout(dropout::Config { rate: rate(0.2), on: On::Observed, draw: Draw::Once }),
        ],
        model: ModelConfig::Autoencoder(autoencoder::Config {
            dropout: rate(0.3),
            ..network(&[4, 3, 4], Selu, Linear)
        }),
        penalty: l2(0.001),
        ..plain
    };
    experiment.train = training(12, 2);
    experiment.train.optimizer = adam(0.1);
    experiment.train.selection = Selection::Best;
    experiment.train.early_stopping = Some(early_stopping::Config {
        patience: NonZeroUsize::new(5).unwrap(),
        min_delta: NonNegative::try_from(0.0).unwrap(),
    });
    experiment
}

/// Trains up to this epoch, saves and stops there.
fn interrupt(experiment: &Experiment, epoch: usize, path: &Path) {
    let outcome = experiment.fit(None, |report, state| {
        if report.epoch < epoch {
            return Flow::Continue;
        }
        checkpoint::save(path, state).unwrap();
        Flow::Stop
    });
    assert!(matches!(outcome, Ok(Outcome::Interrupted { epoch: stopped }) if stopped == epoch), "epoch {epoch}");
}

/// The same training with everything else that has a memory, in turn.
fn experiments() -> Vec<(String, Experiment)> {
    let settings = [
        json!({}),
        json!({"selection": "last"}),
        json!({"selection": {"average": {"epochs": 5}}, "early_stopping": null}),
        json!({"selection": {"moving-average": {"decay": 0.7}}}),
        json!({"gradient": "never-cleared", "optimizer": {"rmsprop": {"momentum": 0.5}}}),
        json!({"gradient": {"sum-of": 2}, "clip_gradient": 0.1}),
        json!({"schedule": {"linear-warmup": {"epochs": 1.5}, "cosine": {}, "plateau": {"factor": 0.5, "patience": 1}}}),
        json!({"optimizer": {"lbfgs": {"iterations": 4, "history": 3}}, "batch": 5}),
        json!({"optimizer": {"lbfgs": {"lr": 0.1, "line_search": "none"}}, "batch": 3, "schedule": {"exponential": {"factor": 0.9}}}),
        json!({"batch": 1, "order": "as-given", "monitor": "loss", "optimizer": {"sgd": {"momentum": 0.9}}}),
    ];
    settings.map(|settings| (settings.to_string(), varied(&experiment(), settings))).into()
}

#[test]
fn going_on_from_any_epoch_ends_in_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.safetensors");
    for (name, experiment) in experiments() {
        let whole = experiment.train();
        assert!(whole.reports.len() > 5, "too short a training to say anything: {}", whole.reports.len());
        for epoch in 1..whole.reports.len() {
            interrupt(&experiment, epoch, &path);
            assert_eq!(checkpoint::epochs_done(&path).unwrap(), epoch);
            let rest = experiment.train_from(Some(&path));
            assert_eq!(rest.reports, whole.reports[epoch..], "{name}, interrupted after epoch {epoch}");
            assert_eq!(rest.selected_epoch, whole.selected_epoch);
            assert_same_weights(&rest.weights, &whole.weights, &format!("{name} after epoch {epoch}"));
        }
    }
}

#[test]
fn the_weights_of_the_best_epoch_are_kept() {
    let experiment = experiment();
    let mut of_each_epoch = Vec::new();
    let outcome = experiment.fit(None, |_, state| {
        of_each_epoch.push(state.model.weights().into_iter().map(|(name, t)| (name, t.copy())).collect());
        Flow::Continue
    });
    let Ok(Outcome::Finished(fitted)) = outcome else { panic!("the training did not finish") };
    assert!(fitted.selected_epoch < fitted.epochs, "a best epoch before the last one is what this is about");
    let best: &Vec<_> = &of_each_epoch[fitted.selected_epoch - 1];
    assert_same_weights(&fitted.model.weights(), best, "best epoch");
}

#[test]
fn a_checkpoint_brings_back_everything() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.safetensors");
    for (name, experiment) in experiments() {
        let mut checked = 0;
        let outcome = experiment.fit(None, |_, state| {
            checkpoint::save(&path, state).unwrap();
            let loaded = experiment.with_task(|task| checkpoint::load(&path, task)).unwrap();
            assert_same_state(state, &loaded);
            checked += 1;
            Flow::Continue
        });
        assert!(outcome.is_ok() && checked > 5, "{name}");
    }
}

fn assert_same_state(left: &State, right: &State) {
    assert_eq!((left.epoch, left.stopped, &left.watch), (right.epoch, right.stopped, &right.watch));
    assert_same_weights(&left.model.weights(), &right.model.weights(), "weights");
    assert_eq!(left.optimizer.steps(), right.optimizer.steps());
    assert_same_weights(&left.optimizer.state(), &right.optimizer.state(), "moments");
    assert_eq!(left.plateau, right.plateau);
    let named = |state: &State| -> Vec<_> {
        state.gradients.iter().map(|sum| ("sum of gradients".to_owned(), sum.shallow_clone())).collect()
    };
    assert_same_weights(&named(left), &named(right), "gradients");
    assert_eq!(left.selected.is_some(), right.selected.is_some());
    if let (Some(left), Some(right)) = (&left.selected, &right.selected) {
        assert_same_weights(left, right, "selected weights");
    }
}

#[test]
fn a_finished_training_has_nothing_left_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.safetensors");
    let experiment = experiment();
    let whole = experiment.fit(None, |_, state| {
        checkpoint::save(&path, state).unwrap();
        Flow::Continue
    });
    let Ok(Outcome::Finished(whole)) = whole else { panic!("the training did not finish") };
    let again = experiment.train_from(Some(&path));
    assert!(again.reports.is_empty());
    assert_same_weights(&again.weights, &whole.model.weights(), "nothing was trained");
}

#[test]
fn files_that_do_not_fit_are_errors_that_name_the_file_and_the_trouble() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let experiment = experiment();
    interrupt(&experiment, 3, &file("whole"));
    let whole = std::fs::read(file("whole")).unwrap();
    std::fs::write(file("truncated"), &whole[..whole.len() - 100]).unwrap();
    std::fs::write(file("cut in the header"), &whole[..50]).unwrap();
    std::fs::write(file("empty"), b"").unwrap();
    std::fs::write(file("text"), b"epoch,loss\n1,0.5\n").unwrap();
    experiment.with_task(|task| checkpoint::write(&file("weights"), &State::start(task).model.weights()).unwrap());
    interrupt(&Experiment { model: model(&[4], Sigmoid, Linear), ..experiment.clone() }, 3, &file("shallow"));
    interrupt(&Experiment { model: model(&[4, 2, 4], Selu, Linear), ..experiment.clone() }, 3, &file("narrow"));
    let mut last = experiment.clone();
    last.train.selection = Selection::Last;
    interrupt(&last, 3, &file("without best"));
    for (name, trouble) in [
        ("absent", ""),
        ("truncated", ""),
        ("cut in the header", ""),
        ("empty", ""),
        ("text", ""),
        ("weights", "has no `progress`"),
        ("shallow", "has no `hidden.0.weight`"),
        ("narrow", "`hidden.0.weight` is [2, 4], the model needs [3, 4]"),
        ("without best", "has no `selected.encoder.weight`"),
    ] {
        let Err(error) = experiment.fit(Some(&file(name)), |_, _| Flow::Continue) else { panic!("{name} was taken") };
        let error = error.to_string();
        let begins = format!("checkpoint {}: ", file(name).display());
        assert!(error.starts_with(&begins) && error.contains(trouble), "{name}: {error}");
        assert!(error.ends_with("delete the file to start this trial again"), "{name}: {error}");
    }
}

#[test]
fn a_checkpoint_that_cannot_be_written_is_an_error_and_leaves_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.safetensors");
    let experiment = experiment();
    interrupt(&experiment, 2, &path);
    let before = std::fs::read(&path).unwrap();
    // A folder stands where the new file would be written first.
    let temporary = format!("{}.{}.part", path.display(), std::process::id());
    std::fs::create_dir(temporary).unwrap();
    let error = experiment.with_task(|task| checkpoint::save(&path, &State::start(task))).unwrap_err();
    assert!(error.to_string().starts_with(&format!("cannot write {}: ", path.display())), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}
