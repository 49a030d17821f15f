//! The threads of a training.

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

/// Threads that share out jobs. What a job computes never depends on who does it, or on how many there are.
#[derive(Debug)]
pub(super) struct Team(Option<ThreadPool>);

impl Team {
    /// As many threads as tensors use.
    pub(super) fn new() -> Self {
        let threads = usize::try_from(tch::get_num_threads()).unwrap_or(1);
        let pool = || ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be started");
        Self((threads > 1).then(pool))
    }

    /// How many.
    pub(super) fn len(&self) -> usize {
        self.0.as_ref().map_or(1, ThreadPool::current_num_threads)
    }

    /// Does all jobs; one thread alone does them itself, without waking another.
    pub(super) fn each<J: Send>(&self, jobs: Vec<J>, work: impl Fn(J) + Send + Sync) {
        match &self.0 {
            None => jobs.into_iter().for_each(work),
            Some(pool) => pool.install(|| jobs.into_par_iter().with_max_len(1).for_each(work)),
        }
    }
}

/// While this lives, tensors are computed by one thread. The threads of the tensor library wait for work by turning in circles,
/// which keeps this engine's threads from their processors: with both, a step of a busy machine took five times as long. And the
/// last digits of its sums depend on their number.
pub(super) struct OneTensorThread {
    before: i32,
}

impl OneTensorThread {
    pub(super) fn new() -> Self {
        let before = tch::get_num_threads();
        tch::set_num_threads(1);
        Self { before }
    }
}

impl Drop for OneTensorThread {
    fn drop(&mut self) {
        tch::set_num_threads(self.before);
    }
}
