//! Boltzmann machines and pre-trained networks from their file to their records.

use std::fs;

use hourglass_report::EpochTable;

use crate::sandbox::{Sandbox, TINY, assert_says, folder_with, hourglass};

/// [`TINY`] with whole ratings and another network, and lines that are put in front of it or behind it.
fn experiment(model: &str, first: &str, last: &str) -> String {
    let (name, rest) = TINY.split_once("[data.synthetic]").unwrap();
    let (_, rest) = rest.split_once("[split").unwrap();
    let data = "[data.delimited]\npath = \"ratings.csv\"\ncolumns = { user = \"user\", item = \"item\", rating = \"rating\" }\n";
    let rest = rest.replace("[model.autoencoder]\nlayers = [4]\n", &format!("{first}\n{model}\n"));
    format!("{name}{data}[split{rest}{last}")
}

/// 60 users and 40 items, ratings of 1 to 5.
fn ratings() -> String {
    let cells = (0..60).flat_map(|user| (0..40).map(move |item| (user, item)));
    let rated = cells.filter(|(user, item)| (user * 7 + item * 5) % 3 == 0);
    let lines = rated.map(|(user, item)| format!("{user},{item},{}\n", 1 + (user * 3 + item * item) % 5));
    ["user,item,rating\n".to_owned()].into_iter().chain(lines).collect()
}

fn sandbox(experiment: &str) -> Sandbox {
    let sandbox = Sandbox::new(experiment);
    fs::write(sandbox.path("ratings.csv"), ratings()).unwrap();
    sandbox
}

const MACHINE: &str = "[model.rbm]\nhidden = 6";
const NETWORK: &str = "[model.autoencoder]\nlayers = [8, 4, 8]";

#[test]
fn each_trains_and_predicts() {
    for (model, first, last) in [
        (MACHINE, "[objective.contrastive-divergence]\nsteps = 2", ""),
        (MACHINE, "[objective.cross-entropy]\npredict = \"mode\"", ""),
        (NETWORK, "[objective.cross-entropy]", "pretrain = { stacked = { epochs = 2 } }\n"),
        (NETWORK, "", "pretrain = { rbm = { epochs = 2, lr = 0.001 } }\n"),
    ] {
        let sandbox = sandbox(&experiment(model, first, last));
        assert_says(&sandbox.run_well("").stderr, &["1 finished, 0 finished before, 0 failed, 0 interrupted"]);
        let table = EpochTable::read(&sandbox.trial(0).epochs()).unwrap();
        let divergence = first.contains("divergence");
        for (name, cell) in table.rows.iter().flat_map(|row| table.columns.iter().zip(&row.cells)) {
            // A divergence is no measure of held-out ratings.
            let measured = !(divergence && name == "validation.loss");
            assert_eq!(cell.is_some_and(f64::is_finite), measured, "{name} of {first}");
        }
        assert!(fs::metadata(sandbox.trial(0).folder().join("loss.svg")).unwrap().len() > 0);
    }
}

#[test]
fn what_does_not_go_together_is_refused_before_anything_is_written() {
    for (model, first, last, pieces) in [
        (MACHINE, "", "", ["model.rbm", "use [objective.contrastive-divergence] or [objective.cross-entropy]"]),
        (NETWORK, "[objective.contrastive-divergence]", "", ["trains an RBM", "use [model.rbm], or"]),
        (
            "[model.autoencoder]\nlayers = [8, 4, 6]",
            "",
            "pretrain = { stacked = {} }\n",
            ["[8, 4, 6] is not symmetric", "leave train.pretrain out"],
        ),
    ] {
        let folder = folder_with(&experiment(model, first, last));
        fs::write(folder.path().join("ratings.csv"), ratings()).unwrap();
        for (verb, code) in [("run", 3), ("plan", 1)] {
            let ended = hourglass(folder.path(), &format!("{verb} tiny.toml"));
            assert_eq!(ended.code, Some(code), "{verb}: {}", ended.stderr);
            assert_says(&ended.stderr, &pieces);
            assert!(!folder.path().join("results/tiny").exists(), "{verb}");
        }
    }
}
