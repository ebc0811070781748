//! Waiting until the connections of a process are closed. The last one to close an SQLite file writes the log into
//! it and removes the `-wal` and the `-shm`; a process that ends before that leaves them there.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    time::Duration,
};

/// Held beside connections, and dropped after them.
#[derive(Clone)]
pub(super) struct Open {
    /// Nothing is sent: its end is what is waited for.
    _held: Sender<()>,
}

/// Reports that every connection is closed.
#[derive(Clone)]
pub struct Closed(Arc<Mutex<Receiver<()>>>);

pub(super) fn open() -> (Open, Closed) {
    let (held, ended) = channel();
    (Open { _held: held }, Closed(Arc::new(Mutex::new(ended))))
}

impl Closed {
    /// Waits until every connection is closed, or as long as `most`.
    pub fn wait(&self, most: Duration) {
        let ended = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if ended.recv_timeout(most) == Err(RecvTimeoutError::Timeout) {
            tracing::debug!("connections to the database were still open at the end");
        }
    }
}
