//! The thread that does the periodic work of an embedded Narthex, and its end.

use std::{
    cell::RefCell,
    io,
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread,
    time::Duration,
};

use futures_util::future::join4;
use tokio::sync::Notify;

use crate::{
    app_state::AppState,
    http::background::{
        cleanup_loop, count_password_schemes, remove_factors, write_last_used,
        write_last_used_at_shutdown,
    },
};

/// The longest time that the drop of the last handle waits. The database answers within ten seconds
/// or fails, and the last work is two short changes.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest time that the exit of the process waits.
const EXIT_TIMEOUT: Duration = Duration::from_secs(2);

/// A running thread. Its drop stops the thread and waits for its last work: the node leaves the
/// cluster, and the last-used times are written. Without this, other nodes would wait for the lease
/// of this one at their next revocation.
///
/// It is a thread with a runtime of its own, so that the app need not start anything and can have
/// any runtime.
pub(super) struct Background(Arc<Signals>);

/// The signals between the thread and its owner.
#[derive(Default)]
struct Signals {
    stop: Notify,
    has_ended: Mutex<bool>,
    ended: Condvar,
}

impl Background {
    /// Starts the thread. The node joins the cluster.
    ///
    /// # Errors
    /// The operating system's, if it starts no thread.
    pub(super) fn start(state: AppState) -> io::Result<Self> {
        let signals = Arc::<Signals>::default();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()?;
        let of_thread = End(Arc::clone(&signals));
        thread::Builder::new()
            .name("narthex".to_owned())
            .spawn(move || runtime.block_on(run(state, &of_thread.0.stop)))?;
        stop_at_exit(&signals);
        Ok(Self(signals))
    }
}

async fn run(state: AppState, stop: &Notify) {
    state.cluster().ensure_running();
    let work = join4(
        write_last_used(state.clone()),
        cleanup_loop(state.clone()),
        remove_factors(state.clone()),
        count_password_schemes(state.clone()),
    );
    tokio::select! {
        () = stop.notified() => {}
        _ = work => {}
    }
    state.cluster().leave_cluster().await;
    write_last_used_at_shutdown(&state).await;
}

impl Signals {
    /// Stops the thread and waits for its end.
    fn stop_and_wait(&self, timeout: Duration) {
        self.stop.notify_one();
        let has_ended = self
            .has_ended
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let waited = self
            .ended
            .wait_timeout_while(has_ended, timeout, |has_ended| !*has_ended);
        let has_ended = *waited.unwrap_or_else(PoisonError::into_inner).0;
        if !has_ended {
            tracing::warn!("background work did not end in time");
        }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.0.stop_and_wait(STOP_TIMEOUT);
    }
}

/// Reports the end of the thread, also if it panics.
struct End(Arc<Signals>);

impl Drop for End {
    fn drop(&mut self) {
        *self
            .0
            .has_ended
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = true;
        self.0.ended.notify_all();
    }
}

thread_local! {
    static AT_EXIT: RefCell<Vec<AtExit>> = const { RefCell::new(Vec::new()) };
}

/// Stops the thread at the exit of the process.
struct AtExit(Arc<Signals>);

impl Drop for AtExit {
    fn drop(&mut self) {
        self.0.stop_and_wait(EXIT_TIMEOUT);
    }
}

/// Stops the thread when the process exits, if Narthex is opened on the main thread, as in
/// `main`. A server's workers drop their handles on threads of their own, and `HttpServer` does not
/// wait for that. So the last handle may be dropped too late or not at all.
///
/// Values of thread locals of the main thread are dropped by `exit(3)`. A system that does not
/// drop them costs the other nodes a wait of one lease.
fn stop_at_exit(signals: &Arc<Signals>) {
    let is_main_thread = rustix::thread::gettid() == rustix::process::getpid();
    if is_main_thread {
        AT_EXIT.with_borrow_mut(|all| all.push(AtExit(Arc::clone(signals))));
    }
}
