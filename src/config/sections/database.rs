//! Settings of the database.

use crate::{
    config::{
        ConfigError, SettingKey, Sources,
        setting_keys::{key, unset},
        values as value,
    },
    db::{DatabaseUrl, SchemaName},
};

pub(in crate::config) const KEYS: &[SettingKey] = &[
    key(
        "DATABASE_URL",
        "sqlite://narthex.db",
        "The database: sqlite://PATH or postgres://…",
    ),
    unset("DATABASE_URL_FILE", "A file that contains DATABASE_URL"),
    unset(
        "NARTHEX_DATABASE_SCHEMA",
        "The PostgreSQL schema of the tables",
    ),
    key(
        "NARTHEX_DATABASE_CONNECTIONS",
        "12",
        "Maximum number of PostgreSQL connections of a process",
    ),
];

/// Settings of the database.
#[derive(Clone)]
pub struct Database {
    /// `DATABASE_URL`, with `NARTHEX_DATABASE_SCHEMA`
    pub url: DatabaseUrl,
    /// `NARTHEX_DATABASE_CONNECTIONS`
    pub connections: u32,
}

impl Database {
    pub(in crate::config) fn read(sources: &Sources) -> Result<Self, ConfigError> {
        let url = sources.get("DATABASE_URL", value::database)?;
        let schema = sources.find("NARTHEX_DATABASE_SCHEMA", |text| {
            let schema = SchemaName::parse(text)?;
            url.clone().with_schema(schema)
        })?;
        Ok(Self {
            url: schema.unwrap_or(url),
            connections: sources.get("NARTHEX_DATABASE_CONNECTIONS", value::connections)?,
        })
    }
}
