//! Several trials at the same time: in worker processes, because libtorch's threads and memory belong to a process, and because a
//! crash then takes one trial with it and no other. A worker trains one trial after the other.

use std::io::{BufRead, BufReader, Lines, Write};
use std::num::NonZeroUsize;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};

use crate::cli;
use crate::execute::Ended;
use crate::interrupt;
use crate::queue::{Queue, Turn};
use crate::tally::Tally;
use crate::worker::{Order, Reply, line};

/// How often it is looked whether somebody asked to stop.
const LOOK: Duration = Duration::from_millis(50);

/// Runs the trials of the queue, `arguments.jobs` at a time.
///
/// # Errors
/// When a process cannot be started, or says of something that it would hit every trial.
pub fn run(queue: &Queue<'_>, arguments: &cli::Run) -> Result<Tally> {
    let ears = Ears::default();
    let is_over = AtomicBool::new(false);
    let ended = thread::scope(|scope| {
        let jobs = usize::from(arguments.jobs).min(queue.trials() - queue.tally().sum());
        let lanes: Vec<_> = (0..jobs).map(|_| scope.spawn(|| lane(queue, arguments, &ears))).collect();
        scope.spawn(|| pass_on_interruption(&ears, &is_over));
        let join = |lane: thread::ScopedJoinHandle<'_, Result<()>>| {
            lane.join().unwrap_or_else(|_| Err(anyhow!("a thread that leads a worker panicked")))
        };
        let ended: Vec<Result<()>> = lanes.into_iter().map(join).collect();
        is_over.store(true, Ordering::SeqCst);
        ended
    });
    ended.into_iter().collect::<Result<()>>()?;
    Ok(queue.tally())
}

/// The most threads that one trial may use: the processors are shared out among the jobs.
pub fn threads_of_each(arguments: &cli::Run) -> u16 {
    let all = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let share = all / usize::from(arguments.jobs);
    arguments.threads.unwrap_or_else(|| u16::try_from(share).unwrap_or(u16::MAX).max(1))
}

/// What workers listen to.
type Ears = Mutex<Vec<Arc<Mutex<ChildStdin>>>>;

fn pass_on_interruption(ears: &Ears, is_over: &AtomicBool) {
    while !interrupt::asked() {
        if is_over.load(Ordering::SeqCst) {
            return;
        }
        thread::sleep(LOOK);
    }
    for ear in ears.lock().expect("no thread panics with it").iter() {
        // A worker that has ended needs not be told.
        let _ = send(ear, &Order::Stop);
    }
}

fn send(ear: &Mutex<ChildStdin>, order: &Order) -> std::io::Result<()> {
    ear.lock().expect("no thread panics with it").write_all(line(order).as_bytes())
}

/// Leads one worker, and the next one if it dies.
fn lane(queue: &Queue<'_>, arguments: &cli::Run, ears: &Ears) -> Result<()> {
    let mut worker: Option<Worker> = None;
    let mut lead = || -> Result<()> {
        while let Some(turn) = queue.next()? {
            let worker_now = match worker.as_mut() {
                Some(worker) => worker,
                None => worker.insert(Worker::start(arguments, ears)?),
            };
            match worker_now.run(&turn)? {
                Some(ended) => queue.end(&turn, ended),
                None => {
                    let status = worker.take().map(Worker::wait).context("a worker was started")??;
                    queue.died(&turn, status)?;
                }
            }
        }
        Ok(())
    };
    let led = lead();
    if led.is_err() {
        queue.stop();
    }
    worker.map(|worker| worker.dismiss(ears)).transpose().and(led)
}

struct Worker {
    process: Child,
    ear: Arc<Mutex<ChildStdin>>,
    replies: Lines<BufReader<ChildStdout>>,
    /// Passes on what it says to people.
    voice: thread::JoinHandle<()>,
}

impl Worker {
    fn start(arguments: &cli::Run, ears: &Ears) -> Result<Self> {
        let program = std::env::current_exe().context("cannot tell where this program is")?;
        let mut command = Command::new(program);
        command.arg("worker").arg("--results").arg(&arguments.results.root);
        command.args(["--threads", &threads_of_each(arguments).to_string(), "--device", &arguments.device.to_string()]);
        command.args(["--checkpoint-every", &arguments.checkpoint_every.as_secs_f64().to_string()]);
        if let Some(every) = arguments.system_metrics {
            command.args(["--system-metrics", &every.as_secs_f64().to_string()]);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().context("cannot start a worker process")?;
        let missing = "a worker process has no pipes";
        let said = BufReader::new(process.stderr.take().context(missing)?);
        let ear = Arc::new(Mutex::new(process.stdin.take().context(missing)?));
        let replies = BufReader::new(process.stdout.take().context(missing)?).lines();
        ears.lock().expect("no thread panics with it").push(Arc::clone(&ear));
        if interrupt::asked() {
            // Those who listened before have been told.
            let _ = send(&ear, &Order::Stop);
        }
        let voice = thread::spawn(move || {
            said.lines().map_while(std::io::Result::ok).for_each(|line| tracing::info!("{line}"));
        });
        Ok(Self { process, ear, replies, voice })
    }

    /// What became of a trial; nothing if the worker died.
    fn run(&mut self, turn: &Turn) -> Result<Option<Ended>> {
        if send(&self.ear, &Order::Run(Box::new(turn.clone()))).is_err() {
            return Ok(None);
        }
        match self.replies.next() {
            Some(Ok(reply)) => match Reply::read(&reply)? {
                Reply::Ended(ended) => Ok(Some(ended)),
                Reply::Error(message) => Err(anyhow!(message)),
            },
            Some(Err(_)) | None => Ok(None),
        }
    }

    fn wait(mut self) -> Result<ExitStatus> {
        let status = self.process.wait().context("lost a worker process")?;
        // What it said last is passed on before it is told that it died.
        let _ = self.voice.join();
        Ok(status)
    }

    /// Ends a worker that has nothing to do.
    fn dismiss(self, ears: &Ears) -> Result<()> {
        ears.lock().expect("no thread panics with it").retain(|ear| !Arc::ptr_eq(ear, &self.ear));
        let Self { mut process, ear, voice, .. } = self;
        drop(ear);
        process.wait().context("lost a worker process")?;
        let _ = voice.join();
        Ok(())
    }
}
