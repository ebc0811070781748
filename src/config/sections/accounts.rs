//! Settings of accounts.

use crate::{
    config::{
        ConfigError, RegistrationPolicy, RequireSecondFactor, SettingKey, Sources, Unverified,
        setting_keys::key, values as value,
    },
    crypto::password_hash::Argon2Parameters,
};

pub(in crate::config) const KEYS: &[SettingKey] = &[
    key(
        "NARTHEX_REGISTRATION",
        "open",
        "Whether users may create accounts themselves: open or closed",
    ),
    key(
        "NARTHEX_UNVERIFIED",
        "withhold",
        "Whether an account without a verified address may create tokens and use apps: withhold or \
         allow",
    ),
    key(
        "NARTHEX_REQUIRE_SECOND_FACTOR",
        "none",
        "Whether users must set up a second factor before anything else: all or none",
    ),
];

/// Settings of accounts.
#[derive(Clone)]
pub struct Accounts {
    /// `NARTHEX_REGISTRATION`
    pub registration: RegistrationPolicy,
    /// `NARTHEX_UNVERIFIED`
    pub unverified: Unverified,
    /// `NARTHEX_REQUIRE_SECOND_FACTOR`
    pub require_second_factor: RequireSecondFactor,
    /// The parameters of new password hashes. No variable sets them, because weaker ones would weaken
    /// every password. Only tests use others.
    pub password_hash: Argon2Parameters,
}

impl Accounts {
    pub(in crate::config) fn read(sources: &Sources) -> Result<Self, ConfigError> {
        Ok(Self {
            registration: sources.get("NARTHEX_REGISTRATION", value::registration)?,
            unverified: sources.get("NARTHEX_UNVERIFIED", Unverified::parse)?,
            require_second_factor: sources
                .get("NARTHEX_REQUIRE_SECOND_FACTOR", RequireSecondFactor::parse)?,
            password_hash: Argon2Parameters::RECOMMENDED,
        })
    }
}
