//! Sweeps that stop what is worse than the rest: the same decisions however they come about.

use std::fs;
use std::process::Child;

use hourglass_report::{EpochTable, Outcome, Rule};

use crate::leases::wait_for;
use crate::sandbox::{Sandbox, TINY, assert_says, folder_with, read};

/// Nine rates with two seeds.
fn sweep(stop: &str, epochs: usize) -> Sandbox {
    let experiment = TINY.replace("epochs = 3", &format!("epochs = {epochs}"));
    Sandbox::new(&format!(
        "seeds = [1, 2]\n{experiment}[sweep.grid]\n\
         \"train.optimizer.adam.lr\" = [1e-5, 0.03, 1e-4, 0.01, 1e-3, 3e-3, 0.3, 3e-5, 0.1]\n{stop}"
    ))
}

const TRIALS: usize = 18;

const HALVING: &str = "[sweep.stop.halving]\nepochs = 2\nfactor = 3\n";

const MEDIAN: &str = "[sweep.stop.median]\nepochs = 2\nevery = 2\nsettings = 3\n";

/// How each trial ended, after how many epochs, and the bits of its epochs.
fn ends(sandbox: &Sandbox) -> Vec<(Outcome, String)> {
    let end = |position| {
        let epochs = fs::read_to_string(sandbox.trial(position).epochs()).unwrap();
        (sandbox.record(position).outcome, epochs)
    };
    (0..TRIALS).map(end).collect()
}

fn epochs(ends: &[(Outcome, String)]) -> Vec<usize> {
    ends.iter().map(|(_, epochs)| epochs.lines().count() - 1).collect()
}

/// What the rule of successive halving says of the epochs of a sweep that nothing stopped.
fn halved(sandbox: &Sandbox, epochs: usize) -> Vec<usize> {
    let rmse = |position: usize, epoch: usize| {
        let table = EpochTable::read(&sandbox.trial(position).epochs()).unwrap();
        table.points("validation.rmse").unwrap()[epoch - 1].1.unwrap()
    };
    let mut ends = vec![epochs; TRIALS];
    let mut rung: Vec<usize> = (0..TRIALS / 2).collect();
    for check in [2, 6, 18].into_iter().filter(|&check| check < epochs) {
        let mean = |setting: usize| rmse(2 * setting, check) + rmse(2 * setting + 1, check);
        rung.sort_by(|&left, &right| mean(left).total_cmp(&mean(right)));
        let kept = rung.len().div_ceil(3);
        for setting in rung.split_off(kept) {
            ends[2 * setting] = check;
            ends[2 * setting + 1] = check;
        }
        if kept == 1 {
            break;
        }
    }
    ends
}

#[test]
fn halving_keeps_the_best_third_and_then_the_best_third_of_these() {
    let whole = sweep("", 10);
    whole.run_well("");
    let expected = halved(&whole, 10);
    assert_eq!(expected.iter().filter(|&&epochs| epochs == 10).count(), 2, "one setting is left");
    let alone = sweep(HALVING, 10);
    let ended = alone.run_well("");
    assert_says(
        &ended.stderr,
        &["2 finished, 0 finished before, 0 failed, 0 interrupted, 16 stopped early", "stopped early by halving"],
    );
    let found = ends(&alone);
    assert_eq!(epochs(&found), expected);
    for (position, (outcome, epochs)) in found.iter().enumerate() {
        let of_whole = fs::read_to_string(whole.trial(position).epochs()).unwrap();
        assert!(of_whole.starts_with(epochs.as_str()), "stopping changes no number");
        match outcome {
            Outcome::StoppedEarly(stopped) => {
                assert_eq!((stopped.by, stopped.epoch), (Rule::Halving, expected[position]));
                assert!(stopped.reason.contains(" of "), "{}", stopped.reason);
            }
            outcome => assert_eq!((outcome, expected[position]), (&whole.record(position).outcome, 10)),
        }
    }
    let summary = fs::read_to_string(alone.layout().summary()).unwrap();
    assert_eq!(summary.matches("stopped early by halving").count(), 16, "{summary}");
    // With more jobs, and again.
    let together = sweep(HALVING, 10);
    together.run_well("--jobs 2");
    assert_eq!(ends(&together), found);
    assert_says(&together.run_well("").stderr, &["0 finished, 2 finished before", "16 stopped early"]);
    assert_eq!(ends(&together), found);
}

#[test]
fn the_median_rule_stops_who_is_worse_than_those_before() {
    let alone = sweep(MEDIAN, 10);
    alone.run_well("");
    let found = ends(&alone);
    let stopped = found.iter().filter(|(outcome, _)| matches!(outcome, Outcome::StoppedEarly(_))).count();
    assert!((2..=12).contains(&stopped) && stopped % 2 == 0, "{stopped}");
    assert!(found[..6].iter().all(|(outcome, _)| outcome.finished().is_some()), "nothing to compare with");
    assert!(found.chunks(2).all(|seeds| seeds[0].0.name() == seeds[1].0.name()), "a setting with all its seeds");
    let together = sweep(MEDIAN, 10);
    together.run_well("--jobs 2");
    assert_eq!(ends(&together), found);
}

/// Kills a run and its workers when so many rows are there.
fn kill_at(sandbox: &Sandbox, mut run: Child, rows: usize) {
    wait_for(&mut run, || {
        let count =
            |position| fs::read_to_string(sandbox.trial(position).epochs()).map_or(0, |text| text.lines().count());
        ((0..TRIALS).map(count).sum::<usize>() >= rows).then_some(())
    });
    run.kill().unwrap();
    run.wait().unwrap();
}

#[test]
fn decisions_are_the_same_after_kills() {
    for stop in [HALVING, MEDIAN] {
        let undisturbed = sweep(stop, 30);
        undisturbed.run_well("");
        let killed = sweep(stop, 30);
        for (rows, jobs) in [(20, ""), (50, "--jobs 2"), (80, "")] {
            kill_at(&killed, killed.start(jobs), rows);
        }
        killed.run_well("--jobs 2");
        assert_eq!(ends(&killed), ends(&undisturbed), "{stop}");
    }
}

#[test]
fn what_was_stopped_goes_on_when_it_is_asked_for() {
    let whole = sweep("", 5);
    whole.run_well("");
    let sandbox = sweep(HALVING, 5);
    sandbox.run_well("");
    let stopped = (0..TRIALS).find(|&position| !sandbox.record(position).is_finished()).unwrap();
    let ended = sandbox.run_well(&format!("--only {}", sandbox.id(stopped)));
    assert_says(&ended.stderr, &["goes on after epoch 2", "sweep.stop decides about a whole sweep", "1 finished"]);
    assert_eq!(sandbox.bits(stopped), whole.bits(stopped));
    // Without the rule all others too.
    let experiment = fs::read_to_string(whole.path("tiny.toml")).unwrap();
    fs::write(sandbox.path("tiny.toml"), experiment).unwrap();
    sandbox.run_well("");
    assert!((0..TRIALS).all(|position| sandbox.bits(position) == whole.bits(position)));
}

#[test]
fn a_setting_that_fails_is_worse_than_all_others() {
    let experiment = TINY.replace("epochs = 3", "epochs = 6");
    for jobs in ["", "--jobs 2"] {
        let sandbox = Sandbox::new(&format!(
            "{experiment}[sweep.grid]\n\"train.optimizer.adam.lr\" = [0.01, 1e30, 1e-6]\n\
             [sweep.stop.halving]\nepochs = 2\nfactor = 2\n"
        ));
        for _ in 0..2 {
            let ended = sandbox.run(jobs);
            assert_eq!(ended.code, Some(3), "{}", ended.stderr);
            let names: Vec<_> = (0..3).map(|position| sandbox.record(position).outcome.name()).collect();
            assert_eq!(names, ["finished", "failed", "stopped early by halving"], "{}", ended.stderr);
        }
    }
}

#[test]
fn what_cannot_be_stopped_by_is_refused() {
    for (stop, pieces) in [
        ("[sweep.stop.halfing]\n", &["tiny.toml:", "did you mean `halving`?"][..]),
        ("[sweep.stop.halving]\nfactor = 1\n", &["sweep.stop.halving.factor", "at least 2"]),
        ("[sweep.stop.median]\nevery = 0\n", &["sweep.stop.median.every", "at least 1"]),
        (
            "[[sweep.blocks]]\ngrid = { \"train.epochs\" = [3, 4] }\nstop = { halving = {} }\n",
            &["a block of a sweep has `stop`", "write [sweep.stop]"],
        ),
    ] {
        let folder = folder_with(&format!("{TINY}{stop}"));
        assert_says(&read(folder.path()).expect_err(stop), pieces);
    }
    let sandbox = Sandbox::new(&format!(
        "{TINY}[sweep.grid]\n\"train.monitor\" = [\"loss\", \"validation.rmse\"]\n[sweep.stop.halving]\n"
    ));
    let ended = sandbox.run("");
    assert_eq!(ended.code, Some(1));
    assert_says(&ended.stderr, &["train.monitor", "\"loss\" and \"validation.rmse\"", "monitor the same in all"]);
}
