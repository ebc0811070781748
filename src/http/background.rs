//! Background tasks of a server.

use std::{fs, future::pending, io, pin::pin, sync::Arc, time::Duration};

use actix_web::{
    dev::ServerHandle,
    rt::signal::unix::{self, Signal, SignalKind},
};
use futures_util::future::{Either, select};

use super::{
    connections::{self, Connections},
    service_manager,
};
use crate::{
    app_state::AppState,
    credentials::{Pruned, last_used, prune},
    passwords::schemes::update_dummy_hashes,
};

/// The interval of pruning, which ends expired credentials and deletes old records.
const PRUNE_INTERVAL: Duration = Duration::from_secs(3600);

/// The interval of counting the schemes of password hashes.
const SCHEMES_INTERVAL: Duration = Duration::from_secs(3600);

/// Shuts down at SIGTERM and at SIGHUP, which a terminal sends when it closes. If the setting
/// `drain` is set, the server first reports that it is not ready, and keeps serving until load
/// balancers have noticed. At SIGINT and SIGQUIT, which a person types, it stops immediately.
pub(crate) fn shutdown_on_signal(
    context: AppState,
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
            if let Some(drain) = context.settings().server.drain {
                context.shutdown().begin();
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
pub(crate) fn ignore_user_signals() -> io::Result<()> {
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

/// Closes connections that are idle for too long.
pub(crate) async fn end_idle_connections(connections: Arc<Connections>) {
    loop {
        actix_web::rt::time::sleep(connections::TICK).await;
        connections.end_idle();
    }
}

/// Writes the cached last-used times to the database in each period of the settings.
pub(crate) async fn write_last_used(context: AppState) {
    loop {
        actix_web::rt::time::sleep(context.settings().records.last_used_every).await;
        if let Err(error) = last_used::flush(&context).await {
            tracing::warn!(cause = %error, "write of last-used times failed; retrying in the next period");
        }
    }
}

/// Counts the schemes of password hashes at the start and once an hour, because an import or many
/// sign-ins have changed them.
pub(crate) async fn count_password_schemes(context: AppState) {
    loop {
        if let Err(error) = update_dummy_hashes(&context).await {
            tracing::warn!(cause = %error, "count of password schemes failed; retrying in the next period");
        }
        actix_web::rt::time::sleep(SCHEMES_INTERVAL).await;
    }
}

/// Deletes expired credentials and old records once an hour.
pub(crate) async fn cleanup_loop(context: AppState) {
    loop {
        actix_web::rt::time::sleep(PRUNE_INTERVAL).await;
        match prune(&context).await {
            Ok(pruned) if pruned == Pruned::default() => {}
            Ok(pruned) => tracing::info!(pruned.expired, pruned.forgotten, "pruning completed"),
            Err(error) => {
                tracing::warn!(cause = %error, "pruning failed; retrying in the next period");
            }
        }
    }
}
