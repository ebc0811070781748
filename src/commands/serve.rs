//! `narthex serve`

use super::{Failed, context, output};
use crate::{app::Server, config::Settings, kit::random::SystemRandom};

pub(super) fn serve(settings: Settings) -> Result<(), Failed> {
    let keys = settings.signing_keys(&SystemRandom)?;
    let listen = settings.listen;
    let url = settings
        .public_url
        .as_ref()
        .map(|url| url.origin().to_string());
    let context = context(settings)?;
    actix_web::rt::System::new().block_on(async {
        let server = Server::bind(context, keys)
            .map_err(|error| Failed::because(format!("cannot listen on {listen}: {error}")))?;
        let url = url.unwrap_or_else(|| format!("http://{}", server.address()));
        output::line(format!("Narthex is at {url}"))?;
        Ok(server.run().await?)
    })
}
