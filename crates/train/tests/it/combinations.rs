//! What does not go together is refused before anything is trained, with the reason and the remedy.

use hourglass_train::{Metric, check};
use serde_json::json;

use crate::experiment::{Experiment, NONE, table, varied};

#[test]
fn a_wrong_combination_is_refused_with_reason_and_remedy() {
    let with_validation = {
        let ratings = table(&[[5.0, NONE, 3.0], [NONE, 2.0, 4.0]]);
        Experiment { validation: table(&[[NONE, 4.0, NONE], [NONE; 3]]), ..Experiment::new(ratings) }
    };
    let without = Experiment::new(with_validation.ratings.clone());
    let good: &[&str] = &[];
    for (experiment, settings, complaint) in [
        (&with_validation, json!({"selection": "best"}), good),
        (&with_validation, json!({"selection": "best", "monitor": "validation.loss"}), good),
        (&without, json!({"selection": "best", "monitor": "loss"}), good),
        (&without, json!({"selection": "best", "monitor": "loss.masked-mse"}), good),
        (&without, json!({"monitor": "train.mae", "early_stopping": {"patience": 1}}), good),
        (&without, json!({"selection": "best"}), &["train.monitor = \"validation.rmse\"", "monitor \"loss\""]),
        (&without, json!({"early_stopping": {"patience": 1}}), &["no validation ratings", "without early_stopping"]),
        (
            &without,
            json!({"schedule": {"plateau": {"factor": 0.1, "patience": 1}}}),
            &["validation share", "schedule.plateau"],
        ),
        (
            &with_validation,
            json!({"monitor": "rmse"}),
            &[
                "train.monitor = \"rmse\" is not reported",
                "loss, loss.masked-mse, validation.loss, train.mae, validation.mae",
            ],
        ),
        (&with_validation, json!({"monitor": "test.rmse"}), &["\"test.rmse\" is not reported", "validation.rmse"]),
        (&with_validation, json!({"monitor": ""}), &["train.monitor = \"\" is not reported"]),
        (&without, json!({"selection": {"average": {"epochs": 3}}}), good),
        (
            &without,
            json!({"selection": {"average": {"epochs": 4}}}),
            &["last 4 epochs, but train.epochs = 3", "average fewer"],
        ),
        (
            &with_validation,
            json!({"selection": {"average": {"epochs": 2}}, "early_stopping": {"patience": 1}}),
            &["may never reach", "moving-average"],
        ),
        (
            &with_validation,
            json!({"selection": {"moving-average": {"decay": 0.9}}, "early_stopping": {"patience": 1}}),
            good,
        ),
        (&without, json!({"optimizer": {"lbfgs": {}}, "schedule": {"cosine": {}}}), good),
        (
            &without,
            json!({"optimizer": {"lbfgs": {}}, "gradient": {"sum-of": 2}}),
            &["train.optimizer.lbfgs", "of-batch"],
        ),
        (
            &without,
            json!({"optimizer": {"lbfgs": {}}, "gradient": "never-cleared"}),
            &["train.gradient adds batches up"],
        ),
        (&without, json!({"optimizer": {"lbfgs": {}}, "clip_gradient": 1.0}), &["leave clip_gradient out"]),
        (&without, json!({"optimizer": {"rprop": {}}, "schedule": {"cosine": {}}}), &["train.schedule", "rprop"]),
    ] {
        let result = varied(experiment, settings.clone()).with_task(check);
        match result {
            Ok(()) => assert!(complaint.is_empty(), "{settings} was taken"),
            Err(error) => {
                let error = error.to_string();
                assert!(
                    !complaint.is_empty() && complaint.iter().all(|piece| error.contains(piece)),
                    "{settings}: {error}"
                );
            }
        }
    }
}

#[test]
fn a_network_and_what_it_is_trained_by_that_do_not_go_together_are_refused() {
    let ratings = table(&[[1.0, NONE, 0.0], [NONE, 1.0, 1.0]]);
    let mut plain = Experiment { validation: table(&[[NONE, 1.0, NONE], [NONE; 3]]), ..Experiment::new(ratings) };
    plain.evaluation.metrics =
        ["rmse", "ndcg@2"].map(|name| name.parse::<Metric>().unwrap()).to_vec().try_into().unwrap();
    for (model, objective, penalty, train, complaint) in [
        (json!({"autoencoder": {}}), json!({"multinomial": {}}), json!({}), json!({}), None),
        (
            json!({"autoencoder": {}}),
            json!({"multinomial": {}}),
            json!({}),
            json!({"selection": "best"}),
            Some("set monitor = \"validation.loss\""),
        ),
        (
            json!({"autoencoder": {}}),
            json!({"multinomial": {}}),
            json!({}),
            json!({"selection": "best", "monitor": "validation.ndcg@2"}),
            None,
        ),
        (
            json!({"rbm": {}}),
            json!({"contrastive-divergence": {}}),
            json!({}),
            json!({"selection": "best", "monitor": "validation.loss"}),
            Some("set monitor = \"validation.rmse\""),
        ),
        (
            json!({"autoencoder": {}}),
            json!({"masked-mse": {}}),
            json!({"kl-sparsity": {"weight": 1.0}}),
            json!({}),
            Some("set of = \"code\""),
        ),
        (
            json!({"autoencoder": {"normalisation": "batch"}}),
            json!({"masked-mse": {}}),
            json!({"contractive": {"weight": 1.0}}),
            json!({}),
            Some("use normalisation = \"layer\""),
        ),
        (
            json!({"autoencoder": {"tied_weights": true}}),
            json!({"masked-mse": {}}),
            json!({"l2": {"weight": 1.0, "decoder": 2.0}}),
            json!({}),
            Some("shares the encoder's"),
        ),
        (
            json!({"autoencoder": {"tied_weights": true}}),
            json!({"masked-mse": {}}),
            json!({}),
            json!({"alternate": {}}),
            Some("leave alternate out"),
        ),
        (
            json!({"autoencoder": {"output_activation": "sigmoid", "output_range": [1, 5]}}),
            json!({"bce": {}}),
            json!({}),
            json!({}),
            Some("leave output_range out"),
        ),
        (
            json!({"cdae": {"output_activation": "tanh"}}),
            json!({"cross-entropy": {}}),
            json!({}),
            json!({}),
            Some("set output_activation = \"linear\""),
        ),
        (
            json!({"autoencoder": {}}),
            json!({"masked-mse": {}}),
            json!({}),
            json!({"refeed": 1, "optimizer": {"rprop": {}}}),
            Some("leave refeed or these out"),
        ),
    ] {
        let mut experiment = varied(&plain, train);
        experiment.model = serde_json::from_value(model.clone()).unwrap();
        experiment.objective = serde_json::from_value(objective).unwrap();
        experiment.penalty = serde_json::from_value(penalty).unwrap();
        match (experiment.with_task(check), complaint) {
            (Ok(()), None) => {}
            (Err(error), Some(complaint)) => assert!(error.to_string().contains(complaint), "{model}: {error}"),
            (found, _) => panic!("{model}: {found:?} instead of {complaint:?}"),
        }
    }
}
