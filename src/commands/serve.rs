//! `narthex serve`

use tracing_subscriber::{EnvFilter, fmt, prelude::*};

use super::{Failed, context, output};
use crate::{
    app::Server,
    config::{LogFormat, Settings},
    kit::random::SystemRandom,
};

/// Sends log lines to the standard error.
pub(super) fn start_logging(settings: &Settings) {
    // actix-session warns of every cookie that is not ours, which anybody can make it do;
    // actix-server tells of each of its threads.
    let filter = EnvFilter::new(format!(
        "actix_session=error,actix_server=warn,{}",
        settings.log
    ));
    let lines = fmt::layer().with_writer(std::io::stderr);
    let registry = tracing_subscriber::registry().with(filter);
    match settings.log_format {
        LogFormat::Text => registry.with(lines.with_ansi(false)).init(),
        LogFormat::Json => registry.with(lines.json().flatten_event(true)).init(),
    }
}

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
            .map_err(|error| Failed::Because(format!("cannot listen on {listen}: {error}")))?;
        let url = url.unwrap_or_else(|| format!("http://{}", server.address()));
        output::line(format!("Narthex is at {url}"));
        Ok(server.run().await?)
    })
}
