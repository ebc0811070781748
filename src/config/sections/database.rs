//! Settings of the database.

use crate::{
    config::{
        ConfigError, SettingKey, Sources,
        setting_keys::{key, unset},
        values as value,
    },
    db::DatabaseUrl,
};

pub(in crate::config) const KEYS: &[SettingKey] = &[
    key(
        "DATABASE_URL",
        "sqlite://narthex.db",
        "The database: sqlite://PATH or postgres://…",
    ),
    unset("DATABASE_URL_FILE", "A file that contains DATABASE_URL"),
    key(
        "NARTHEX_DATABASE_CONNECTIONS",
        "12",
        "Maximum number of PostgreSQL connections of a process",
    ),
];

/// Settings of the database.
#[derive(Clone)]
pub struct Database {
    /// `DATABASE_URL`
    pub url: DatabaseUrl,
    /// `NARTHEX_DATABASE_CONNECTIONS`
    pub connections: u32,
}

impl Database {
    pub(in crate::config) fn read(sources: &Sources) -> Result<Self, ConfigError> {
        Ok(Self {
            url: sources.get("DATABASE_URL", value::database)?,
            connections: sources.get("NARTHEX_DATABASE_CONNECTIONS", value::connections)?,
        })
    }
}
