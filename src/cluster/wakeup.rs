//! Wakes a sleeping thread.

use std::{
    sync::{Condvar, Mutex, PoisonError},
    time::Duration,
};

#[derive(Debug, Default)]
pub(super) struct Wakeup {
    state: Mutex<State>,
    notified: Condvar,
}

#[derive(Debug, Default)]
struct State {
    notified: bool,
    stopped: bool,
}

impl Wakeup {
    /// Interrupts the current sleep, or else the next one before it begins.
    pub(super) fn notify(&self) {
        self.change(|state| state.notified = true);
    }

    /// Interrupts every sleep from now on.
    pub(super) fn stop(&self) {
        self.change(|state| state.stopped = true);
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .stopped
    }

    /// Sleeps for `time`, or until the next wakeup.
    pub(super) fn sleep(&self, time: Duration) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut state, _) = self
            .notified
            .wait_timeout_while(state, time, |state| !state.notified && !state.stopped)
            .unwrap_or_else(PoisonError::into_inner);
        state.notified = false;
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.notified.notify_all();
    }
}
