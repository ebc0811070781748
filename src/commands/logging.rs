//! Where log lines go, and how many there are.

use tracing_subscriber::{EnvFilter, fmt, prelude::*};

use crate::config::{LogFormat, Settings, Sources};

/// Who reads along.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Program {
    /// A server: it tells what it does.
    Server,
    /// A command that ends soon: its answer says what it did.
    Command,
}

/// Sends log lines to the standard error: all that the settings ask for; of a command only warnings,
/// unless somebody set `NARTHEX_LOG`.
pub(super) fn start(program: Program, sources: &Sources, settings: &Settings) {
    let asked_for = program == Program::Server || sources.have("NARTHEX_LOG");
    let wanted = if asked_for { &settings.log } else { "warn" };
    // actix-session warns of every cookie that is not ours, which anybody can make it do;
    // actix-server tells of each of its threads.
    let filter = EnvFilter::new(format!("actix_session=error,actix_server=warn,{wanted}"));
    let lines = fmt::layer().with_writer(std::io::stderr);
    let registry = tracing_subscriber::registry().with(filter);
    match settings.log_format {
        LogFormat::Text => registry.with(lines.with_ansi(false)).init(),
        LogFormat::Json => registry.with(lines.json().flatten_event(true)).init(),
    }
}
