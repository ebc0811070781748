//! Settings of logs. An app that embeds Narthex has its own log, so only the program parses them.
//! Their keys are known to both, because they can share one `narthex.toml`.

#[cfg(feature = "cli")]
mod parsed;

#[cfg(feature = "cli")]
pub use self::parsed::Logging;
use crate::config::{SettingKey, setting_keys::key};

pub(in crate::config) const KEYS: &[SettingKey] = &[
    key("NARTHEX_LOG", "info", "A level, or a tracing filter"),
    key(
        "NARTHEX_LOG_FORMAT",
        "text",
        "Format of log lines: text or json",
    ),
];
