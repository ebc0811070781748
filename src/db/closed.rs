//! Waits until the connections of a process are closed. The last connection that closes an SQLite
//! file writes the log into the file and removes `-wal` and `-shm`. A process that ends before that
//! leaves them behind.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    time::Duration,
};

/// Stored next to connections and dropped after them.
#[derive(Clone)]
pub(super) struct Open {
    /// Never sends. The receiver waits until every sender is dropped.
    _held: Sender<()>,
}

/// Reports when every connection is closed.
#[derive(Clone)]
pub struct CloseSignal(Arc<Mutex<Receiver<()>>>);

pub(super) fn open() -> (Open, CloseSignal) {
    let (held, closed) = channel();
    (
        Open { _held: held },
        CloseSignal(Arc::new(Mutex::new(closed))),
    )
}

impl CloseSignal {
    /// Waits until every connection is closed, but at most `timeout`.
    pub fn wait(&self, timeout: Duration) {
        let closed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if closed.recv_timeout(timeout) == Err(RecvTimeoutError::Timeout) {
            tracing::debug!("database connections still open at shutdown");
        }
    }
}
