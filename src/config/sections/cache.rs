//! The credential cache.

use crate::config::{ConfigError, SettingKey, Sources, setting_keys::key, values as value};

pub(in crate::config) const KEYS: &[SettingKey] = &[
    key(
        "NARTHEX_MEMORY_ENTRIES",
        "250000",
        "Maximum number of cached sessions and tokens; 0 disables the cache",
    ),
    key(
        "NARTHEX_MEMORY_SIZE",
        "160MiB",
        "Maximum memory of the cache",
    ),
];

/// The bounds of the credential cache. It evicts entries when it reaches either of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheLimits {
    /// Maximum number of entries. With 0 every check queries the database.
    pub entries: usize,
    /// Maximum size in bytes.
    pub bytes: usize,
}

impl CacheLimits {
    pub(in crate::config) fn read(sources: &Sources) -> Result<Self, ConfigError> {
        Ok(Self {
            entries: sources.get("NARTHEX_MEMORY_ENTRIES", value::count)?,
            bytes: sources.get("NARTHEX_MEMORY_SIZE", value::size)?,
        })
    }
}
