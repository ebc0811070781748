//! The address of a database.

use std::{fmt, path::PathBuf};

#[cfg(feature = "postgres")]
use super::postgres::session::Session;
#[cfg(feature = "sqlite")]
use super::sqlite;
use super::{AnyConnection, Error, SchemaName};

/// A database engine. Each is a feature of the crate, and an application may leave one out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// SQLite: the feature `sqlite`.
    Sqlite,
    /// PostgreSQL: the feature `postgres`.
    Postgres,
}

impl Engine {
    const fn is_compiled_in(self) -> bool {
        match self {
            Self::Sqlite => cfg!(feature = "sqlite"),
            Self::Postgres => cfg!(feature = "postgres"),
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

/// The address of a database, parsed from a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// `sqlite://PATH`: a file.
    Sqlite(PathBuf),
    /// `postgres://…`: a libpq connection URL.
    Postgres(PostgresUrl),
}

/// The address of a PostgreSQL database, and the schema of the tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostgresUrl {
    text: String,
    /// `None` if the settings of the server decide: `search_path`, usually `public`.
    schema: Option<SchemaName>,
}

#[cfg(feature = "postgres")]
impl PostgresUrl {
    /// Returns the URL as libpq reads it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the schema that an operator or an app chose.
    #[must_use]
    pub const fn schema(&self) -> Option<&SchemaName> {
        self.schema.as_ref()
    }
}

impl DatabaseUrl {
    /// Parses `sqlite://PATH` or `postgres://…` (also `postgresql://…`).
    ///
    /// # Errors
    /// Returns [`Error::NotCompiledIn`] for an engine that this program lacks, and
    /// [`Error::NotADatabase`] for any other text.
    pub fn parse(url: &str) -> Result<Self, Error> {
        let path = url
            .strip_prefix("sqlite://")
            .filter(|path| !path.is_empty());
        let parsed = if let Some(path) = path {
            Self::Sqlite(PathBuf::from(path))
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Self::Postgres(PostgresUrl {
                text: url.to_owned(),
                schema: None,
            })
        } else {
            return Err(Error::NotADatabase);
        };
        let engine = parsed.engine();
        if engine.is_compiled_in() {
            Ok(parsed)
        } else {
            Err(Error::NotCompiledIn(engine))
        }
    }

    /// Returns the same address with a schema, in which all tables are.
    ///
    /// # Errors
    /// Returns the reason if the engine has no schemas.
    pub fn with_schema(self, schema: SchemaName) -> Result<Self, &'static str> {
        match self {
            Self::Sqlite(_) => Err("SQLite has no schemas: leave it out, or use PostgreSQL"),
            Self::Postgres(PostgresUrl { text, .. }) => Ok(Self::Postgres(PostgresUrl {
                text,
                schema: Some(schema),
            })),
        }
    }

    /// Returns the engine of the database.
    #[must_use]
    pub const fn engine(&self) -> Engine {
        match self {
            Self::Sqlite(_) => Engine::Sqlite,
            Self::Postgres(_) => Engine::Postgres,
        }
    }

    /// Opens a new connection and sets its session up.
    pub(super) fn connect(&self) -> Result<AnyConnection, Error> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(path) => sqlite::connect(path),
            #[cfg(feature = "postgres")]
            Self::Postgres(url) => Session::connect(url).map(Session::into_connection),
            #[cfg(not(all(feature = "sqlite", feature = "postgres")))]
            other => Err(Error::NotCompiledIn(other.engine())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn database_url_is_parsed() {
        assert_eq!(
            DatabaseUrl::parse("sqlite://narthex.db").unwrap(),
            DatabaseUrl::Sqlite(PathBuf::from("narthex.db"))
        );
        assert_eq!(
            DatabaseUrl::parse("sqlite:///var/lib/n.db").unwrap(),
            DatabaseUrl::Sqlite(PathBuf::from("/var/lib/n.db"))
        );
        assert!(matches!(
            DatabaseUrl::parse("postgres://localhost/n"),
            Ok(DatabaseUrl::Postgres(_))
        ));
        for url in [
            "",
            "narthex.db",
            "sqlite://",
            "mysql://localhost/n",
            "sqlite:x",
        ] {
            assert!(DatabaseUrl::parse(url).is_err(), "{url}");
        }
    }
}
