//! Trials that fail, and disks that refuse: what was finished stays, and the rest is told.

use std::fs;
use std::process::Command;

use hourglass_report::Outcome;

use crate::sandbox::{Ended, Sandbox, TINY, assert_says, ended};

/// Three trials, the middle one with a step so large that the loss leaves the numbers.
fn diverging() -> Sandbox {
    Sandbox::new(&format!("{TINY}[sweep.grid]\n\"train.optimizer.adam.lr\" = [0.001, 1e30, 0.01]\n"))
}

#[test]
fn a_failed_trial_is_recorded_and_the_others_still_run() {
    for arguments in ["", "--jobs 2"] {
        let sandbox = diverging();
        let ran = sandbox.run(arguments);
        assert_eq!(ran.code, Some(3), "{}", ran.stderr);
        assert_says(&ran.stderr, &[&format!("failed {}", sandbox.id(1)), "2 finished, 0 finished before, 1 failed"]);
        let outcomes: Vec<_> = (0..3).map(|position| sandbox.record(position).outcome.name()).collect();
        assert_eq!(outcomes, ["finished", "failed", "finished"]);
        let Outcome::Failed { reason, epoch } = sandbox.record(1).outcome else { unreachable!("it failed") };
        assert_says(&reason, &["the loss became", "in epoch 1, batch", "lower train.optimizer's lr"]);
        assert_eq!(epoch, Some(0), "no epoch was finished");
        let summary = fs::read_to_string(sandbox.layout().summary()).unwrap();
        let row = summary.lines().find(|line| line.starts_with(sandbox.id(1))).unwrap();
        assert!(row.contains(",failed,"), "{summary}");

        let again = sandbox.run(arguments);
        assert_eq!(again.code, Some(3), "{}", again.stderr);
        assert_says(&again.stderr, &[&format!("failed {}", sandbox.id(1)), "0 finished, 2 finished before, 1 failed"]);
    }
}

#[test]
fn a_trial_whose_parts_do_not_go_together_is_refused_and_the_others_still_run() {
    for arguments in ["", "--jobs 2"] {
        let sandbox = Sandbox::new(&format!(
            "{TINY}[sweep.grid]\n\"train.monitor\" = [\"loss\", \"train.ndcg@3\", \"train.rmse\"]\n"
        ));
        let refusal = [sandbox.id(1), "train.ndcg@3\" is not reported; set it to one of"];
        let planned = sandbox.hourglass("plan tiny.toml");
        assert_eq!(planned.code, Some(1), "{}", planned.stderr);
        assert_says(&planned.stdout, &[sandbox.id(0), sandbox.id(2), "2 of 3 trials to run"]);
        assert_says(&planned.stderr, &refusal);
        let ran = sandbox.run(arguments);
        assert_eq!(ran.code, Some(3), "{}", ran.stderr);
        assert_says(&ran.stderr, &refusal);
        assert_says(&ran.stderr, &["2 finished, 0 finished before, 1 failed"]);
        let written: Vec<_> = (0..3).map(|position| sandbox.trial(position).folder().exists()).collect();
        assert_eq!(written, [true, false, true]);
    }
}

#[test]
fn a_file_where_the_results_folder_should_be() {
    let sandbox = Sandbox::new(TINY);
    fs::write(sandbox.path("results"), "mine").unwrap();
    let ran = sandbox.run("");
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert_says(
        &ran.stderr,
        &["cannot create the folder results/tiny", "move it away, or choose another results folder"],
    );
    assert_eq!(ran.stderr.matches("error: ").count(), 1, "{}", ran.stderr);
    assert_eq!(fs::read_to_string(sandbox.path("results")).unwrap(), "mine");
    sandbox.run_well("--results elsewhere");
}

#[test]
fn a_full_disk_stops_the_run_and_loses_nothing() {
    let long = TINY.replace("epochs = 3", "epochs = 40");
    let sandbox = Sandbox::new(&format!("{long}[sweep.grid]\n\"train.epochs\" = [3, 40]\n"));
    sandbox.run_well(&format!("--only {}", sandbox.id(0)));
    let finished = sandbox.bits(0);

    let ran = limited(&sandbox, 4, "--checkpoint-every 0");
    assert_stopped(&sandbox, &ran, &["state.safetensors", "free some space"]);
    assert_eq!(sandbox.bits(0), finished);
    let files = fs::read_dir(sandbox.trial(1).folder()).unwrap();
    let left =
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).filter(|name| name.ends_with(".part"));
    assert_eq!(left.count(), 0, "what could not be written is taken away");

    sandbox.run_well("");
    assert_eq!(sandbox.record(1).outcome.name(), "finished");
}

#[test]
fn a_disk_that_refuses_to_take_more_epochs() {
    let sandbox = Sandbox::new(&TINY.replace("epochs = 3", "epochs = 100"));
    let undisturbed = Sandbox::new(&TINY.replace("epochs = 3", "epochs = 100"));
    undisturbed.run_well("");
    let ran = limited(&sandbox, 8, "--checkpoint-every 1000");
    assert_stopped(&sandbox, &ran, &["epochs.csv", "finished epochs are kept"]);
    sandbox.run_well("");
    assert_eq!(sandbox.bits(0), undisturbed.bits(0));
}

/// A run in which no file may grow beyond so many KiB, and the process is told so instead of being killed.
fn limited(sandbox: &Sandbox, kibibytes: u32, arguments: &str) -> Ended {
    let program = env!("CARGO_BIN_EXE_hourglass");
    let blocks = 2 * kibibytes;
    let line = format!("trap '' XFSZ; ulimit -f {blocks}; exec {program} run tiny.toml --threads 1 {arguments}");
    ended(Command::new("sh").args(["-c", &line]).current_dir(sandbox.path("")))
}

/// One message with path and remedy, and a trial that can go on.
#[track_caller]
fn assert_stopped(sandbox: &Sandbox, ran: &Ended, pieces: &[&str]) {
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert_says(&ran.stderr, pieces);
    assert_says(&ran.stderr, &["cannot write results/tiny/", "run again"]);
    assert_eq!(ran.stderr.matches("error: ").count(), 1, "{}", ran.stderr);
    assert!(!sandbox.layout().folder().join("charts").exists());
}

#[test]
fn a_record_that_is_broken_is_named() {
    let sandbox = Sandbox::new(TINY);
    sandbox.run_well("");
    fs::write(sandbox.trial(0).record(), "{").unwrap();
    for ran in [sandbox.run(""), sandbox.hourglass("report tiny.toml"), sandbox.hourglass("plan tiny.toml")] {
        assert_eq!(ran.code, Some(1), "{}", ran.stderr);
        assert_says(&ran.stderr, &["run.json: not a record of a run", "restore the file, or delete its folder"]);
    }
}

#[test]
fn a_trial_whose_data_has_changed_is_trained_again() {
    let experiment = TINY.replace(
        "[data.synthetic]\nusers = 60\nitems = 40\nratings_per_user = 15",
        "[data.movielens]\npath = \"ratings\"",
    );
    for (end, first, jobs) in [("", 0, ""), ("", 0, "--jobs 2"), ("optimizer.adam.lr = 1e30\n", 3, "")] {
        let sandbox = Sandbox::new(&format!("{experiment}{end}"));
        let ratings = |shift: usize| -> String {
            let line = |user: usize, item: usize| format!("{user}::{item}::{}\n", (user * item + shift) % 5 + 1);
            (1..=20).flat_map(|user| (1..=10).map(move |item| line(user, item))).collect()
        };
        fs::create_dir(sandbox.path("ratings")).unwrap();
        fs::write(sandbox.path("ratings/ratings.dat"), ratings(0)).unwrap();
        assert_eq!(sandbox.run("").code, Some(first));
        let then = sandbox.record(0).data.fingerprint;
        fs::write(sandbox.path("ratings/ratings.dat"), ratings(1)).unwrap();
        let ran = sandbox.run(jobs);
        assert_eq!(ran.code, Some(first), "{}", ran.stderr);
        let now = sandbox.record(0).data.fingerprint;
        let changed = format!("the data or its split has changed since it ran ({then} then, {now} now)");
        assert_says(&ran.stderr, &[sandbox.id(0), &changed]);
        if first == 0 {
            assert_says(&sandbox.run_well(jobs).stderr, &["0 finished, 1 finished before"]);
        }
    }
}
