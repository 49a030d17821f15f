//! Several processes at one sweep: never two at one trial, and none that holds the others up when it dies.

use std::fs;
use std::io::Read;
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::Duration;

use hourglass_report::{Held, Outcome};

use crate::sandbox::{Sandbox, TINY, assert_says};

/// Several times as many as another process needs to start.
const EPOCHS: usize = 600;

/// Trials of a second or so.
fn long(trials: usize) -> Sandbox {
    let seeds: Vec<usize> = (1..=trials).collect();
    let experiment = TINY.replace("users = 60", "users = 300").replace("epochs = 3", &format!("epochs = {EPOCHS}"));
    Sandbox::new(&format!("seeds = {seeds:?}\n{experiment}"))
}

/// Waits for something that a process does before it ends.
#[track_caller]
pub(crate) fn wait_for<T>(child: &mut Child, mut look: impl FnMut() -> Option<T>) -> T {
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(child.try_wait().unwrap().is_none(), "it ended before");
        sleep(Duration::from_millis(2));
    }
}

fn rows(sandbox: &Sandbox, position: usize) -> usize {
    fs::read_to_string(sandbox.trial(position).epochs()).map_or(0, |text| text.lines().count().saturating_sub(1))
}

/// The process that trains a trial, once it has trained an epoch.
fn trainer(sandbox: &Sandbox, position: usize) -> Option<u32> {
    let held = Held::of(sandbox.trial(position).folder()).unwrap().filter(Held::is_alive)?;
    held.holder.map(|holder| holder.pid).filter(|_| rows(sandbox, position) > 0)
}

fn kill(pid: u32) {
    assert!(Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
}

#[track_caller]
fn said(mut child: Child, code: i32) -> String {
    let mut text = String::new();
    child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(code), "{text}");
    text
}

/// The number before this word in the last line.
fn count(said: &str, word: &str) -> usize {
    let line = said.lines().last().unwrap();
    let part = line.split(", ").find(|part| part.ends_with(word)).unwrap_or_else(|| panic!("no `{word}` in {line}"));
    part.split(' ').next().unwrap().parse().unwrap()
}

#[test]
fn a_second_run_takes_other_trials_and_both_end_when_all_is_done() {
    for jobs in ["", "--jobs 2"] {
        let sandbox = long(6);
        let mut first = sandbox.start(jobs);
        wait_for(&mut first, || trainer(&sandbox, 0));
        let second = sandbox.run_well(jobs).stderr;
        let first = said(first, 0);
        let trained = [count(&first, " finished"), count(&second, " finished")];
        assert_eq!(trained[0] + trained[1], 6, "{first}\n{second}");
        assert!(trained[0] > 0 && trained[1] > 0, "{first}\n{second}");
        assert_says(&sandbox.run_well("").stderr, &["0 finished, 6 finished before"]);
        assert!((0..6).all(|position| Held::of(sandbox.trial(position).folder()).unwrap().is_none()));
    }
}

#[test]
fn a_trial_that_another_process_is_at_is_waited_for() {
    let sandbox = long(1);
    let mut first = sandbox.start("");
    let pid = wait_for(&mut first, || trainer(&sandbox, 0));
    assert_eq!((pid, sandbox.record(0).outcome), (first.id(), Outcome::Running));
    let second = sandbox.run_well("").stderr;
    let waiting = format!("waiting for {} seed=1: process {pid} on ", sandbox.id(0));
    assert_says(&second, &[&waiting, "0 finished, 0 finished before", "1 finished by another process"]);
    said(first, 0);
}

#[test]
fn a_trial_whose_process_was_killed_is_interrupted_and_taken_over_at_once() {
    let sandbox = long(2);
    let undisturbed = long(2);
    undisturbed.run_well("");
    let mut first = sandbox.start("");
    wait_for(&mut first, || trainer(&sandbox, 0));
    let mut second = sandbox.start("");
    wait_for(&mut second, || trainer(&sandbox, 1));
    first.kill().unwrap();
    first.wait().unwrap();
    assert!(matches!(sandbox.record(0).outcome, Outcome::Interrupted { epoch } if epoch > 0));
    assert_eq!(sandbox.record(1).outcome, Outcome::Running);
    assert_eq!(count(&said(second, 0), " finished"), 2);
    assert!((0..2).all(|position| sandbox.bits(position) == undisturbed.bits(position)));
}

#[test]
fn who_has_lost_a_trial_writes_nothing_more() {
    let sandbox = long(1);
    let mut first = sandbox.start("--checkpoint-every 0");
    wait_for(&mut first, || trainer(&sandbox, 0));
    // Somebody elsewhere thinks it dead, and takes over.
    let folder = sandbox.trial(0);
    fs::write(folder.folder().join("lease-2.json"), r#"{"host": "far", "pid": 7}"#).unwrap();
    let mut said = first.stderr.take().unwrap();
    let mut text = String::new();
    while !text.contains("waiting for") {
        let mut piece = [0; 256];
        let length = said.read(&mut piece).unwrap();
        assert!(length > 0, "{text}");
        text.push_str(std::str::from_utf8(&piece[..length]).unwrap());
    }
    assert_says(&text, &[&format!("lost {} seed=1: another process took it over", sandbox.id(0)), "process 7 on far"]);
    let left = || (fs::read(folder.epochs()).unwrap(), fs::read(folder.record()).unwrap(), folder.weights().exists());
    let before = left();
    assert!(!before.2 && rows(&sandbox, 0) < EPOCHS);
    first.kill().unwrap();
    first.wait().unwrap();
    assert_eq!(left(), before);
    assert_eq!(sandbox.record(0).outcome, Outcome::Running, "the one that took over is at it");
}

#[test]
fn a_killed_worker_takes_nothing_with_it() {
    let sandbox = long(3);
    let mut run = sandbox.start("--jobs 2");
    kill(wait_for(&mut run, || trainer(&sandbox, 0)));
    let said = said(run, 0);
    let again = format!("again {} seed=1: its process ended with signal: 9", sandbox.id(0));
    assert_says(&said, &[&again, "3 finished, 0 finished before, 0 failed"]);
}

#[test]
fn a_trial_that_kills_its_worker_twice_has_failed() {
    let sandbox = long(3);
    let mut run = sandbox.start("--jobs 2");
    let first = wait_for(&mut run, || trainer(&sandbox, 0));
    kill(first);
    // Without a checkpoint the next one begins anew, and the rows of the first lie there until it does.
    let next = || trainer(&sandbox, 0).filter(|&pid| pid != first);
    let before = wait_for(&mut run, || next().map(|_| rows(&sandbox, 0)));
    kill(wait_for(&mut run, || next().filter(|_| ![0, before].contains(&rows(&sandbox, 0)))));
    let said = said(run, 3);
    assert_says(&said, &[&format!("failed {} seed=1: its process ended with signal: 9", sandbox.id(0)), "2 finished"]);
    let Outcome::Failed { reason, epoch } = sandbox.record(0).outcome else { panic!("{said}") };
    assert_says(&reason, &["signal: 9", "2 times", "fewer --jobs"]);
    assert!(epoch.is_some_and(|epoch| epoch > 0));
    assert_says(&sandbox.run_well("").stderr, &["1 finished, 2 finished before, 0 failed"]);
}

#[test]
fn workers_end_when_the_process_that_started_them_is_killed() {
    let sandbox = long(2);
    let mut run = sandbox.start("--jobs 2");
    wait_for(&mut run, || trainer(&sandbox, 0).zip(trainer(&sandbox, 1)));
    run.kill().unwrap();
    run.wait().unwrap();
    while (0..2).any(|position| trainer(&sandbox, position).is_some()) {
        sleep(Duration::from_millis(2));
    }
    for position in 0..2 {
        assert!(matches!(sandbox.record(position).outcome, Outcome::Interrupted { .. }));
    }
}
