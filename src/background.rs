//! What a server does beside answering requests.

use std::{io, pin::pin, time::Duration};

use actix_web::{
    dev::ServerHandle,
    rt::signal::unix::{self, SignalKind},
};
use futures_util::future::{Either, select};

use crate::{
    context::Context,
    credentials::{Pruned, prune, usage},
};

/// How often what has expired is ended, and what ended long ago forgotten.
const PRUNE_EVERY: Duration = Duration::from_secs(3600);

/// At SIGTERM says that it is not ready, serves on for as long as it takes those who balance load to
/// notice, and then stops as actix-web does; at SIGINT, which somebody types, stops at once.
pub(crate) fn stop_when_told(
    context: Context,
    server: ServerHandle,
    drain: Duration,
) -> io::Result<impl Future<Output = ()>> {
    let mut told = unix::signal(SignalKind::terminate())?;
    let mut typed = unix::signal(SignalKind::interrupt())?;
    Ok(async move {
        let told = pin!(async {
            told.recv().await;
            context.stopping.begin();
            tracing::info!("told to stop; not ready any more");
            actix_web::rt::time::sleep(drain).await;
            true
        });
        let typed = pin!(async {
            typed.recv().await;
            false
        });
        let (Either::Left((finish, _)) | Either::Right((finish, _))) = select(told, typed).await;
        server.stop(finish).await;
    })
}

/// Writes when and from where credentials were last used, now and then.
pub(crate) async fn write_last_used(context: Context) {
    loop {
        actix_web::rt::time::sleep(context.settings.last_used_every).await;
        if let Err(error) = usage::flush(&context).await {
            tracing::warn!(cause = %error, "last-used times could not be written; they are kept");
        }
    }
}

/// Prunes once an hour.
pub(crate) async fn prune_now_and_then(context: Context) {
    loop {
        actix_web::rt::time::sleep(PRUNE_EVERY).await;
        match prune(&context).await {
            Ok(pruned) if pruned == Pruned::default() => {}
            Ok(pruned) => tracing::info!(pruned.expired, pruned.forgotten, "pruned"),
            Err(error) => tracing::warn!(cause = %error, "pruning failed; it is tried again"),
        }
    }
}
