//! A worker process: it trains the trials that it is given on its standard input, and tells on its standard output what became of
//! them. When its input ends it ends, at once if it is training: then the process that started it is gone.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::cli;
use crate::end::end;
use crate::execute::{Ended, Execution, Executor};
use crate::interrupt;
use crate::progress::Progress;
use crate::queue::Turn;
use crate::tally::INTERRUPTED;

/// What a worker is told.
#[derive(Debug, Serialize, Deserialize)]
pub enum Order {
    /// Run this trial.
    Run(Box<Turn>),
    /// Stop after this epoch, with a checkpoint.
    Stop,
}

/// What a worker answers.
#[derive(Debug, Serialize, Deserialize)]
pub enum Reply {
    /// What became of the trial.
    Ended(Ended),
    /// What would hit every trial alike.
    Error(String),
}

impl Reply {
    /// Reads a line.
    ///
    /// # Errors
    /// When it is none of a worker.
    pub fn read(line: &str) -> Result<Self> {
        read(line)
    }
}

/// A message as a line. TOML has the numbers that JSON lacks, and JSON puts its lines into one.
pub fn line<M: Serialize>(message: &M) -> String {
    let wrapped = [("message", message)].into_iter().collect::<std::collections::BTreeMap<_, _>>();
    let text =
        toml::to_string(&wrapped).expect("what a worker is told or answers is made of tables, texts and numbers");
    serde_json::to_string(&text).expect("a text is JSON") + "\n"
}

fn read<M: for<'de> Deserialize<'de>>(line: &str) -> Result<M> {
    #[derive(Deserialize)]
    struct Wrapped<M> {
        message: M,
    }
    let strange = || format!("`{line}` is not what processes of this program tell each other");
    let text: String = serde_json::from_str(line).with_context(strange)?;
    Ok(toml::from_str::<Wrapped<M>>(&text).with_context(strange)?.message)
}

static IS_TRAINING: AtomicBool = AtomicBool::new(false);

/// Works until there are no more orders.
///
/// # Errors
/// When the device cannot be opened or nobody listens to the answers.
pub fn work(arguments: &cli::Worker) -> Result<()> {
    interrupt::leave_to_the_starter()?;
    let execution = Execution {
        results: arguments.results.root.clone(),
        device: arguments.device.open()?,
        checkpoint_every: arguments.checkpoint_every,
        threads: arguments.threads,
        system_metrics: arguments.system_metrics,
    };
    let mut executor = Executor::new(&execution, Progress::new(0, 0));
    for turn in turns() {
        IS_TRAINING.store(true, Ordering::SeqCst);
        let reply = match executor.run(&turn) {
            Ok(ended) => Reply::Ended(ended),
            Err(error) => Reply::Error(format!("{error:#}")),
        };
        IS_TRAINING.store(false, Ordering::SeqCst);
        io::stdout().lock().write_all(line(&reply).as_bytes()).context("nobody listens to this worker")?;
    }
    Ok(())
}

/// The trials to run, as they come.
fn turns() -> Receiver<Turn> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        listen(&sender);
        if IS_TRAINING.load(Ordering::SeqCst) {
            end(INTERRUPTED);
        }
    });
    receiver
}

fn listen(turns: &Sender<Turn>) {
    for line in io::stdin().lines().map_while(io::Result::ok) {
        match read(&line) {
            Ok(Order::Run(turn)) => {
                // The other end is there as long as the process is.
                let _ = turns.send(*turn);
            }
            Ok(Order::Stop) => interrupt::ask(),
            Err(error) => {
                tracing::error!("error: {error:#}");
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Plan;
    use crate::spec::Spec;

    const EXPERIMENT: &str = "name = \"tiny\"\n[data.synthetic]\n[split.random]\n[model.autoencoder]\nlayers = [4]\n\
                              [input]\nrows = \"users\"\nfill = { constant = 0.1 }\n\
                              [sweep.grid]\n\"input.fill\" = [{ constant = 0.30000000000000004 }, \"zero\"]\n";

    #[test]
    fn a_trial_arrives_as_it_was_sent() {
        for trial in Plan::new(Spec::parse(EXPERIMENT).unwrap()).unwrap().trials {
            let turn = Turn { place: 3, number: 4, trials: 5, silent: Some(2), until: Some(6), trial };
            let sent = line(&Order::Run(Box::new(turn.clone())));
            assert_eq!(sent.matches('\n').count(), 1);
            let Order::Run(arrived) = read(sent.trim_end()).unwrap() else { panic!("{sent}") };
            assert_eq!(arrived.trial.config, turn.trial.config);
            assert_eq!((&arrived.trial.id, &arrived.trial.swept), (&turn.trial.id, &turn.trial.swept));
            assert_eq!((arrived.silent, arrived.until), (Some(2), Some(6)));
            assert_eq!((arrived.place, arrived.number, arrived.trials), (3, 4, 5));
        }
    }

    #[test]
    fn answers_arrive_as_they_were_sent() {
        for reply in [Reply::Ended(Ended::Held), Reply::Error("cannot \"write\"\nx".into())] {
            let sent = line(&reply);
            assert_eq!(format!("{:?}", Reply::read(sent.trim_end()).unwrap()), format!("{reply:?}"));
        }
        assert!(matches!(read(line(&Order::Stop).trim_end()).unwrap(), Order::Stop));
        assert!(Reply::read("\"message = 3\"").unwrap_err().to_string().contains("is not what processes"));
    }
}
