//! Threads: how many run at once, and a few of their own for heavy work.

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

/// How many threads run at once: those of the machine, or of what it lets this process have.
#[must_use]
pub fn available_parallelism() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

/// So many threads, each doing one piece of work after the other. Work that keeps something for its
/// thread keeps it so many times: of the runtime's blocking threads there may be hundreds.
pub struct WorkerPool {
    queue: Sender<Job>,
}

impl WorkerPool {
    /// Starts `count` of them.
    ///
    /// # Errors
    /// When the system has no thread to give.
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

    /// Does `work` on one of them. The queue has no bound: the caller sees to one.
    ///
    /// `None` where it panicked.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        // Nobody may be waiting any more; then the answer is dropped.
        let job: Job = Box::new(move || drop(answer.send(work())));
        self.queue.send(job).ok()?;
        answered.await.ok()
    }
}

/// How far these threads step back for the others (`setpriority(2)`, from 0 to 19): where all cores are busy
/// one of them gets a third of what a worker gets, so that who only shows a pass hardly waits for those
/// who sign in; where a core is idle it changes nothing.
const NICENESS: i32 = 5;

/// On Linux alone each thread has a niceness of its own.
fn lower_priority() {
    if cfg!(target_os = "linux") {
        // Refused, they are as important as the others.
        rustix::process::setpriority_process(None, NICENESS).ok();
    }
}

fn work(jobs: &Mutex<Receiver<Job>>) {
    lower_priority();
    // The lock is held while waiting, by one of them; a job is done without it.
    let next = || {
        let jobs = jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.recv()
    };
    while let Ok(job) = next() {
        // A job's panic drops its sender, which tells who waits.
        drop(catch_unwind(AssertUnwindSafe(job)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    #[cfg(target_os = "linux")]
    async fn they_step_back_and_whoever_started_them_does_not() {
        let niceness = || rustix::process::getpriority_process(None).unwrap();
        let own = niceness();
        let threads = WorkerPool::start("test", 1).unwrap();
        assert_eq!(threads.run(niceness).await, Some(NICENESS));
        assert_eq!(niceness(), own);
    }

    #[tokio::test]
    async fn a_panic_is_told_and_the_thread_goes_on() {
        let threads = WorkerPool::start("test", 1).unwrap();
        assert_eq!(threads.run(|| panic!("as wanted")).await, None::<()>);
        assert_eq!(threads.run(|| 6 * 7).await, Some(42));
    }
}
