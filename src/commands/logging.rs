//! Where log lines go, and how many there are.

use tracing_subscriber::{EnvFilter, fmt, prelude::*};

use crate::config::{LogFormat, Settings, Sources};

/// Who reads along.
#[derive(Clone, Copy)]
pub(super) enum Program {
    /// A server: it tells what it does.
    Server,
    /// A command that ends soon: its answer says what it did.
    Command,
}

/// Sends log lines to the standard error.
pub(super) fn start(program: Program, sources: &Sources, settings: &Settings) {
    let filter = filter(program, sources.have("NARTHEX_LOG"), &settings.log);
    let lines = fmt::layer().with_writer(std::io::stderr);
    let registry = tracing_subscriber::registry().with(EnvFilter::new(filter));
    match settings.log_format {
        LogFormat::Text => registry.with(lines.with_ansi(false)).init(),
        LogFormat::Json => registry.with(lines.json().flatten_event(true)).init(),
    }
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
