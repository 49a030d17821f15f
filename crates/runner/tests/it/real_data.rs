//! One epoch on real ratings, where they are: in the folder that `HOURGLASS_DATASETS` names, or in `datasets`.

use std::path::{Path, PathBuf};

use crate::sandbox::{Sandbox, TINY, assert_says};

/// The shipped experiment with tiny layers, for one epoch, without its sweep.
fn shipped(data: &Path) -> String {
    let text = include_str!("../../../../experiments/ml-1m-deep.toml");
    let (before_sweep, _) = text.split_once("[sweep.grid]").unwrap();
    before_sweep
        .replace("\"datasets/ml-1m\"", &format!("{data:?}"))
        .replace("[256, 512, 256]", "[8, 4, 8]")
        .replace("epochs = 500", "epochs = 1")
}

/// The folder of a data set, unless it is not there.
fn present(name: &str) -> Option<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets");
    let folder = std::env::var_os("HOURGLASS_DATASETS").map_or(workspace, PathBuf::from).join(name);
    if folder.is_dir() {
        return Some(folder.canonicalize().unwrap());
    }
    println!("skipped: {} is not present", folder.display());
    None
}

#[test]
fn inspect_prints_what_is_known_of_each_data_set() {
    let delimited = |files: &str, columns: &str, format: &str| {
        format!("[data.delimited]\npath = [{files}]\ncolumns = {{ {columns} }}\nformat = {{ {format} }}\n")
    };
    let movielens = "[data.movielens]\npath = \"FOLDER\"\n".to_owned();
    let douban = delimited(
        "\"FOLDER/train.tsv.gz\", \"FOLDER/test.tsv.gz\"",
        "user = 1, item = 2, rating = 3",
        "separator = \"\\t\", header = false",
    );
    let amazon =
        delimited("\"FOLDER/ratings.csv\"", "user = \"reviewerID\", item = \"asin\", rating = \"overall\"", "");
    let cases = [
        ("ml-1m", &movielens, &["6,040\n", "3,706\n", "1,000,209, ", "mean 3.581564", "56,174", "226,310"][..]),
        (
            "ml-100k",
            &movielens,
            &["943\n", "1,682\n", "100,000, ", "mean 3.529860", "6,110", "1997-09-20 to 1998-04-22"],
        ),
        ("ml-latest-small", &movielens, &["610\n", "9,724\n", "100,836, ", "mean 3.501557", "1,370", "13,211"]),
        ("douban", &douban, &["2,999\n", "3,000\n", "136,891, "]),
        ("amazon-musical-instruments-5core", &amazon, &["1,429\n", "900\n", "10,261, ", "mean 4.488744", "6,938"]),
    ];
    let sandbox = Sandbox::new(TINY);
    for (name, source, known) in cases {
        let Some(folder) = present(name) else { continue };
        let source = source.replace("FOLDER", &folder.display().to_string());
        std::fs::write(sandbox.path("source.toml"), source).unwrap();
        let ended = sandbox.hourglass("data inspect source.toml");
        assert_eq!(ended.code, Some(0), "{name}: {}", ended.stderr);
        assert_says(&ended.stdout, known);
    }
}

#[test]
fn one_epoch_of_the_shipped_experiment() {
    for (name, users, test_ratings) in [("ml-100k", 943, 10_000), ("ml-latest-small", 610, 10_084)] {
        let Some(data) = present(name) else { continue };
        let sandbox = Sandbox::new(&shipped(&data));
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
