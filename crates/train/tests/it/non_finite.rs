//! A loss that is not a number ends the training before it can spoil a weight.

use hourglass_train::engine::EngineConfig;
use hourglass_train::state::State;
use hourglass_train::{Error, Event, Flow, checkpoint, fit};
use tch::Tensor;

use crate::experiment::{Experiment, NONE, adam, assert_same_weights, l2, table};

#[test]
fn the_error_names_epoch_batch_and_rows() {
    // The squares of these do not fit a 32-bit float; the first row has no rating and is never visited.
    let huge = 1e30;
    for (batch, ratings, culprits) in [
        (1, table(&[[NONE; 3], [1.0, 2.0, NONE], [huge, NONE, NONE], [NONE, 1.0, 3.0]]), "2"),
        (1, table(&[[NONE; 3], [1.0, huge, NONE], [1.0, NONE, NONE], [NONE, 1.0, 3.0]]), "1"),
    ] {
        let mut experiment = Experiment::new(ratings);
        experiment.train.batch = batch.try_into().unwrap();
        let mut batches = 0;
        let error = experiment.with_task(|task| {
            fit(task, None, &mut |event| {
                assert!(matches!(event, Event::Batch { .. }), "no epoch ends well");
                batches += 1;
                Ok(Flow::Continue)
            })
        });
        let Err(Error::NonFiniteLoss { loss, epoch, batch, rows }) = error else { panic!("no error") };
        assert!(!loss.is_finite());
        assert_eq!((epoch, batch, rows.as_str()), (1, batches + 1, culprits));
    }
}

#[test]
fn the_message_lists_the_first_rows_of_the_batch() {
    let mut experiment = Experiment::new(table(&[[1e30]; 8]));
    experiment.train.batch = 8.try_into().unwrap();
    let Err(error) = experiment.fit(None, |_, _| Flow::Continue) else { panic!("no error") };
    let Error::NonFiniteLoss { rows, .. } = &error else { panic!("{error}") };
    assert_eq!(rows.split(", ").count(), 5, "{rows}");
    assert!(error.to_string().starts_with("the loss became inf in epoch 1, batch 1 (rows "), "{error}");
}

#[test]
fn the_weights_stay_as_the_last_good_step_left_them() {
    // A step of this size leaves finite weights whose outputs overflow in the next epoch.
    let mut experiment = Experiment::new(table(&[[5.0, 3.0, NONE], [1.0, NONE, 2.0]]));
    experiment.train.optimizer = adam(1e30);
    let mut held: Vec<(String, Tensor)> = Vec::new();
    let mut copies = Vec::new();
    let outcome = experiment.fit(None, |_, state| {
        held = state.model.weights();
        copies = held.iter().map(|(name, tensor)| (name.clone(), tensor.copy())).collect();
        Flow::Continue
    });
    let Err(Error::NonFiniteLoss { epoch, batch, .. }) = outcome else { panic!("no error") };
    assert_eq!((epoch, batch), (2, 1));
    assert!(held.iter().all(|(_, tensor)| tensor.isfinite().all().int64_value(&[]) == 1));
    assert_same_weights(&held, &copies, "after the error");
}

#[test]
fn a_gradient_that_is_not_finite_is_noticed_at_its_step() {
    // A penalty of 3e38 · 0.8² is a number, its slope of 2 · 3e38 · 0.8 is none.
    let mut experiment =
        Experiment { penalty: l2(3e38), ..Experiment::new(table(&[[5.0, 3.0, NONE], [1.0, NONE, 2.0]])) };
    // The sparse engine never has the whole gradient of a penalised weight: there, the next step's loss tells.
    experiment.train.engine = EngineConfig::Dense;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("initial.safetensors");
    experiment.with_task(|task| {
        let state = State::start(task);
        state.model.weights().into_iter().for_each(|(_, mut weight)| drop(weight.zero_()));
        drop(state.model.weights()[0].1.get(0).get(0).fill_(0.8));
        checkpoint::save(&path, &state).unwrap();
    });
    let Err(error) = experiment.fit(Some(&path), |_, _| Flow::Continue) else { panic!("no error") };
    let Error::NonFiniteGradient { loss, epoch, batch, rows } = &error else { panic!("{error}") };
    assert!(loss.is_finite());
    assert_eq!((*epoch, *batch, rows.split(", ").count()), (1, 1, 2));
    assert!(error.to_string().contains("its gradient became infinite or not a number in epoch 1, batch 1"), "{error}");
}
