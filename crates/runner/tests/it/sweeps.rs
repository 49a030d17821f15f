//! What a sweep makes of an experiment: points, their order, and what a file takes over from another.

use std::fs;

use hourglass::cli::Choice;
use hourglass::plan::Plan;
use hourglass::spec::Spec;

use crate::sandbox::{Sandbox, TINY, assert_says, folder_with, hourglass, read};

fn plan(text: &str) -> Plan {
    Plan::new(Spec::parse(text).unwrap()).unwrap_or_else(|error| panic!("{text}\n{error:#}"))
}

/// The labels of the trials of [`TINY`] with this sweep, in one line.
fn labels(sweep: &str) -> String {
    let labels: Vec<String> = plan(&format!("{TINY}{sweep}")).trials.iter().map(|trial| trial.label.clone()).collect();
    let short = [("train.epochs", "epochs"), ("train.batch", "batch"), (" seed=1", "")];
    short.iter().fold(labels.join(" | "), |text, (long, short)| text.replace(long, short))
}

#[test]
fn each_part_of_the_grammar_makes_its_points() {
    for (sweep, expected) in [
        (
            "[sweep.grid]\n\"train.epochs\" = { integer = { from = 1, to = 5, step = 2 } }",
            "epochs=1 | epochs=3 | epochs=5",
        ),
        (
            "[sweep.zip]\n\"train.epochs\" = [1, 2]\n\"train.batch\" = { integer = { from = 8, to = 9 } }",
            "batch=8 epochs=1 | batch=9 epochs=2",
        ),
        (
            "[sweep.grid]\n\"train.epochs\" = [1, 2]\n[sweep.zip]\n\"train.batch\" = [4, 5]",
            "batch=4 epochs=1 | batch=5 epochs=1 | batch=4 epochs=2 | batch=5 epochs=2",
        ),
        (
            "[sweep.grid]\n\"train.epochs\" = [1, 2]\n\
             [[sweep.blocks]]\n[[sweep.blocks]]\ngrid.\"train.batch\" = [4, 5]",
            "batch=16 epochs=1 | batch=4 epochs=1 | batch=5 epochs=1 | batch=16 epochs=2 | batch=4 epochs=2 | batch=5 epochs=2",
        ),
        (
            "[[sweep.blocks]]\ngrid.\"train.epochs\" = [1, 2]\n\
             [[sweep.blocks]]\nzip = { \"train.epochs\" = [7, 8], \"train.batch\" = [1, 2] }",
            "batch=16 epochs=1 | batch=16 epochs=2 | batch=1 epochs=7 | batch=2 epochs=8",
        ),
        (
            "[sweep]\nwhen = 'train.epochs > 1 or train.batch = 4'\nexclude = ['train.epochs = 3 and train.batch < 5']\n\
             [sweep.grid]\n\"train.epochs\" = [1, 2, 3]\n\"train.batch\" = [4, 5]",
            "batch=4 epochs=1 | batch=4 epochs=2 | batch=5 epochs=2 | batch=5 epochs=3",
        ),
        (
            "[sweep.grid]\n\"train.epochs\" = [1, 2]\n\
             [[sweep.blocks]]\nwhen = 'train.epochs = 1'\n\
             [[sweep.blocks]]\nwhen = 'train.epochs != 1'\ngrid.\"train.batch\" = [4, 5]",
            "batch=16 epochs=1 | batch=4 epochs=2 | batch=5 epochs=2",
        ),
        ("[sweep]\nexclude = ['input.rows = items']\n[sweep.grid]\n\"train.epochs\" = [1]", "epochs=1"),
        (
            "[sweep.zip]\nseed = [5, 6]\n\"split.random.seed\" = [7, 8]",
            "split.random.seed=7 seed=5 | split.random.seed=8 seed=6",
        ),
    ] {
        assert_eq!(labels(sweep), expected, "{sweep}");
    }
}

#[test]
fn numbers_of_a_log_range_are_round() {
    let sweep = "[sweep.grid]\n\"penalty.l2\" = [{ weight = 0.5 }]\n\
                 \"penalty.l2.weight\" = { log = { from = 1e-3, to = 1, steps = 4 } }";
    let weights: Vec<String> = plan(&format!("{TINY}{sweep}"))
        .trials
        .iter()
        .map(|trial| trial.swept["penalty.l2.weight"].to_string())
        .collect();
    assert_eq!(weights, ["0.001", "0.01", "0.1", "1.0"]);
}

const RANDOM: &str = "[sweep.random]\ntrials = 6\nseed = 3\n[sweep.random.values]\n\
                      \"train.epochs\" = { integer = { from = 1, to = 50 } }\n\
                      \"train.optimizer.adam.lr\" = { log = { from = 1e-4, to = 1e-1 } }\n";

fn ids(text: &str) -> Vec<String> {
    plan(text).trials.iter().map(|trial| trial.id.clone()).collect()
}

#[test]
fn random_points_are_the_same_each_time_and_more_of_them_leave_the_first_as_they_are() {
    let six = ids(&format!("{TINY}{RANDOM}"));
    assert_eq!(six, ids(&format!("{TINY}{RANDOM}")));
    assert_eq!(six.len(), 6);
    let nine = ids(&format!("{TINY}{RANDOM}").replace("trials = 6", "trials = 9"));
    assert_eq!(nine[..6], six);
    assert_ne!(ids(&format!("{TINY}{RANDOM}").replace("seed = 3", "seed = 4")), six);
    for trial in plan(&format!("{TINY}{RANDOM}")).trials {
        let lr = trial.swept["train.optimizer.adam.lr"].as_float().unwrap();
        let epochs = trial.swept["train.epochs"].as_integer().unwrap();
        assert!((1e-4..=1e-1).contains(&lr) && (1..=50).contains(&epochs), "{}", trial.label.clone());
    }
}

#[test]
fn random_points_of_few_are_all_different() {
    let few = "[sweep.random]\ntrials = 6\nvalues = { \"train.epochs\" = [1, 2, 3], \"train.batch\" = [4, 5] }\n";
    let mut found = ids(&format!("{TINY}{few}"));
    found.sort_unstable();
    found.dedup();
    assert_eq!(found.len(), 6);
}

#[test]
fn of_a_million_points_only_those_are_made_that_are_asked_for() {
    let million = "[sweep]\nexclude = ['train.epochs = 2']\n[sweep.grid]\n\
                   \"train.epochs\" = { integer = { from = 1, to = 1000 } }\n\
                   \"train.batch\" = { integer = { from = 1, to = 1000 } }\n";
    let spec = || Spec::parse(&format!("{TINY}{million}")).unwrap();
    let some = Plan::chosen(spec(), &Choice { limit: Some(3), ..Choice::default() }).unwrap();
    let labels: Vec<String> = some.trials.iter().map(|trial| trial.label.clone()).collect();
    assert_eq!(labels, [1, 2, 3].map(|batch| format!("train.batch={batch} train.epochs=1 seed=1")));
    let only = vec![some.trials[2].id.clone()];
    let one = Plan::chosen(spec(), &Choice { only, limit: None }).unwrap();
    assert_eq!((one.trials.len(), one.trials[0].position), (1, 2));
}

#[test]
fn limit_and_only_choose_trials_of_plan_and_run() {
    let sandbox = Sandbox::new(&format!("{TINY}[sweep.grid]\n\"train.epochs\" = [1, 2, 3]\n"));
    let planned = sandbox.hourglass("plan tiny.toml --limit 2");
    assert_says(&planned.stdout, &[sandbox.id(0), sandbox.id(1), "2 of 2 trials to run"]);
    assert!(!planned.stdout.contains(sandbox.id(2)), "{}", planned.stdout);
    let planned = sandbox.hourglass(&format!("plan tiny.toml --only {}", sandbox.id(2)));
    assert_says(&planned.stdout, &[sandbox.id(2), "1 of 1 trials to run"]);
    sandbox.run_well("--limit 1");
    sandbox.run_well(&format!("--only {}", sandbox.id(2)));
    assert_eq!((sandbox.record(0).position, sandbox.record(2).position), (0, 2));
    assert!(!sandbox.trial(1).record().exists());
}

#[test]
fn a_file_says_what_differs_from_the_one_it_extends() {
    for (own, equal) in [
        ("", TINY.to_owned()),
        ("[train]\nepochs = 9", TINY.replace("epochs = 3", "epochs = 9")),
        ("[input]\nfill = { constant = 3 }", TINY.replace("rows = \"users\"", "rows = \"users\"\nfill.constant = 3")),
        ("[model.autoencoder]\ndropout = 0.5", TINY.replace("layers = [4]", "layers = [4]\ndropout = 0.5")),
        ("[model.cdae]\nlayers = [7]", TINY.replace("[model.autoencoder]\nlayers = [4]", "[model.cdae]\nlayers = [7]")),
        ("[split.leave-out]\ncount = 1", {
            let split = "[split.random]\ntest = 0.2\nvalidation = 0.2";
            TINY.replace(split, "[split.leave-out]\ncount = 1")
        }),
    ] {
        let folder = folder_with(&format!("name = \"own\"\nextends = \"bases/middle.toml\"\n{own}\n"));
        fs::create_dir(folder.path().join("bases")).unwrap();
        fs::write(folder.path().join("bases/middle.toml"), "extends = \"../base.toml\"\n").unwrap();
        fs::write(folder.path().join("base.toml"), TINY).unwrap();
        let read = read(folder.path()).unwrap_or_else(|error| panic!("{own}: {error}"));
        assert_eq!(read.trials[0].id, plan(&equal).trials[0].id, "{own}");
        assert_eq!(read.spec.name.as_str(), "own");
    }
}

#[test]
fn a_sweep_of_its_own_takes_the_place_of_the_one_it_extends() {
    let base = format!("{TINY}[sweep.grid]\n\"train.epochs\" = [1, 2, 3]\n");
    for (own, trials) in [("", 3), ("[sweep.grid]\n\"train.batch\" = [4, 5]\n", 2), ("[sweep]\n", 1)] {
        let folder = folder_with(&format!("name = \"own\"\nextends = \"base.toml\"\n{own}"));
        fs::write(folder.path().join("base.toml"), &base).unwrap();
        assert_eq!(read(folder.path()).unwrap().trials.len(), trials, "{own}");
    }
}

#[test]
fn what_cannot_be_extended_is_refused() {
    for (own, base, pieces) in [
        (
            "extends = \"nowhere.toml\"",
            "",
            &["tiny.toml:2:11: extends", "cannot read the experiment file", "relative to"][..],
        ),
        ("extends = 3", "", &["tiny.toml:2:11: extends = 3", "expected the path of another experiment file"]),
        ("extends = \"tiny.toml\"", "", &["tiny.toml:2:11: extends", "extends itself"]),
        ("extends = \"base.toml\"", "extends = \"tiny.toml\"", &["base.toml:1:11: extends", "extends itself"]),
        (
            "extends = \"base.toml\"",
            "[train]\nepcohs = 1",
            &["base.toml:2:1: train.epcohs: unknown key", "mean `epochs`?"],
        ),
        ("extends = \"base.toml\"\n[train]\nepochs = -1", TINY, &["tiny.toml:4:10: train.epochs", "at least 1"]),
        ("extends = \"base.toml\"", "[train]\nepochs = 1", &["tiny.toml", "missing key"]),
        (
            "extends = \"base.toml\"\n[sweep.grid]\n\"train.epochs\" = [1, 0]",
            TINY,
            &["tiny.toml:4:22: sweep.grid.\"train.epochs\"[1]", "where train.epochs = 0"],
        ),
    ] {
        let folder = folder_with(&format!("name = \"own\"\n{own}\n"));
        fs::write(folder.path().join("base.toml"), base).unwrap();
        assert_says(&read(folder.path()).expect_err(own), pieces);
    }
    let nameless = folder_with("extends = \"base.toml\"\n");
    fs::write(nameless.path().join("base.toml"), TINY).unwrap();
    assert_says(
        &hourglass(nameless.path(), "explain tiny.toml").stderr,
        &["tiny.toml", "missing key `name`", "not taken over"],
    );
}
