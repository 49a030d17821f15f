//! The threads of a training.

use std::sync::Mutex;

use rayon::{ThreadPool, ThreadPoolBuilder};

/// Threads that share out jobs. What a job computes never depends on who does it, or on how many there are.
#[derive(Debug)]
pub(crate) struct Team {
    /// Whoever there is besides the thread that has the jobs.
    others: Option<ThreadPool>,
}

impl Team {
    /// As many threads as tensors use.
    pub(crate) fn new() -> Self {
        let threads = usize::try_from(tch::get_num_threads()).unwrap_or(1);
        let pool = || ThreadPoolBuilder::new().num_threads(threads - 1).build().expect("threads can be started");
        Self { others: (threads > 1).then(pool) }
    }

    /// How many.
    pub(crate) fn len(&self) -> usize {
        1 + self.others.as_ref().map_or(0, ThreadPool::current_num_threads)
    }

    /// Does all jobs. The calling thread begins at once and takes job after job, as do the others when they have woken up: a
    /// step is a dozen calls of a millisecond or less, in which none should wait for another.
    pub(crate) fn each<J: Send>(&self, jobs: Vec<J>, work: impl Fn(J) + Send + Sync) {
        let Some(others) = self.others.as_ref().filter(|_| jobs.len() > 1) else {
            return jobs.into_iter().for_each(work);
        };
        let helpers = others.current_num_threads().min(jobs.len() - 1);
        let jobs = Mutex::new(jobs.into_iter());
        let next = || jobs.lock().expect("nobody panics while taking a job").next();
        let take_part = || {
            while let Some(job) = next() {
                work(job);
            }
        };
        others.in_place_scope(|scope| {
            (0..helpers).for_each(|_| scope.spawn(|_| take_part()));
            take_part();
        });
    }
}

impl Team {
    /// Does work whose jobs the team shares out, while one of the others makes something that is needed later.
    pub(crate) fn beside<T: Send>(&self, make: impl FnOnce() -> T + Send, work: impl FnOnce()) -> T {
        let Some(others) = &self.others else {
            work();
            return make();
        };
        let mut made = None;
        others.in_place_scope(|scope| {
            scope.spawn(|_| {
                let _tensors = OneTensorThread::new();
                made = Some(make());
            });
            work();
        });
        made.expect("the scope has ended")
    }
}

/// While this lives, tensors are computed by one thread. The threads of the tensor library wait for work by turning in circles,
/// which keeps this engine's threads from their processors: with both, a step of a busy machine took five times as long. And the
/// last digits of its sums depend on their number.
pub(crate) struct OneTensorThread {
    before: i32,
}

impl OneTensorThread {
    pub(crate) fn new() -> Self {
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
