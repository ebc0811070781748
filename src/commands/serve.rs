//! `narthex serve`

use std::{future::poll_fn, pin::pin, task::Poll};

use super::{Failed, context, output};
use crate::{app::Server, config::Settings, error::Error, kit::random::SystemRandom};

pub(super) fn serve(settings: Settings) -> Result<(), Failed> {
    let keys = settings.signing_keys(&SystemRandom)?;
    let listen = settings.listen;
    let url = settings
        .public_url
        .as_ref()
        .map(|url| url.origin().to_string());
    let context = context(settings)?;
    actix_web::rt::System::new().block_on(async {
        context.db.expect_room().await.map_err(Error::from)?;
        let server = Server::bind(context, keys)
            .map_err(|error| Failed::because(format!("cannot listen on {listen}: {error}")))?;
        let url = url.unwrap_or_else(|| format!("http://{}", server.address()));
        let mut running = pin!(server.run());
        // The first poll starts the workers and takes the signals over. Said before that, "here I am"
        // could be answered with a signal that kills instead of stopping.
        if let Poll::Ready(ended) = poll_fn(|task| Poll::Ready(running.as_mut().poll(task))).await {
            return Ok(ended?);
        }
        output::line(format!("Narthex is at {url}"))?;
        Ok(running.await?)
    })
}
