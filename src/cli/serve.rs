//! `narthex serve`

use std::{future::poll_fn, io, pin::pin, task::Poll};

use super::{CLOSE_TIMEOUT, CliError, open_state, output};
use crate::{
    config::{ListenAddress, Settings},
    crypto::rng::SystemRandom,
    error::Error,
    http::server::{Server, listener::Listeners, service_manager},
};

pub(super) fn serve(settings: Settings) -> Result<(), CliError> {
    // Must run before other threads exist.
    let inherited = Listeners::inherited()
        .map_err(|error| CliError::message(format!("cannot use an inherited socket: {error}")))?;
    let keys = settings.signing_keys(&SystemRandom)?;
    let listen = settings.server.listen.clone();
    let url = settings
        .server
        .public_url
        .as_ref()
        .map(|url| url.origin().to_string());
    let state = open_state(settings)?;
    let closed = state.db().closed();
    let served = actix_web::rt::System::new().block_on(async move {
        state
            .db()
            .ensure_connection_capacity()
            .await
            .map_err(Error::from)?;
        let listeners = match inherited {
            Some(listeners) => listeners,
            None => Listeners::open(&listen).map_err(|error| cannot_listen(&listen, &error))?,
        };
        let server = Server::with_listeners(state, keys, listeners, |_| {})?;
        let url = url.unwrap_or_else(|| server.address().url());
        let mut running = pin!(server.run());
        // The first poll starts the workers and installs the signal handlers. If the URL were
        // printed before it, a signal sent in response would kill the process instead of stopping
        // it.
        if let Poll::Ready(ended) = poll_fn(|task| Poll::Ready(running.as_mut().poll(task))).await {
            return Ok(ended?);
        }
        service_manager::notify_ready();
        output::line(format!("Narthex is at {url}"))?;
        Ok(running.await?)
    });
    closed.wait(CLOSE_TIMEOUT);
    served
}

fn cannot_listen(listen: &ListenAddress, error: &io::Error) -> CliError {
    CliError::message(format!(
        "cannot listen on {listen}: {error} (NARTHEX_LISTEN)"
    ))
}
