//! Settings of rate limits.

use crate::{
    config::{
        ConfigError, SettingKey, Sources,
        setting_keys::{key, unset},
        values as value,
    },
    util::networks::Networks,
};

pub(in crate::config) const KEYS: &[SettingKey] = &[
    unset(
        "NARTHEX_THROTTLE_EXEMPT",
        "Networks without rate limits by address",
    ),
    key(
        "NARTHEX_CHANGES_PER_MINUTE",
        "600",
        "Maximum number of changes of one account in a minute; revocations are not counted",
    ),
];

/// Settings of rate limits.
#[derive(Clone)]
pub struct RateLimits {
    /// `NARTHEX_THROTTLE_EXEMPT`
    pub exempt: Networks,
    /// `NARTHEX_CHANGES_PER_MINUTE`
    pub changes_per_minute: u32,
}

impl RateLimits {
    pub(in crate::config) fn read(sources: &Sources) -> Result<Self, ConfigError> {
        Ok(Self {
            exempt: sources
                .find("NARTHEX_THROTTLE_EXEMPT", value::networks)?
                .unwrap_or_default(),
            changes_per_minute: sources.get("NARTHEX_CHANGES_PER_MINUTE", value::rate)?,
        })
    }
}
