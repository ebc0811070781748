//! Messages to the service manager that started the server (sd_notify(3)). Without `NOTIFY_SOCKET`,
//! none are sent.

use std::time::Duration;

use actix_web::rt::time;
use sd_notify::NotifyState;

/// Reports that the server accepts connections (`Type=notify`).
pub(crate) fn notify_ready() {
    notify(&[NotifyState::Ready, NotifyState::Status("serving")]);
}

/// Reports that the server is shutting down.
pub(super) fn notify_stopping() {
    notify(&[NotifyState::Stopping, NotifyState::Status("stopping")]);
}

/// Reports twice in each watchdog period (`WatchdogSec=`) that the event loop runs. The database is
/// not checked, because a restart would not repair it.
pub(super) async fn reset_watchdog() {
    let Some(period) = sd_notify::watchdog_enabled() else {
        return;
    };
    let mut ticks = time::interval((period / 2).max(Duration::from_millis(1)));
    loop {
        ticks.tick().await;
        notify(&[NotifyState::Watchdog]);
    }
}

fn notify(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(cause = %error, "service manager not notified");
    }
}
