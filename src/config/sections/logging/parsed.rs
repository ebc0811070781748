//! The parsed settings of the program's log.

use tracing_subscriber::{EnvFilter, filter::LevelFilter};

use crate::{
    config::{ConfigError, Sources},
    telemetry::log_format::Format,
};

/// Settings of logs.
#[derive(Clone)]
pub struct Logging {
    /// `NARTHEX_LOG`
    pub filter: String,
    /// `NARTHEX_LOG_FORMAT`
    pub format: Format,
}

impl Logging {
    pub(in crate::config) fn read(sources: &Sources) -> Result<Self, ConfigError> {
        Ok(Self {
            filter: sources.get("NARTHEX_LOG", log_filter)?,
            format: sources.get("NARTHEX_LOG_FORMAT", log_format)?,
        })
    }
}

fn log_format(text: &str) -> Result<Format, &'static str> {
    match text {
        "text" => Ok(Format::Text),
        "json" => Ok(Format::Json),
        _ => Err("give text or json"),
    }
}

fn log_filter(text: &str) -> Result<String, &'static str> {
    // A single word must be a level. tracing would read a mistyped level as the name of a module,
    // and nothing would be logged.
    let has_only_levels_alone = text.contains('[')
        || text.split(',').map(str::trim).all(|part| {
            part.contains(['=', ':']) || !part.is_empty() && part.parse::<LevelFilter>().is_ok()
        });
    EnvFilter::builder()
        .parse(text)
        .ok()
        .filter(|_| has_only_levels_alone)
        .map(|_| text.to_owned())
        .ok_or("give error, warn, info, debug or trace, or a tracing filter such as narthex=debug")
}
