//! Coarser products change a training a little, and are refused where they make no sense.

use hourglass_train::check;
use serde_json::json;

use crate::experiment::{Experiment, NONE, table, varied};

fn experiment() -> Experiment {
    Experiment::new(table(&[
        [5.0, 1.0, NONE, 2.0],
        [NONE, 3.0, 4.0, 1.0],
        [2.0, NONE, 5.0, 4.0],
        [1.0, 4.0, 2.0, NONE],
    ]))
}

#[test]
fn bfloat16_comes_near_what_single_precision_gives() {
    for model in [
        r#"{"autoencoder": {"layers": [8, 6, 8], "activation": "selu", "normalisation": "layer"}}"#,
        r#"{"autoencoder": {"layers": [8], "tied_weights": true}}"#,
        r#"{"variational": {"layers": [8, 4, 8]}}"#,
    ] {
        let trained = |precision: &str| {
            let model = serde_json::from_str(model).unwrap();
            let settings = json!({"precision": precision, "engine": "dense", "epochs": 20});
            varied(&Experiment { model, ..experiment() }, settings).train()
        };
        let (exact, coarse) = (trained("float32"), trained("bfloat16"));
        let losses = |epoch: usize| [&exact, &coarse].map(|trained| trained.reports[epoch].values[0].unwrap());
        assert_ne!(exact.reports, coarse.reports, "{model}");
        for epoch in [0, 19] {
            let [exact, coarse] = losses(epoch);
            assert!((coarse / exact - 1.0).abs() < 0.02, "{model}: {coarse} instead of {exact} in epoch {}", epoch + 1);
        }
        assert_eq!(trained("float32").reports, exact.reports, "{model}: the mode ends with the training");
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    for (settings, penalty, complaint) in [
        (json!({"precision": "float32"}), "{}", None),
        (json!({"precision": "bfloat16"}), "{}", None),
        (json!({"precision": "tf32"}), "{}", Some("a way of GPUs to multiply")),
        (json!({"precision": "bfloat16", "engine": "sparse"}), "{}", Some("train.precision asks for coarser products")),
        (json!({"precision": "bfloat16"}), r#"{"contractive": {"weight": 0.1}}"#, Some("too coarse for the slopes")),
    ] {
        let experiment = Experiment { penalty: serde_json::from_str(penalty).unwrap(), ..experiment() };
        let found = varied(&experiment, settings.clone()).with_task(check).map_err(|error| error.to_string());
        match (found, complaint) {
            (Ok(()), None) => {}
            (Err(error), Some(complaint)) => assert!(error.contains(complaint), "{error}"),
            (found, _) => panic!("{settings}: {found:?}"),
        }
    }
}
