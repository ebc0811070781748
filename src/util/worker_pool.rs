//! Worker threads: the parallelism of the machine, and a small pool for heavy work.

use std::{
    io,
    num::NonZero,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, Sender, channel},
    },
};

use tokio::sync::oneshot;

type Job = Box<dyn FnOnce() + Send>;

/// Returns how many threads can run at once on this machine, within the limits of this process.
#[must_use]
pub fn available_parallelism() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

/// A fixed number of threads, each of which runs one job after the other. Jobs that keep a buffer
/// per thread keep few of them here. The runtime may have hundreds of blocking threads.
pub struct WorkerPool {
    queue: Sender<Job>,
}

impl WorkerPool {
    /// Starts a pool of `count` threads.
    ///
    /// # Errors
    /// Fails if the system cannot start a thread.
    pub fn start(name: &str, count: usize) -> io::Result<Self> {
        let (queue, jobs) = channel();
        let jobs = Arc::new(Mutex::new(jobs));
        for _ in 0..count {
            let jobs = Arc::clone(&jobs);
            std::thread::Builder::new()
                .name(name.to_owned())
                .spawn(move || work(&jobs))?;
        }
        Ok(Self { queue })
    }

    /// Runs `work` on one of the threads. The queue is unbounded, so the caller must limit the
    /// jobs.
    ///
    /// Returns `None` if `work` panicked.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let (answer, receiver) = oneshot::channel();
        // If the caller no longer waits, the result is dropped.
        let job: Job = Box::new(move || drop(answer.send(work())));
        self.queue.send(job).ok()?;
        receiver.await.ok()
    }
}

/// The niceness of these threads (`setpriority(2)`, 0 to 19). If all cores are busy, a thread gets
/// a third of the time of an async worker. A request with a session or token therefore hardly waits
/// for sign-ins. On an idle core it changes nothing.
const NICENESS: i32 = 5;

/// Only Linux has a niceness for each thread.
fn lower_priority() {
    if cfg!(target_os = "linux") {
        // If the system refuses, the threads keep the normal priority.
        rustix::process::setpriority_process(None, NICENESS).ok();
    }
}

fn work(jobs: &Mutex<Receiver<Job>>) {
    lower_priority();
    // One thread holds the lock while it waits. Jobs run without the lock.
    let next = || {
        let jobs = jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.recv()
    };
    while let Ok(job) = next() {
        // A panic of a job drops its sender, which informs the waiting caller.
        drop(catch_unwind(AssertUnwindSafe(job)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    #[cfg(target_os = "linux")]
    async fn worker_threads_have_lower_priority_than_their_creator() {
        let niceness = || rustix::process::getpriority_process(None).unwrap();
        let own = niceness();
        let threads = WorkerPool::start("test", 1).unwrap();
        assert_eq!(threads.run(niceness).await, Some(NICENESS));
        assert_eq!(niceness(), own);
    }

    #[tokio::test]
    async fn panic_is_reported_and_the_thread_continues() {
        let threads = WorkerPool::start("test", 1).unwrap();
        assert_eq!(threads.run(|| panic!("as wanted")).await, None::<()>);
        assert_eq!(threads.run(|| 6 * 7).await, Some(42));
    }
}
