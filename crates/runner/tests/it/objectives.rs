//! Each objective and penalty as an experiment file says it, from the file to records.

use std::fs;

use crate::sandbox::{Sandbox, TINY};

const CASES: &str = r#"
[[sweep.cases]]
objective = { masked-mse = { over = "sum", corrupted = 1.1, kept = 0.7 } }
"input.noise" = [{ dropout = { rate = 0.2 } }]
"input.range" = [-1, 1]
"model.autoencoder.output_activation" = "tanh"

[[sweep.cases]]
objective = { masked-mse = { over = "columns" } }
"train.refeed" = 1

[[sweep.cases]]
objective = { full-mse = {} }
"input.noise" = [{ gaussian = { std = 0.2, on = "all" } }]
"input.target" = "noisy"
penalty = { kl-sparsity = { weight = 0.2, of = "code" } }

[[sweep.cases]]
objective = { bce = { on = "all" } }
"input.range" = [0, 1]
"model.autoencoder.output_activation" = "sigmoid"
penalty = { l1-code = { weight = 0.01, warmup = 2 } }

[[sweep.cases]]
objective = { bce-with-logits = {} }
"input.range" = [0, 1]
penalty = { contractive = { weight = 0.01 } }

[[sweep.cases]]
objective = { multinomial = {} }
"train.monitor" = "validation.loss"
"input.scale" = "unit-norm"
"model.autoencoder.layers" = [6, 3, 6]
penalty = { contractive = { weight = 0.01 }, kl-sparsity = { weight = 0.1, of = "code" } }
"#;

#[test]
fn each_trains_and_leaves_its_columns() {
    let sandbox = Sandbox::new(&format!("{}{CASES}", TINY.replace("epochs = 3", "epochs = 2")));
    sandbox.run_well("");
    for (position, columns) in [
        "loss,loss.masked-mse,validation.loss",
        "loss,loss.masked-mse,validation.loss",
        "loss,loss.full-mse,loss.kl-sparsity,validation.loss",
        "loss,loss.bce,loss.l1-code,validation.loss",
        "loss,loss.bce-with-logits,loss.contractive,validation.loss",
        "loss,loss.multinomial,loss.contractive,loss.kl-sparsity,validation.loss",
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(sandbox.record(position).outcome.name(), "finished");
        let epochs = fs::read_to_string(sandbox.trial(position).epochs()).unwrap();
        assert!(epochs.lines().next().unwrap().contains(columns), "{columns}: {epochs}");
        assert_eq!(epochs.lines().count(), 3, "{epochs}");
        assert!(!epochs.to_lowercase().contains("nan"), "{epochs}");
    }
    // Whatever the units of the training, errors are those of stars.
    let rmse = |position: usize| sandbox.record(position).outcome.finished().unwrap().test["rmse"].unwrap();
    assert!((0.3..2.0).contains(&rmse(0)), "{}", rmse(0));
}
