//! What a server does beside answering requests.

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
};

/// How often what has expired is ended, and what ended long ago forgotten.
const PRUNE_EVERY: Duration = Duration::from_secs(3600);

/// Stops at SIGTERM and at SIGHUP, which a terminal sends that is closed. Where the settings ask for it,
/// says first that it is not ready, and serves on for as long as load balancers take to notice. At
/// SIGINT and SIGQUIT, which a person types, stops at once.
pub(crate) fn shutdown_on_signal(
    context: AppState,
    server: ServerHandle,
) -> io::Result<impl Future<Output = ()>> {
    // `nohup` has it ignored: the server is to outlive its terminal then.
    let mut hung_up = if is_ignored(SignalKind::hangup()) {
        None
    } else {
        Some(unix::signal(SignalKind::hangup())?)
    };
    let mut told = unix::signal(SignalKind::terminate())?;
    let mut interrupted = unix::signal(SignalKind::interrupt())?;
    let mut quit = unix::signal(SignalKind::quit())?;
    Ok(async move {
        let told = pin!(async {
            select(pin!(received(hung_up.as_mut())), pin!(told.recv())).await;
            service_manager::notify_stopping();
            if let Some(drain) = context.settings.drain {
                context.stopping.begin();
                tracing::info!("told to stop; not ready any more");
                actix_web::rt::time::sleep(drain).await;
            }
            true
        });
        let typed = pin!(async {
            select(pin!(interrupted.recv()), pin!(quit.recv())).await;
            service_manager::notify_stopping();
            false
        });
        let (Either::Left((finish, _)) | Either::Right((finish, _))) = select(told, typed).await;
        server.stop(finish).await;
    })
}

/// Waits for a signal; for ever where it is not ours to handle.
async fn received(signal: Option<&mut Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => pending().await,
    }
}

/// Keeps the process alive at SIGUSR1 and SIGUSR2, by which other programs reopen logs or print their
/// state. Without a handler they kill it.
pub(crate) fn ignore_user_signals() -> io::Result<()> {
    for kind in [SignalKind::user_defined1(), SignalKind::user_defined2()] {
        // The handler stays after its stream is dropped.
        drop(unix::signal(kind)?);
    }
    Ok(())
}

/// Whether this process was started with `signal` ignored, where the system says so (Linux, proc(5)).
fn is_ignored(signal: SignalKind) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal.as_raw_value() - 1) & 1 == 1)
}

/// Ends connections that are idle for too long.
pub(crate) async fn end_idle_connections(connections: Arc<Connections>) {
    loop {
        actix_web::rt::time::sleep(connections::TICK).await;
        connections.end_idle();
    }
}

/// Writes when and from where credentials were last used, now and then.
pub(crate) async fn write_last_used(context: AppState) {
    loop {
        actix_web::rt::time::sleep(context.settings.last_used_every).await;
        if let Err(error) = last_used::flush(&context).await {
            tracing::warn!(cause = %error, "last-used times could not be written; they are kept");
        }
    }
}

/// Prunes once an hour.
pub(crate) async fn cleanup_loop(context: AppState) {
    loop {
        actix_web::rt::time::sleep(PRUNE_EVERY).await;
        match prune(&context).await {
            Ok(pruned) if pruned == Pruned::default() => {}
            Ok(pruned) => tracing::info!(pruned.expired, pruned.forgotten, "pruned"),
            Err(error) => tracing::warn!(cause = %error, "pruning failed; it is tried again"),
        }
    }
}
