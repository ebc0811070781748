//! Settings of accounts.

use crate::config::{
    ConfigError, Registration, SettingKey, Sources, setting_keys::key, values as value,
};

pub(in crate::config) const KEYS: &[SettingKey] = &[key(
    "NARTHEX_REGISTRATION",
    "open",
    "Whether users may create accounts themselves: open or closed",
)];

/// Settings of accounts.
#[derive(Clone)]
pub struct Accounts {
    /// `NARTHEX_REGISTRATION`
    pub registration: Registration,
}

impl Accounts {
    pub(in crate::config) fn read(sources: &Sources) -> Result<Self, ConfigError> {
        Ok(Self {
            registration: sources.get("NARTHEX_REGISTRATION", value::registration)?,
        })
    }
}
