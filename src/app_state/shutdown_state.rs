//! The mark of a process that is about to stop.

use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the process is about to stop. It still serves then, and `/readyz` tells load
/// balancers to send requests elsewhere.
#[derive(Debug, Default)]
pub struct ShutdownState(AtomicBool);

impl ShutdownState {
    /// Marks the process as about to stop.
    pub fn begin(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Returns whether the process is about to stop.
    #[must_use]
    pub fn is_shutting_down(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}
