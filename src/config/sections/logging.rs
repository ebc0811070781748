//! Settings of logs.

use crate::{
    config::{ConfigError, SettingKey, Sources, setting_keys::key, values as value},
    telemetry::log_format::Format,
};

pub(in crate::config) const KEYS: &[SettingKey] = &[
    key("NARTHEX_LOG", "info", "A level, or a tracing filter"),
    key(
        "NARTHEX_LOG_FORMAT",
        "text",
        "Format of log lines: text or json",
    ),
];

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
            filter: sources.get("NARTHEX_LOG", value::log_filter)?,
            format: sources.get("NARTHEX_LOG_FORMAT", value::log_format)?,
        })
    }
}
