//! Processes that are killed at random moments, and started again until the sweep is done: nothing is lost, nothing is doubled,
//! nothing is different. `just kill-test` does it two hundred times.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Write, stderr};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use hourglass_report::{EpochTable, Outcome, RunRecord, read_trials};
use hourglass_train::checkpoint::epochs_done;
use tch::Tensor;

use crate::sandbox::{Sandbox, TINY, assert_says};

/// Trials of the sweep.
const TRIALS: usize = 24;

/// Twelve settings with two seeds, with everything random or stateful that a training can have.
fn sweep(epochs: usize, users: usize) -> Sandbox {
    let experiment = TINY
        .replace("users = 60", &format!("users = {users}"))
        .replace("rows = \"users\"", "rows = \"users\"\nnoise = [{ gaussian = { std = 0.2 } }]")
        .replace("layers = [4]", "layers = [8, 4, 8]\ndropout = 0.2")
        .replace("epochs = 3", &format!("epochs = {epochs}"));
    Sandbox::new(&format!(
        "seeds = [1, 2]\n{experiment}[sweep.grid]\n\"input.fill\" = [\"zero\", \"user-mean\", \"item-mean\"]\n\
         \"train.optimizer\" = [{{ adam = {{}} }}, {{ sgd = {{ lr = 0.001, momentum = 0.9 }} }}, {{ rmsprop = {{}} }}, \
         {{ adam = {{ lr = 0.01 }} }}]\n"
    ))
}

/// Numbers that look random, the same each time (SplitMix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (number ^ (number >> 31)) % end
    }
}

/// What a sweep without kills leaves.
struct Undisturbed {
    /// `epochs.csv` and weights.
    bits: Vec<(String, Vec<u8>)>,
    outcomes: Vec<Outcome>,
    summary: String,
}

impl Undisturbed {
    fn new(sandbox: &Sandbox) -> Self {
        sandbox.run_well("");
        Self {
            bits: (0..TRIALS).map(|position| sandbox.bits(position)).collect(),
            outcomes: (0..TRIALS).map(|position| sandbox.record(position).outcome).collect(),
            summary: without_seconds(&sandbox.layout().summary()),
        }
    }
}

/// A summary without the one column that differs from run to run.
fn without_seconds(summary: &Path) -> String {
    let mut reader = csv::Reader::from_path(summary).unwrap();
    let kept: Vec<bool> = reader.headers().unwrap().iter().map(|name| name != "seconds").collect();
    let rows = reader.records().map(|row| {
        let row = row.unwrap();
        row.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(cell, _)| cell.to_owned() + ",").collect::<String>()
            + "\n"
    });
    rows.collect()
}

/// What was seen in all lives of a sweep.
#[derive(Default)]
struct Seen {
    kills: usize,
    of_workers: usize,
    lives: usize,
    looks: usize,
    files: usize,
    acknowledged: usize,
    /// Inode and time of change of what a finished trial left.
    finished: BTreeMap<usize, Vec<(u64, i64, i64)>>,
}

impl Seen {
    /// Looks at everything on disk. Where no process lives, no trial is running.
    fn look(&mut self, sandbox: &Sandbox, undisturbed: &Undisturbed, nobody_lives: bool) {
        self.looks += 1;
        if !sandbox.layout().folder().exists() {
            return;
        }
        let trials = read_trials(sandbox.layout().folder()).unwrap();
        for position in 0..TRIALS {
            let folder = sandbox.trial(position);
            let Some(trial) = trials.iter().find(|trial| trial.record.trial == sandbox.id(position)) else { continue };
            assert!(!nobody_lives || trial.record.outcome != Outcome::Running, "nobody is at it");
            self.rows(&folder.epochs(), &undisturbed.bits[position].0);
            match self.finished.get(&position) {
                Some(before) => assert_eq!(*before, marks(&folder.record(), &folder.weights()), "run again"),
                None if trial.record.is_finished() => {
                    assert_eq!(trial.record.outcome, undisturbed.outcomes[position]);
                    self.finished.insert(position, marks(&folder.record(), &folder.weights()));
                }
                None => {}
            }
        }
        if nobody_lives {
            self.files += readable_files(sandbox.layout().folder());
        }
    }

    /// Every epoch that is there is there once, and as it would be without kills.
    fn rows(&mut self, epochs: &Path, whole: &str) {
        let Ok(text) = fs::read_to_string(epochs) else { return };
        let complete = &text[..text.rfind('\n').map_or(0, |end| end + 1)];
        assert!(whole.starts_with(complete), "{}:\n{complete}\ninstead of\n{whole}", epochs.display());
        self.acknowledged += complete.lines().count().saturating_sub(1);
    }
}

fn marks(record: &Path, weights: &Path) -> Vec<(u64, i64, i64)> {
    let mark = |path: &Path| fs::metadata(path).map(|file| (file.ino(), file.mtime(), file.mtime_nsec())).unwrap();
    vec![mark(record), mark(weights)]
}

/// How many files there are, all of which can be read to their end.
fn readable_files(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { readable_files(&path) } else { readable(&path) }).sum()
}

fn readable(path: &Path) -> usize {
    let text = || fs::read_to_string(path).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("json") if name == "run.json" => drop(RunRecord::load(path).unwrap()),
        Some("json") => assert!(name.starts_with("lease-"), "{name}"),
        Some("csv") if ["epochs.csv", "timing.csv"].contains(&name) => drop(EpochTable::read(path).unwrap()),
        Some("csv") => csv::Reader::from_path(path).unwrap().records().for_each(|row| drop(row.unwrap())),
        Some("toml") => drop(hourglass::spec::Spec::parse(&text()).unwrap()),
        Some("svg") => assert!(text().trim_end().ends_with("</svg>"), "{}", path.display()),
        Some("html") => assert!(text().trim_end().ends_with("</html>"), "{}", path.display()),
        Some("png") => assert!(fs::read(path).unwrap().ends_with(b"IEND\xaeB`\x82"), "{}", path.display()),
        Some("safetensors") if name == "state.safetensors" => assert!(epochs_done(path).unwrap() > 0),
        Some("safetensors") => assert!(!Tensor::read_safetensors(path).unwrap().is_empty()),
        None if name == ".drawn" => assert_eq!(text().len(), 17),
        // What was being written; nobody reads it.
        Some("part") => return 0,
        _ => panic!("what is {}?", path.display()),
    }
    1
}

/// The processes that a process has started.
fn children(pid: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten();
    let children = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("children")).ok());
    children.flat_map(|line| line.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>()).collect()
}

fn kill(target: &str) {
    // It may have ended by itself.
    let _ = Command::new("kill").args(["-9", "--", target]).stderr(Stdio::null()).status().unwrap();
}

/// In a process group of its own, which is killed in one go.
fn start(sandbox: &Sandbox, jobs: usize, checkpoint_every: &str) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hourglass"));
    let arguments = format!("run tiny.toml --threads 1 --jobs {jobs} --checkpoint-every {checkpoint_every}");
    command.current_dir(sandbox.path("")).args(arguments.split(' ')).env_remove("HOURGLASS_LOG").process_group(0);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// One life: until it ends by itself, with its exit code, or is killed with all its workers. On the way single workers are killed.
#[expect(clippy::zombie_processes, reason = "where a status is returned, it was waited for")]
fn live(
    sandbox: &Sandbox,
    undisturbed: &Undisturbed,
    jobs: usize,
    chance: &mut Chance,
    seen: &mut Seen,
    kills_left: usize,
) -> Option<i32> {
    seen.lives += 1;
    let checkpoint_every = ["0", "0.05", "0.3", "1000"][chance.below(4) as usize];
    let mut child = start(sandbox, jobs, checkpoint_every);
    let group = format!("-{}", child.id());
    for kill_number in 0..kills_left {
        let until = Instant::now() + Duration::from_millis(chance.below(900));
        while Instant::now() < until {
            if let Some(status) = child.try_wait().unwrap() {
                return status.code();
            }
            sleep(Duration::from_millis(1));
        }
        seen.kills += 1;
        let workers = if jobs > 1 { children(child.id()) } else { Vec::new() };
        let of_worker = !workers.is_empty() && chance.below(2) == 0 && kill_number + 1 < kills_left;
        if of_worker {
            seen.of_workers += 1;
            kill(&workers[chance.below(workers.len() as u64) as usize].to_string());
        } else {
            kill(&group);
            child.wait().unwrap();
            // The workers are no children of this process: they may take a moment to go.
            while Command::new("kill").args(["-0", "--", &group]).stderr(Stdio::null()).status().unwrap().success() {
                sleep(Duration::from_millis(1));
            }
        }
        seen.look(sandbox, undisturbed, !of_worker);
        if !of_worker {
            return None;
        }
    }
    child.wait().unwrap().code()
}

/// Kills so often, in as many sweeps as that takes.
fn kill_and_resume(kills: usize, jobs: usize, seed: u64, epochs: usize, users: usize) {
    let undisturbed = Undisturbed::new(&sweep(epochs, users));
    let mut chance = Chance(seed);
    let (mut done, mut sweeps) = (0, 0);
    while done < kills {
        let sandbox = sweep(epochs, users);
        let mut seen = Seen::default();
        // A trial whose worker died twice has failed (3), and is tried again by the next run.
        loop {
            let left = kills - done - seen.kills;
            if live(&sandbox, &undisturbed, jobs, &mut chance, &mut seen, left) == Some(0) {
                break;
            }
            assert!(seen.lives < 10 * kills + 10, "it never ends");
        }
        seen.look(&sandbox, &undisturbed, true);
        check_whole(&sandbox, &undisturbed);
        sweeps += 1;
        done += seen.kills;
        let Seen { kills, of_workers, lives, looks, files, acknowledged, .. } = seen;
        writeln!(
            stderr(),
            "{jobs} jobs, sweep {sweeps}: {kills} kills ({of_workers} of one worker), {lives} lives, {looks} looks at {acknowledged} \
             epochs and {files} files; nothing lost, doubled, different or done again"
        )
        .unwrap();
        assert!(kills > 0 || done >= kills, "it was too fast to be killed");
    }
}

/// The sweep as it is without kills, and no trace of them.
fn check_whole(sandbox: &Sandbox, undisturbed: &Undisturbed) {
    assert_says(&sandbox.run_well("").stderr, &["0 finished, 24 finished before, 0 failed, 0 interrupted"]);
    for position in 0..TRIALS {
        assert_eq!(sandbox.bits(position), undisturbed.bits[position], "trial {position}");
        assert_eq!(sandbox.record(position).outcome, undisturbed.outcomes[position]);
        let folder = sandbox.trial(position);
        let rows =
            |path: PathBuf| EpochTable::read(&path).unwrap().rows.iter().map(|row| row.epoch).collect::<Vec<_>>();
        assert_eq!(rows(folder.timing()), rows(folder.epochs()));
        assert_eq!(rows(folder.epochs()), (1..=rows(folder.epochs()).len()).collect::<Vec<_>>());
        assert!(!folder.state().exists(), "a finished trial needs no checkpoint");
    }
    assert_eq!(without_seconds(&sandbox.layout().summary()), undisturbed.summary);
}

#[test]
fn a_sweep_that_is_killed_now_and_then_is_the_same_sweep() {
    kill_and_resume(4, 1, 1, 20, 60);
    kill_and_resume(6, 2, 2, 20, 60);
}

#[test]
#[ignore = "takes minutes: just kill-test"]
fn two_hundred_kills() {
    for (jobs, kills, seed) in [(1, 100, 11), (2, 100, 12)] {
        kill_and_resume(kills, jobs, seed, 60, 600);
    }
}
