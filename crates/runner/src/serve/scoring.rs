//! The threads that score. Each has taken the run up for itself, because tensors are not shared between threads, and answers one
//! question after the other; so that what one is told has the bits of what another is.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, SyncSender, TrySendError, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result, anyhow};
use hyper::body::Bytes;
use tch::Device;
use tokio::sync::oneshot;

use super::desk::Desk;
use super::profile::Profile;
use super::question::Question;
use super::refusal::Refusal;
use crate::recommend::Recommender;
use crate::trained::Trained;

/// Questions that wait, at most.
const WAITING: usize = 256;

/// Threads that answer questions.
pub struct Scoring {
    questions: SyncSender<Asked>,
    line: String,
    profile: Bytes,
}

/// A question, and where its answer goes.
struct Asked {
    question: Question,
    answer: oneshot::Sender<Result<Vec<u8>, Refusal>>,
}

type Questions = Arc<Mutex<Receiver<Asked>>>;

/// What a thread says when it has taken up the run.
struct Ready {
    line: String,
    profile: Vec<u8>,
}

impl Scoring {
    /// So many threads, with the run in this folder. They end with the last question after this is dropped.
    ///
    /// # Errors
    /// When the run cannot be taken up.
    pub fn start(threads: usize, folder: &Path, device: Device) -> Result<Self> {
        let (questions, waiting) = sync_channel(WAITING);
        let waiting: Questions = Arc::new(Mutex::new(waiting));
        let mut first = None;
        // One after the other: what the first has made of the data, the others find.
        for _ in 0..threads.max(1) {
            let (sender, ready) = channel();
            let (folder, waiting) = (folder.to_owned(), waiting.clone());
            let work = move || work(&folder, device, &sender, &waiting);
            thread::Builder::new().name("scoring".to_owned()).spawn(work).context("cannot start a scoring thread")?;
            let ready = ready.recv().map_err(|_| anyhow!("a scoring thread has ended before it was ready"))??;
            first.get_or_insert(ready);
        }
        let Ready { line, profile } = first.context("there is no scoring thread")?;
        Ok(Self { questions, line, profile: profile.into() })
    }

    /// The run, for people.
    pub fn line(&self) -> &str {
        &self.line
    }

    /// The run, as JSON.
    pub(super) fn profile(&self) -> Bytes {
        self.profile.clone()
    }

    /// The answer of whichever thread is free first, as JSON.
    ///
    /// # Errors
    /// When too many questions wait, or the question is wrong.
    pub(super) async fn ask(&self, question: Question) -> Result<Vec<u8>, Refusal> {
        let (answer, answered) = oneshot::channel();
        self.questions.try_send(Asked { question, answer }).map_err(|error| match error {
            TrySendError::Full(_) => Refusal::busy(),
            TrySendError::Disconnected(_) => Refusal::failed(),
        })?;
        answered.await.unwrap_or_else(|_| Err(Refusal::failed()))
    }
}

/// Takes up the run, says so, and answers until nobody is left to ask.
fn work(folder: &Path, device: Device, ready: &Sender<Result<Ready>>, waiting: &Questions) {
    // Nobody waits for it only where the server has been given up.
    if let Err(error) = answer_all(folder, device, ready, waiting) {
        let _ = ready.send(Err(error));
    }
}

fn answer_all(folder: &Path, device: Device, ready: &Sender<Result<Ready>>, waiting: &Questions) -> Result<()> {
    let trained = Trained::of(folder, device)?;
    let recommender = Recommender::new(&trained)?;
    let desk = Desk::new(&recommender);
    let profile = Profile::of(&recommender, &desk);
    let told = Ready { profile: serde_json::to_vec(&profile)?, line: profile.line };
    if ready.send(Ok(told)).is_err() {
        return Ok(());
    }
    while let Some(Asked { question, answer }) = next(waiting) {
        // Who has gone away meanwhile, as a browser does when more is typed, is not answered.
        if !answer.is_closed() {
            // The same.
            let _ = answer.send(safely(&desk, &question));
        }
    }
    Ok(())
}

fn next(waiting: &Questions) -> Option<Asked> {
    // A thread that panicked with the lock had taken nothing yet.
    waiting.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

/// A panic ends the answer, not the server; what it says is on standard error.
fn safely(desk: &Desk<'_, '_>, question: &Question) -> Result<Vec<u8>, Refusal> {
    catch_unwind(AssertUnwindSafe(|| desk.answer(question))).unwrap_or_else(|_| Err(Refusal::failed()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use hyper::StatusCode;
    use tokio::runtime;
    use tokio::time::timeout;

    use super::*;

    #[test]
    fn what_cannot_wait_is_told_to_come_again() {
        let (questions, waiting) = sync_channel(2);
        let scoring = Scoring { questions, line: String::new(), profile: Bytes::new() };
        let question = || Question::Items { search: None, top: 1 };
        let runtime = runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            for _ in 0..2 {
                assert!(timeout(Duration::from_millis(1), scoring.ask(question())).await.is_err(), "it waits");
            }
            let refusal = scoring.ask(question()).await.unwrap_err();
            assert_eq!(refusal.status, StatusCode::SERVICE_UNAVAILABLE);
            assert_eq!(refusal.response().headers()["retry-after"], "1");
            let gone = waiting.recv().unwrap();
            assert!(gone.answer.is_closed(), "who has gone away is known");
            drop(waiting);
            assert_eq!(scoring.ask(question()).await.unwrap_err().status, StatusCode::INTERNAL_SERVER_ERROR);
        });
    }
}
