//! Several trials at the same time: each in a process of its own, because libtorch's threads and memory belong to a
//! process, and because a crash then takes one trial with it and no other.

use std::io::{BufRead, BufReader};
use std::num::NonZeroUsize;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;

use anyhow::{Context, Result, anyhow};
use hourglass_report::{Layout, RunRecord};

use crate::cli;
use crate::execute::record_before;
use crate::interrupt;
use crate::plan::{Plan, Trial};
use crate::prepare::DataCache;
use crate::tally::{INTERRUPTED, SOME_FAILED, Tally};

/// Runs the chosen trials, `arguments.jobs` at a time.
///
/// # Errors
/// When a process cannot be started, or ends with an error that would hit every trial.
pub fn run(plan: &Plan, chosen: &[usize], arguments: &cli::Run) -> Result<Tally> {
    let layout = Layout::new(arguments.results.root.join(plan.spec.name.as_str()));
    let waiting = Mutex::new(chosen.iter());
    let cache = Mutex::new(DataCache::beside(&arguments.results.root));
    let next = || waiting.lock().expect("no worker panics").next();
    let worker = || -> Result<Tally> {
        let mut tally = Tally::default();
        while let Some(&position) = next().filter(|_| !interrupt::asked()) {
            let trial = &plan.trials[position];
            let before = record_before(&layout.trial(&trial.id))?.filter(RunRecord::is_finished);
            let data = || cache.lock().expect("no worker panics").record(&trial.config);
            if before.map(|before| anyhow::Ok(before.data == data()?)).transpose()? == Some(true) {
                tally.skipped += 1;
            } else {
                one(trial, arguments, &mut tally)?;
            }
        }
        Ok(tally)
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..arguments.jobs).map(|_| scope.spawn(worker)).collect();
        let join = |worker: thread::ScopedJoinHandle<'_, Result<Tally>>| {
            worker.join().unwrap_or_else(|_| Err(anyhow!("a worker panicked")))
        };
        workers.into_iter().map(join).try_fold(Tally::default(), |sum, tally| Ok(sum + tally?))
    })
}

fn one(trial: &Trial, arguments: &cli::Run, tally: &mut Tally) -> Result<()> {
    let program = std::env::current_exe().context("cannot tell where this program is")?;
    let mut command = Command::new(program);
    command.arg("run").arg(&arguments.experiment.file).args(["--only", &trial.id, "--jobs", "1"]);
    command.args(["--threads", &threads_of_each(arguments).to_string(), "--device", &arguments.device.to_string()]);
    command.args(["--checkpoint-every", &arguments.checkpoint_every.as_secs_f64().to_string()]);
    command.arg("--results").arg(&arguments.results.root);
    for assignment in &arguments.experiment.assignments {
        command.args(["--set", &assignment.to_string()]);
    }
    let mut child = command.stderr(Stdio::piped()).spawn().context("cannot start a process for a trial")?;
    let lines = BufReader::new(child.stderr.take().context("a process has no standard error")?).lines();
    for line in lines.map_while(std::io::Result::ok) {
        tracing::info!("[{}] {line}", trial.id);
    }
    let status = child.wait().with_context(|| format!("lost the process of trial {}", trial.id))?;
    match status.code() {
        Some(0) => tally.finished += 1,
        Some(code) if code == i32::from(INTERRUPTED) => tally.interrupted += 1,
        Some(code) if code == i32::from(SOME_FAILED) => tally.failed += 1,
        _ => return Err(anyhow!("the process of trial {} ended with {status}", trial.id)),
    }
    Ok(())
}

/// The most threads that one trial may use: the processors are shared out among the jobs.
pub fn threads_of_each(arguments: &cli::Run) -> u16 {
    let all = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let share = all / usize::from(arguments.jobs);
    arguments.threads.unwrap_or_else(|| u16::try_from(share).unwrap_or(u16::MAX).max(1))
}
