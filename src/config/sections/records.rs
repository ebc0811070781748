//! Records: last-used times, and credentials that have ended.

use std::time::Duration;

use crate::config::{ConfigError, SettingKey, Sources, setting_keys::key, values as value};

pub(in crate::config) const KEYS: &[SettingKey] = &[
    key(
        "NARTHEX_LAST_USED_EVERY",
        "10s",
        "Interval between writes of last-used times",
    ),
    key(
        "NARTHEX_KEEP_ENDED",
        "30d",
        "Time for which revoked and expired credentials stay readable",
    ),
];

/// Records: last-used times, and credentials that have ended.
#[derive(Clone)]
pub struct Records {
    /// `NARTHEX_LAST_USED_EVERY`
    pub last_used_every: Duration,
    /// `NARTHEX_KEEP_ENDED`
    pub keep_ended: Duration,
}

impl Records {
    pub(in crate::config) fn read(sources: &Sources) -> Result<Self, ConfigError> {
        Ok(Self {
            last_used_every: sources.get("NARTHEX_LAST_USED_EVERY", value::duration)?,
            keep_ended: sources.get("NARTHEX_KEEP_ENDED", value::duration)?,
        })
    }
}
