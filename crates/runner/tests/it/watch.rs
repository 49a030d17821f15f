//! Watching a sweep, as far as it goes without a terminal.

use std::fs;
use std::process::Command;

use hourglass::watch::{Board, State};

use crate::sandbox::{Sandbox, assert_says, tiny_with};

fn sandbox() -> Sandbox {
    Sandbox::new(&tiny_with("name = \"tiny\"", "name = \"tiny\"\nseeds = [1, 2, 3]"))
}

#[track_caller]
fn shown(sandbox: &Sandbox, place: &str) -> String {
    let ended = sandbox.hourglass(&format!("watch {place} --once"));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(!ended.stdout.contains('\u{1b}'), "plain text: {:?}", ended.stdout);
    ended.stdout
}

#[test]
fn what_waits_is_known_from_the_experiment_file() {
    let sandbox = sandbox();
    assert_says(&shown(&sandbox, "tiny.toml"), &["3 trials: 3 waiting", "0/3", "seed 3", "  0 %"]);
    sandbox.run_well("--limit 1");
    let text = shown(&sandbox, "tiny.toml");
    assert_says(
        &text,
        &["3 trials: 1 done, 2 waiting", "3/3", " 33 %", sandbox.id(0), sandbox.id(2), "validation.rmse"],
    );
    assert_eq!(text.lines().count(), 3 + 1 + 3 + 1, "counts, heads and trials: {text}");
    // The records alone tell of what has begun.
    for place in ["", "tiny", "results", sandbox.id(0)] {
        assert_says(&shown(&sandbox, place), &["1 trial: 1 done", sandbox.id(0)]);
    }
    assert_says(&shown(&sandbox, "tiny.toml --set train.epochs=9"), &["4 trials: 1 done, 3 waiting", "0/9", "3/3"]);
    let ended = sandbox.hourglass("watch nothing --once");
    assert_eq!(ended.code, Some(1));
    assert_says(&ended.stderr, &["`nothing` has no results", "tiny"]);
}

#[test]
fn only_what_has_changed_is_read_again() {
    let sandbox = sandbox();
    sandbox.run_well("");
    let mut board = Board::open(&["tiny".to_owned()], &[], &sandbox.path("results")).unwrap();
    let states = |board: &Board| board.rows().iter().map(|row| (row.state, row.done())).collect::<Vec<_>>();
    assert_eq!(states(&board), [(State::Done, 3); 3]);
    let epochs = fs::read_to_string(sandbox.trial(1).epochs()).unwrap();
    fs::write(sandbox.trial(1).epochs(), &epochs[..epochs.len() - 1]).unwrap();
    fs::write(sandbox.trial(2).record(), "{").unwrap();
    fs::remove_dir_all(sandbox.trial(0).folder()).unwrap();
    board.refresh().unwrap();
    assert_eq!(states(&board), [(State::Done, 2), (State::Broken, 0)]);
    assert!(board.rows()[1].note.contains("run.json: not a record"), "{}", board.rows()[1].note);
}

/// Starts a command on a terminal, closes the terminal when something is shown, and prints whether the command has ended.
const HANG_UP: &str = r#"
import os, pty, sys, time
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
os.read(terminal, 1)
os.close(terminal)
for _ in range(600):
    if os.waitpid(pid, os.WNOHANG)[0]:
        print("ended")
        sys.exit()
    time.sleep(0.1)
os.kill(pid, 9)
print("went on")
"#;

#[test]
fn it_ends_when_its_terminal_goes_away() {
    let sandbox = sandbox();
    let program = env!("CARGO_BIN_EXE_hourglass");
    let arguments = ["-c", HANG_UP, program, "watch", "tiny.toml"];
    let ended = Command::new("python3").args(arguments).current_dir(sandbox.path("")).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&ended.stdout), "ended\n", "{}", String::from_utf8_lossy(&ended.stderr));
}
