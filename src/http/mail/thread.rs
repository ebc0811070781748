//! The thread that sends mails.

use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, channel},
    },
    thread,
    time::Duration,
};

use tokio::sync::Notify;

use super::Mailer;
use crate::app_state::AppState;

/// The interval in which a node looks for mails of other nodes, and for those that are due again.
const PERIOD: Duration = Duration::from_secs(5);

/// The time for which a stop waits for the answer of the mail server. A mail whose answer is lost
/// is sent again.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// A running thread. Its drop lets the thread finish the mail under way, and waits for it.
///
/// It is a thread of its own, because the connection to the mail server blocks.
pub struct MailThread {
    stop: Arc<Stop>,
    /// In a mutex, so that all threads of an app can share the handle.
    ended: Mutex<Receiver<()>>,
}

#[derive(Default)]
struct Stop {
    requested: AtomicBool,
    changed: Notify,
}

impl MailThread {
    /// Starts the thread. `None`: mail is off.
    ///
    /// # Errors
    /// The transport of the settings cannot be used, or the system starts no thread.
    pub fn start(state: AppState) -> io::Result<Option<Self>> {
        let Some(mailer) = Mailer::new(state)? else {
            return Ok(None);
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()?;
        let stop = Arc::<Stop>::default();
        let of_thread = Arc::clone(&stop);
        let (alive, ended) = channel();
        thread::Builder::new()
            .name("narthex-mail".to_owned())
            .spawn(move || {
                // Dropped at the end of the thread, which ends the wait of its owner.
                let _alive = alive;
                runtime.block_on(run(&mailer, &of_thread));
            })?;
        Ok(Some(Self {
            stop,
            ended: Mutex::new(ended),
        }))
    }
}

async fn run(mailer: &Mailer, stop: &Stop) {
    let is_stopping = || stop.requested.load(Ordering::Acquire);
    while !is_stopping() {
        if let Err(error) = mailer.send_due(is_stopping).await {
            tracing::warn!(cause = %error, "outbox not read; retrying in the next period");
        }
        tokio::select! {
            () = mailer.state().job_wakeup().notified() => {}
            () = stop.changed.notified() => {}
            () = tokio::time::sleep(PERIOD) => {}
        }
    }
}

impl Drop for MailThread {
    fn drop(&mut self) {
        self.stop.requested.store(true, Ordering::Release);
        self.stop.changed.notify_one();
        let ended = self.ended.get_mut().unwrap_or_else(PoisonError::into_inner);
        if ended.recv_timeout(STOP_TIMEOUT) == Err(RecvTimeoutError::Timeout) {
            tracing::warn!(
                "mail server did not answer before the stop; the mail may be sent again"
            );
        }
    }
}
