//! The destination and the level of log lines.

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

/// The program that logs.
#[derive(Clone, Copy)]
pub enum LogMode {
    /// A server, which logs what it does.
    Server,
    /// A short command, whose output already says what it did.
    Command,
}

/// Writes the queued log lines when it is dropped.
pub struct Log {
    _flush_guard: Option<FlushGuard>,
}

/// Sends log lines to the standard error. A server never waits for the reader of the log. A command
/// does, because its lines would be lost at its end.
///
/// # Errors
/// Fails if no thread can be started.
pub fn start(program: LogMode, sources: &Sources, settings: &Settings) -> io::Result<Log> {
    let filter = filter(
        program,
        sources.is_set("NARTHEX_LOG"),
        &settings.logging.filter,
    );
    let format = settings.logging.format;
    let guard = match program {
        LogMode::Server => {
            panic::set_hook(Box::new(log_panic));
            let (lines, flush_guard) = log_writer::to_stderr()?;
            write_to(lines, format, filter);
            Some(flush_guard)
        }
        LogMode::Command => {
            write_to(io::stderr, format, filter);
            None
        }
    };
    Ok(Log {
        _flush_guard: guard,
    })
}

/// Generic over the writer, because a `BoxMakeWriter` for both would allocate for each line.
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

/// Logs a panic as one line. The standard library would write several lines and wait for their
/// reader.
fn log_panic(info: &panic::PanicHookInfo<'_>) {
    let location = info.location().map(tracing::field::display);
    tracing::error!(location, cause = panic_message(info.payload()), "panicked");
}

fn panic_message(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("non-text payload")
}

/// Returns the filter: for a server the setting, for a command only warnings unless the operator
/// set a filter.
fn filter(program: LogMode, is_explicit: bool, setting: &str) -> String {
    let level = match program {
        LogMode::Command if !is_explicit => "warn",
        LogMode::Command | LogMode::Server => setting,
    };
    // actix-session warns about every invalid session cookie, which any client can cause.
    // actix-server logs each of its threads.
    format!("actix_session=error,actix_server=warn,{level}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_logs_only_warnings_by_default() {
        for (program, is_explicit, level) in [
            (LogMode::Server, false, "info"),
            (LogMode::Server, true, "info"),
            (LogMode::Command, false, "warn"),
            (LogMode::Command, true, "info"),
        ] {
            let filter = filter(program, is_explicit, "info");
            assert!(filter.ends_with(&format!(",{level}")), "{filter}");
        }
    }
}
