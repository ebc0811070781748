//! Settings of tokens.

use std::time::Duration;

use crate::{
    config::{
        ConfigError, ForeignTokens, SettingKey, Sources, TokenPrefix,
        setting_keys::{key, unset},
        values as value,
    },
    types::ability::Catalogue,
};

pub(in crate::config) const KEYS: &[SettingKey] = &[
    key(
        "NARTHEX_TOKEN_PREFIX",
        "nrx",
        "Prefix of new tokens: 2 to 10 letters or digits",
    ),
    unset(
        "NARTHEX_TOKEN_MAX_AGE",
        "Maximum life of a token, such as 90d",
    ),
    key(
        "NARTHEX_DEVICE_TOKEN_AGE",
        "365d",
        "Life of the token of a device that signs in, or never for no end",
    ),
    unset(
        "NARTHEX_FOREIGN_TOKENS",
        "The imported tokens of other systems that are accepted: sanctum, sanctum-any, knox, drf, \
         better-auth; several, separated by commas",
    ),
];

/// Settings of tokens.
#[derive(Clone)]
pub struct Tokens {
    /// `NARTHEX_TOKEN_PREFIX`
    pub prefix: TokenPrefix,
    /// `NARTHEX_TOKEN_MAX_AGE`
    pub max_age: Option<Duration>,
    /// `NARTHEX_DEVICE_TOKEN_AGE`; `None` is `never`
    pub device_age: Option<Duration>,
    /// `NARTHEX_FOREIGN_TOKENS`
    pub foreign: ForeignTokens,
    /// `[abilities]` in `narthex.toml` and Narthex's own abilities
    pub catalogue: Catalogue,
}

impl Tokens {
    pub(in crate::config) fn read(sources: &Sources) -> Result<Self, ConfigError> {
        Ok(Self {
            prefix: sources.get("NARTHEX_TOKEN_PREFIX", TokenPrefix::parse)?,
            max_age: sources.find("NARTHEX_TOKEN_MAX_AGE", value::duration)?,
            device_age: sources.get("NARTHEX_DEVICE_TOKEN_AGE", value::duration_or_never)?,
            foreign: sources
                .find("NARTHEX_FOREIGN_TOKENS", ForeignTokens::parse)?
                .unwrap_or_default(),
            catalogue: sources.catalogue()?,
        })
    }
}
