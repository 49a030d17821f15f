//! A sweep from its file to its charts, and everything that must not train again.

use std::fs;

use hourglass_report::EpochTable;

use crate::sandbox::{Sandbox, TINY, assert_says};

fn sweep() -> Sandbox {
    Sandbox::new(&format!("seeds = [1, 2]\n{TINY}[sweep.grid]\n\"model.autoencoder.layers\" = [[2], [4]]\n"))
}

const TRIALS: usize = 4;

#[test]
fn a_run_leaves_records_weights_and_charts() {
    let sandbox = sweep();
    let ended = sandbox.run_well("");
    assert_says(&ended.stderr, &["trial 1/4 ", "4 finished, 0 finished before, 0 failed, 0 interrupted"]);
    for position in 0..TRIALS {
        let trial = sandbox.trial(position);
        let table = EpochTable::read(&trial.epochs()).unwrap();
        assert_eq!(table.rows.iter().map(|row| row.epoch).collect::<Vec<_>>(), [1, 2, 3]);
        assert!(table.rows.iter().flat_map(|row| &row.cells).all(|cell| cell.is_some_and(f64::is_finite)), "{table:?}");
        let files = ["loss.svg", "loss.png", "rmse.svg", "rmse.png", "timing.csv", "model.safetensors", "trial.toml"];
        for file in files {
            assert!(fs::metadata(trial.folder().join(file)).unwrap().len() > 0, "{file}");
        }
        assert!(!trial.state().exists(), "a finished trial needs no checkpoint");
        assert_eq!(sandbox.record(position).outcome.name(), "finished");
    }
    let summary = fs::read_to_string(sandbox.layout().summary()).unwrap();
    assert_eq!(summary.lines().count(), 1 + TRIALS, "{summary}");
    assert!(fs::read_dir(sandbox.layout().folder().join("charts")).unwrap().count() > 0);
}

#[test]
fn what_is_finished_is_not_trained_again() {
    let sandbox = sweep();
    sandbox.run_well("");
    // A mark that training would overwrite.
    let marked = |position| fs::read_to_string(sandbox.trial(position).timing()).unwrap();
    let before: Vec<_> = (0..TRIALS).map(|position| (sandbox.bits(position), marked(position))).collect();
    for arguments in ["", "--jobs 2"] {
        let ended = sandbox.run_well(arguments);
        assert_says(&ended.stderr, &["0 finished, 4 finished before, 0 failed, 0 interrupted"]);
    }
    assert_says(&sandbox.run_well("").stderr, &[&format!("skipped {}", sandbox.id(0)), "finished before"]);
    assert_says(&sandbox.hourglass("plan tiny.toml").stdout, &["finished", "0 of 4 trials to run"]);
    let after: Vec<_> = (0..TRIALS).map(|position| (sandbox.bits(position), marked(position))).collect();
    assert_eq!(before, after);
}

#[test]
fn report_draws_again_from_records_alone() {
    let sandbox = sweep();
    let ended = sandbox.hourglass("report tiny.toml");
    assert_eq!(ended.code, Some(1));
    assert_says(
        &ended.stderr,
        &["there are no results in results/tiny", "run the experiment first: hourglass run tiny.toml"],
    );

    sandbox.run_well("");
    let drawn = [
        sandbox.layout().summary(),
        sandbox.layout().folder().join("charts"),
        sandbox.trial(0).folder().join("loss.svg"),
        sandbox.trial(3).folder().join("rmse.png"),
    ];
    let summary = fs::read(&drawn[0]).unwrap();
    let before = sandbox.bits(0);
    fs::remove_dir_all(&drawn[1]).unwrap();
    [0, 2, 3].into_iter().for_each(|file| fs::remove_file(&drawn[file]).unwrap());
    // Without weights nothing could be measured again.
    fs::remove_file(sandbox.trial(1).weights()).unwrap();
    let ended = sandbox.hourglass("report tiny.toml");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    drawn.iter().for_each(|file| assert!(file.exists(), "{}", file.display()));
    assert_eq!(fs::read(&drawn[0]).unwrap(), summary);
    assert_eq!(sandbox.bits(0), before);
    assert!(!sandbox.trial(1).weights().exists());
}

#[test]
fn only_the_trials_asked_for_are_run() {
    let sandbox = sweep();
    sandbox.run_well(&format!("--only {} --only {}", sandbox.id(2), &sandbox.id(1)[..6]));
    let ran: Vec<_> = (0..TRIALS).filter(|&position| sandbox.trial(position).record().exists()).collect();
    assert_eq!(ran, [1, 2]);
    let ended = sandbox.run_well("");
    assert_says(&ended.stderr, &["2 finished, 2 finished before"]);
}

#[test]
fn processes_of_their_own_change_no_bit() {
    let [one, two] = [sweep(), sweep()];
    one.run_well("");
    let ended = two.run_well("--jobs 2");
    assert_says(&ended.stderr, &["4 finished, 0 finished before, 0 failed, 0 interrupted"]);
    for position in 0..TRIALS {
        assert_eq!(one.bits(position), two.bits(position), "trial {position}");
    }
}

#[test]
fn what_explain_and_trial_toml_say_can_be_run_as_it_is() {
    let sandbox = sweep();
    let ended = sandbox.hourglass("explain tiny.toml");
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let explained = Sandbox::new(&ended.stdout);
    for position in 0..TRIALS {
        assert_eq!(explained.id(position), sandbox.id(position));
    }
    assert_eq!(explained.hourglass("explain tiny.toml").stdout, ended.stdout);

    sandbox.run_well(&format!("--only {}", sandbox.id(3)));
    let alone = Sandbox::new(&fs::read_to_string(sandbox.trial(3).trial_toml()).unwrap());
    alone.run_well("");
    assert_eq!(alone.id(0), sandbox.id(3));
    assert_eq!(alone.bits(0), sandbox.bits(3));
}

#[test]
fn a_value_that_is_added_runs_its_own_trials_alone_and_all_take_their_places() {
    let sandbox = sweep();
    sandbox.run_well("");
    let wider = |sweep: &str| format!("seeds = [1, 2]\n{TINY}[sweep.grid]\n{sweep}");
    for (sweep, said, settings) in [
        ("\"model.autoencoder.layers\" = [[3], [2], [4]]\n", "2 finished, 4 finished before", ["[3]", "[2]", "[4]"]),
        (
            "\"model.autoencoder.layers\" = [[3], [2], [4]]\n\"train.batch\" = [16]\n",
            "0 finished, 6 finished before",
            ["[3],16", "[2],16", "[4],16"],
        ),
    ] {
        fs::write(sandbox.path("tiny.toml"), wider(sweep)).unwrap();
        assert_says(&sandbox.run_well("").stderr, &[said]);
        let summary = fs::read_to_string(sandbox.layout().summary_by_setting()).unwrap();
        let found: Vec<String> = summary.lines().skip(1).map(|line| line.replace('"', "")).collect();
        assert_eq!(found.len(), settings.len(), "{summary}");
        assert!(found.iter().zip(settings).all(|(line, setting)| line.starts_with(setting)), "{summary}");
    }
}

#[test]
fn charts_are_drawn_again_only_where_something_changed() {
    let sandbox = sweep();
    sandbox.run_well("--limit 3");
    let chart = sandbox.layout().folder().join("charts/rmse_by_model.autoencoder.layers.svg");
    let drawn = "4 trials, ";
    assert_says(&sandbox.run_well("").stderr, &[drawn]);
    fs::write(&chart, "mine").unwrap();
    assert!(!sandbox.run_well("").stderr.contains(drawn), "nothing has changed");
    assert_eq!(fs::read_to_string(&chart).unwrap(), "mine");
    fs::remove_dir_all(sandbox.layout().folder().join("charts")).unwrap();
    assert_says(&sandbox.run_well("--jobs 2").stderr, &[drawn]);
    fs::write(&chart, "mine").unwrap();
    assert_eq!(sandbox.hourglass("report tiny.toml").code, Some(0));
    assert_ne!(fs::read_to_string(&chart).unwrap(), "mine");
}

#[test]
fn a_value_that_is_set_makes_another_trial() {
    let sandbox = Sandbox::new(TINY);
    sandbox.run_well("--set train.epochs=2");
    assert!(!sandbox.trial(0).folder().exists());
    sandbox.run_well("");
    let summary = fs::read_to_string(sandbox.layout().summary()).unwrap();
    assert_eq!(summary.lines().count(), 3, "{summary}");
}

#[test]
fn the_end_names_the_setting_that_is_best_on_validation_ratings() {
    let sandbox = Sandbox::new(&format!("{TINY}[sweep.grid]\n\"train.optimizer.adam.lr\" = [0.001, 0.1]\n"));
    let said = sandbox.run_well("").stderr;
    let [low, high] =
        [0, 1].map(|position| sandbox.record(position).outcome.finished().unwrap().metric("validation.rmse").unwrap());
    let (label, best) = if low <= high { ("lr 0.001", low) } else { ("lr 0.1", high) };
    let expected =
        format!("best of 2 settings by validation.rmse: {label} ({best:.4}); all of them: hourglass compare tiny");
    assert_says(&said, &[&expected]);
    let splits = Sandbox::new(&format!("{TINY}[sweep.grid]\n\"split.random.seed\" = [1, 2]\n"));
    assert!(!splits.run_well("").stderr.contains("best of"), "of two splits, one is easier");
}
