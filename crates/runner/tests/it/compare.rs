//! Comparing and listing what was run.

use std::collections::HashSet;
use std::fs;

use crate::sandbox::{Sandbox, TINY, assert_says, tiny_with};

/// Two settings of three seeds, trained until they differ: at first all predictions are cut off at the lowest rating.
fn swept() -> Sandbox {
    let seeds = "name = \"tiny\"\nseeds = [1, 2, 3]";
    let experiment = tiny_with("name = \"tiny\"", seeds).replace("epochs = 3", "epochs = 200");
    let sandbox = Sandbox::new(&(experiment + "\n[sweep.grid]\n\"input.fill\" = [\"zero\", { constant = 3 }]\n"));
    sandbox.run_well("");
    sandbox
}

#[test]
fn settings_are_compared_across_experiments() {
    let sandbox = swept();
    let other = TINY.replace("tiny", "other").replace("epochs = 3", "epochs = 200").replace("[4]", "[8, 4, 8]");
    fs::write(sandbox.path("other.toml"), other).unwrap();
    let ended = sandbox.hourglass("run other.toml --threads 1");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);

    let files = "--chart out/curves --csv out/t.csv --parquet out/t.parquet --markdown out/t.md";
    let ended = sandbox.hourglass(&format!("compare tiny other {files}"));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let expected = [
        "experiment",
        "fill",
        "layers",
        "test.rmse",
        "constant 3",
        "8-4-8",
        "p (Holm)",
        "best",
        "1 common seed: too few to test; at least 3",
    ];
    assert_says(&ended.stdout, &expected);
    assert!(!ended.stdout.contains("batch"), "only what differs: {}", ended.stdout);
    for file in ["curves.svg", "curves.png", "t.parquet"] {
        assert!(sandbox.path("out").join(file).is_file(), "{file}");
    }
    let csv = fs::read_to_string(sandbox.path("out/t.csv")).unwrap();
    assert!(csv.starts_with("place,experiments,input.fill,model.autoencoder.layers,test.rmse.mean,"), "{csv}");
    assert_eq!(csv.lines().count(), 4);
    assert!(csv.contains("\"{\"\"constant\"\":3.0}\"") && csv.contains(sandbox.id(0)), "{csv}");
    assert!(fs::read_to_string(sandbox.path("out/t.md")).unwrap().starts_with("| # | experiment | fill |"));

    let means: HashSet<&str> = csv.lines().skip(1).filter_map(|line| line.rsplit(',').nth(7)).collect();
    assert_eq!(means.len(), 3, "the settings differ: {csv}");

    // The same by folder, by file and by the beginning of an id.
    let by_name = sandbox.hourglass("compare tiny").stdout;
    assert_eq!(sandbox.hourglass("compare results/tiny").stdout, by_name);
    assert_eq!(sandbox.hourglass("compare tiny.toml tiny").stdout, by_name);
    let alone = sandbox.hourglass(&format!("compare {}", &sandbox.id(0)[..6]));
    assert_says(&alone.stdout, &["test.rmse", "best"]);
    // By another metric and test, of some of the runs.
    let ended = sandbox.hourglass("compare tiny --by validation.mae --test wilcoxon --where seed<3");
    assert_says(&ended.stdout, &["validation.mae", "2 common seeds: too few to test; at least 6"]);
}

#[test]
fn runs_are_listed_by_what_they_are() {
    let sandbox = swept();
    let cases = [
        ("list", "6 of 6 runs"),
        ("list input.fill=zero", "3 of 6 runs"),
        ("list model.autoencoder.layers=[4]", "6 of 6 runs"),
        ("list seed=1 --of tiny", "2 of 6 runs"),
        ("list test.rmse<0", "0 of 6 runs"),
    ];
    for (arguments, expected) in cases {
        let ended = sandbox.hourglass(arguments);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert_says(&ended.stdout, &[expected]);
    }
    let id = sandbox.id(5);
    assert_says(
        &sandbox.hourglass("list").stdout,
        &["experiment", "finished", id, "input.fill constant 3", "test.rmse"],
    );
}

#[test]
fn a_broken_record_is_told_and_does_not_stop_the_others() {
    let sandbox = swept();
    fs::write(sandbox.trial(0).record(), "{").unwrap();
    fs::write(sandbox.trial(1).trial_toml(), "[").unwrap();
    let ended = sandbox.hourglass("list");
    assert_eq!(ended.code, Some(0));
    assert_says(&ended.stdout, &["4 of 4 runs"]);
    assert_says(&ended.stderr, &["run.json: not a record of a run", "trial.toml: not a setting of a run"]);
    assert_eq!(ended.stderr.lines().count(), 2, "{}", ended.stderr);
}

#[test]
fn what_is_wrong_is_told_with_what_is_accepted() {
    let sandbox = Sandbox::new(TINY);
    sandbox.run_well("");
    let cases = [
        ("compare tyni", ["`tyni` has no results", "did you mean `tiny`?"]),
        ("compare tiny --by test.rsme", ["there are test.mae, test.rmse", "did you mean `test.rmse`?"]),
        ("compare tiny --where seed=2", ["leaves no run to compare", "hourglass list"]),
        ("compare tiny --csv t.txt", ["--csv t.txt", "must end in .csv"]),
        ("compare tiny --chart c --curve validation.rsme", ["no such column", "did you mean `validation.rmse`?"]),
        ("list inptu.fill=zero", ["column 1: `inptu.fill`: no run has it", "did you mean `input.fill`?"]),
        ("list seed=", ["the filter `seed=`: column 6", "expected a value"]),
    ];
    for (arguments, pieces) in cases {
        let ended = sandbox.hourglass(arguments);
        assert_eq!(ended.code, Some(1), "{arguments}");
        assert_says(&ended.stderr, &pieces);
    }
}
