//! Where log lines go, and how many there are.

use std::{any::Any, io, panic};

use tracing_subscriber::{
    EnvFilter,
    fmt::{self, MakeWriter},
    prelude::*,
};

use crate::{
    config::{Settings, Sources},
    telemetry::{
        log_format::Format,
        log_writer::{self, FlushGuard},
    },
};

/// Who reads along.
#[derive(Clone, Copy)]
pub enum Program {
    /// A server: it tells what it does.
    Server,
    /// A command that ends soon: its answer says what it did.
    Command,
}

/// Writes what waits in the log when it is dropped.
pub struct Log {
    _last_lines: Option<FlushGuard>,
}

/// Sends log lines to the standard error. A server never waits for whoever reads them; a command
/// does, for what it has to say would be lost with it.
///
/// # Errors
/// When there can be no more threads.
pub fn start(program: Program, sources: &Sources, settings: &Settings) -> io::Result<Log> {
    let filter = filter(program, sources.is_set("NARTHEX_LOG"), &settings.log);
    let format = settings.log_format;
    let last_lines = match program {
        Program::Server => {
            panic::set_hook(Box::new(log_panic));
            let (lines, last) = log_writer::to_standard_error()?;
            write_to(lines, format, filter);
            Some(last)
        }
        Program::Command => {
            write_to(io::stderr, format, filter);
            None
        }
    };
    Ok(Log {
        _last_lines: last_lines,
    })
}

/// (A `BoxMakeWriter` for both would be a box for each line.)
fn write_to(
    writer: impl for<'a> MakeWriter<'a> + Send + Sync + 'static,
    format: Format,
    filter: String,
) {
    let lines = fmt::layer().with_writer(writer).event_format(format);
    tracing_subscriber::registry()
        .with(EnvFilter::new(filter))
        .with(lines)
        .init();
}

/// One line, as for everything else that happens: the standard library would write several, and wait
/// for their reader.
fn log_panic(info: &panic::PanicHookInfo<'_>) {
    let place = info.location().map(tracing::field::display);
    tracing::error!(place, cause = said(info.payload()), "panicked");
}

fn said(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("something that is no text")
}

/// All that the settings ask for; of a command only warnings, unless somebody asked for more.
fn filter(program: Program, asked_for: bool, setting: &str) -> String {
    let wanted = match program {
        Program::Command if !asked_for => "warn",
        Program::Command | Program::Server => setting,
    };
    // actix-session warns of every cookie that is not ours, which anybody can make it do;
    // actix-server tells of each of its threads.
    format!("actix_session=error,actix_server=warn,{wanted}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_quiet_unless_somebody_asked_and_a_server_is_not() {
        for (program, asked_for, wanted) in [
            (Program::Server, false, "info"),
            (Program::Server, true, "info"),
            (Program::Command, false, "warn"),
            (Program::Command, true, "info"),
        ] {
            let filter = filter(program, asked_for, "info");
            assert!(filter.ends_with(&format!(",{wanted}")), "{filter}");
        }
    }
}
