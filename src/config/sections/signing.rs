//! The keys that sign session cookies.

use std::path::PathBuf;

use crate::config::{ConfigError, SettingKey, SigningKeys, Sources, setting_keys::unset};

pub(in crate::config) const KEYS: &[SettingKey] = &[
    unset(
        "NARTHEX_SECRET_KEY",
        "64 or more random bytes in base64; several, separated by commas: the first signs, all \
         verify",
    ),
    unset(
        "NARTHEX_SECRET_KEY_FILE",
        "A file that contains NARTHEX_SECRET_KEY",
    ),
];

/// The keys that sign session cookies.
#[derive(Clone)]
pub struct Signing {
    /// `NARTHEX_SECRET_KEY`, if it is set. Otherwise the start reads or creates the key file.
    pub keys: Option<SigningKeys>,
    /// The settings that name a file with a secret, each with its file
    pub secret_files: Vec<(&'static str, PathBuf)>,
}

impl Signing {
    pub(in crate::config) fn read(sources: &Sources) -> Result<Self, ConfigError> {
        Ok(Self {
            keys: sources.find("NARTHEX_SECRET_KEY", SigningKeys::parse)?,
            secret_files: sources.secret_files(),
        })
    }
}
