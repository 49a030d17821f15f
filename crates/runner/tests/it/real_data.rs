//! One epoch on real ratings, where they are: in the folder that `HOURGLASS_DATASETS` names, or in `datasets`.

use std::path::{Path, PathBuf};

use crate::sandbox::Sandbox;

/// The shipped experiment with tiny layers, for one epoch, without its sweep.
fn shipped(data: &Path) -> String {
    let text = include_str!("../../../../experiments/ml-1m-deep.toml");
    let (before_sweep, _) = text.split_once("[sweep.grid]").unwrap();
    before_sweep
        .replace("\"datasets/ml-1m\"", &format!("{data:?}"))
        .replace("[256, 512, 256]", "[8, 4, 8]")
        .replace("epochs = 500", "epochs = 1")
}

#[test]
fn one_epoch_of_the_shipped_experiment() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets");
    let datasets = std::env::var_os("HOURGLASS_DATASETS").map_or(workspace, PathBuf::from);
    for (name, users, test_ratings) in [("ml-100k", 943, 10_000), ("ml-latest-small", 610, 10_084)] {
        let data = datasets.join(name);
        if !data.is_dir() {
            println!("skipped: {} is not present", data.display());
            continue;
        }
        let sandbox = Sandbox::new(&shipped(&data.canonicalize().unwrap()));
        sandbox.run_well("");
        let record = sandbox.record(0);
        let finished = record.outcome.finished().unwrap();
        assert_eq!((record.data.users, finished.test_ratings), (users, test_ratings), "{name}");
        for metric in finished.metric_names() {
            let value = finished.metric(&metric).unwrap();
            assert!(value.is_finite() && (0.5..4.0).contains(&value), "{name}: {metric} = {value}");
        }
    }
}
