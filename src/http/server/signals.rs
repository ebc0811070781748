//! The signals of a server: those that stop it, and those that must not.

use std::{fs, future::pending, io, pin::pin};

use actix_web::{
    dev::ServerHandle,
    rt::signal::unix::{self, Signal, SignalKind},
};
use futures_util::future::{Either, select};

use super::service_manager;
use crate::app_state::AppState;

/// Shuts down at SIGTERM and at SIGHUP, which a terminal sends when it closes. If the setting
/// `drain` is set, the server first reports that it is not ready, and keeps serving until load
/// balancers have noticed. At SIGINT and SIGQUIT, which a person types, it stops immediately.
pub(super) fn shutdown_on_signal(
    state: AppState,
    server: ServerHandle,
) -> io::Result<impl Future<Output = ()>> {
    // `nohup` ignores SIGHUP so that the server outlives its terminal.
    let mut hung_up = if is_ignored(SignalKind::hangup()) {
        None
    } else {
        Some(unix::signal(SignalKind::hangup())?)
    };
    let mut terminated = unix::signal(SignalKind::terminate())?;
    let mut interrupted = unix::signal(SignalKind::interrupt())?;
    let mut quit = unix::signal(SignalKind::quit())?;
    Ok(async move {
        let terminated = pin!(async {
            select(pin!(received(hung_up.as_mut())), pin!(terminated.recv())).await;
            service_manager::notify_stopping();
            if let Some(drain) = state.settings().server.drain {
                state.shutdown().begin();
                tracing::info!("shutdown requested; the server is not ready any more");
                actix_web::rt::time::sleep(drain).await;
            }
            true
        });
        let by_user = pin!(async {
            select(pin!(interrupted.recv()), pin!(quit.recv())).await;
            service_manager::notify_stopping();
            false
        });
        let (Either::Left((finish, _)) | Either::Right((finish, _))) =
            select(terminated, by_user).await;
        server.stop(finish).await;
    })
}

/// Waits for a signal, or for ever if there is no stream of it.
async fn received(signal: Option<&mut Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => pending().await,
    }
}

/// Keeps the process alive at SIGUSR1 and SIGUSR2. Other programs reopen logs or print their state
/// at these signals. Without a handler, they end the process.
pub(super) fn ignore_user_signals() -> io::Result<()> {
    for kind in [SignalKind::user_defined1(), SignalKind::user_defined2()] {
        // The handler stays after its stream is dropped.
        drop(unix::signal(kind)?);
    }
    Ok(())
}

/// Returns whether this process was started with `signal` ignored. Only Linux reports it (proc(5)).
fn is_ignored(signal: SignalKind) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal.as_raw_value() - 1) & 1 == 1)
}
