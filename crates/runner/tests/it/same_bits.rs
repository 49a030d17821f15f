//! The same file and seed give the same bits, however often a run is stopped and by whatever.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command};
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::Duration;

use hourglass_report::Outcome;
use hourglass_train::checkpoint::epochs_done;

use crate::sandbox::{Sandbox, TINY};

/// Everything random or stateful that a training can have, for a second or two.
fn long() -> Sandbox {
    Sandbox::new(
        &TINY
            .replace("layers = [4]", "layers = [8, 4, 8]\ndropout = 0.2")
            .replace(
                "rows = \"users\"",
                "rows = \"users\"\nfill = \"user-mean\"\nnoise = [{ gaussian = { std = 0.2, on = \"all\" } }, { dropout = { rate = 0.1 } }]",
            )
            .replace("epochs = 3", "epochs = 400\nearly_stopping = { patience = 150, min_delta = 0.01 }"),
    )
}

/// An uninterrupted run's `epochs.csv` and weights.
fn uninterrupted() -> &'static (String, Vec<u8>) {
    static BITS: OnceLock<(String, Vec<u8>)> = OnceLock::new();
    BITS.get_or_init(one_run)
}

fn one_run() -> (String, Vec<u8>) {
    let sandbox = long();
    sandbox.run_well("");
    sandbox.bits(0)
}

/// Epochs in `epochs.csv` so far.
fn rows(epochs: &Path) -> usize {
    fs::read_to_string(epochs).map_or(0, |text| text.matches('\n').count().saturating_sub(1))
}

#[track_caller]
fn wait_for_rows(child: &mut Child, epochs: &Path, wanted: usize) {
    while rows(epochs) < wanted {
        assert!(child.try_wait().unwrap().is_none(), "ended before epoch {wanted}");
        sleep(Duration::from_millis(2));
    }
}

/// Runs until so many epochs are recorded, then kills without warning.
#[track_caller]
fn kill_at(sandbox: &Sandbox, wanted: usize, arguments: &str) {
    let mut child = sandbox.start(arguments);
    wait_for_rows(&mut child, &sandbox.trial(0).epochs(), wanted);
    child.kill().unwrap();
    child.wait().unwrap();
    let outcome = sandbox.record(0).outcome;
    assert!(matches!(outcome, Outcome::Interrupted { .. }), "{outcome:?}: it was over before it was killed");
}

#[test]
fn two_runs_give_the_same_bits() {
    assert_eq!(&one_run(), uninterrupted());
    let count = uninterrupted().0.lines().count() - 1;
    assert!((150..400).contains(&count), "early stopping has to have its part in this: {count} epochs");
}

#[test]
fn a_killed_run_goes_on_with_the_same_bits() {
    let sandbox = long();
    let state = sandbox.trial(0).state();

    kill_at(&sandbox, 10, "--checkpoint-every 0");
    let done = epochs_done(&state).unwrap();
    assert!(done + 1 >= rows(&sandbox.trial(0).epochs()), "a checkpoint after every epoch");

    kill_at(&sandbox, done + 20, "--checkpoint-every 1000");
    assert_eq!(epochs_done(&state).unwrap(), done, "the recorded epochs are ahead of the checkpoint");

    let ended = sandbox.run_well("");
    assert!(ended.stderr.contains(&format!("goes on after epoch {done}")), "{}", ended.stderr);
    assert_eq!(&sandbox.bits(0), uninterrupted());
}

#[test]
fn a_run_killed_before_its_first_checkpoint_begins_again() {
    let sandbox = long();
    kill_at(&sandbox, 10, "--checkpoint-every 1000");
    assert!(!sandbox.trial(0).state().exists());
    sandbox.run_well("");
    assert_eq!(&sandbox.bits(0), uninterrupted());
}

#[test]
fn an_interrupted_run_leaves_a_checkpoint_and_goes_on_with_the_same_bits() {
    for signal in ["-INT", "-TERM"] {
        let sandbox = long();
        let mut child = sandbox.start("--checkpoint-every 1000");
        wait_for_rows(&mut child, &sandbox.trial(0).epochs(), 10);
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(130), "{signal}");
        let recorded = rows(&sandbox.trial(0).epochs());
        assert_eq!(sandbox.record(0).outcome, Outcome::Interrupted { epoch: recorded }, "{signal}");
        assert_eq!(epochs_done(&sandbox.trial(0).state()).unwrap(), recorded, "{signal}");
        sandbox.run_well("");
        assert_eq!(&sandbox.bits(0), uninterrupted(), "{signal}");
    }
}

#[test]
fn a_second_interruption_ends_a_long_epoch_at_once() {
    let long_epochs = TINY.replace("users = 60", "users = 3000").replace("batch = 16", "batch = 1");
    let sandbox = Sandbox::new(&long_epochs.replace("epochs = 3", "epochs = 50"));
    let mut child = sandbox.start("");
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    for awaited in ["trial 1/1", "press Ctrl-C again"] {
        assert!(said.any(|line| line.contains(awaited)), "{awaited}");
        assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    }
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(said.filter(|line| line.contains("panicked")).count(), 0);
    assert!(!matches!(sandbox.record(0).outcome, Outcome::Failed { .. }));
}

#[test]
fn interrupted_jobs_do_not_say_that_all_went_well() {
    let sandbox = Sandbox::new(&format!("seeds = [1, 2, 3]\n{}", TINY.replace("epochs = 3", "epochs = 200")));
    let mut child = sandbox.start("--jobs 2");
    wait_for_rows(&mut child, &sandbox.trial(0).epochs(), 1);
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(!sandbox.trial(2).folder().exists());
}
