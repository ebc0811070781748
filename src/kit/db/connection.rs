//! One connection type for both databases, how one is made, and the pool that keeps them.

use std::{fs::OpenOptions, os::unix::fs::OpenOptionsExt as _, path::PathBuf, time::Duration};

use diesel::{
    Connection as _, MultiConnection, PgConnection, QueryResult, RunQueryDsl as _,
    SqliteConnection, connection::SimpleConnection as _, r2d2::ManageConnection,
};

use super::Error;

/// How long a caller waits for a pooled connection before it is told that the database is not
/// there. Shorter than the time a proxy waits for us.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// `busy_timeout` first: with `journal_mode` first, two connections that open together find the
/// file locked. `synchronous=FULL`: an ending that was answered survives a power cut, which WAL
/// with NORMAL does not promise (SQLite documentation, "PRAGMA synchronous").
const SQLITE_SETTINGS: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; \
     PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;";

/// Queries that run longer are not ours; without a bound, one that hangs takes a thread with it.
/// UTC and a name for `pg_stat_activity` are courtesy to whoever reads along.
const POSTGRES_SETTINGS: &str = "SET statement_timeout = '30s'; SET lock_timeout = '10s'; \
     SET TIME ZONE 'UTC'; SET application_name = 'narthex';";

/// A connection to either database.
#[derive(MultiConnection)]
pub enum AnyConnection {
    /// To PostgreSQL.
    Postgres(PgConnection),
    /// To SQLite.
    Sqlite(SqliteConnection),
}

/// Which database: read from a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// `sqlite://PATH`: a file.
    Sqlite(PathBuf),
    /// `postgres://…`: a libpq connection URL.
    Postgres(String),
}

impl Target {
    /// Reads `sqlite://PATH` or `postgres://…` (also `postgresql://…`).
    ///
    /// # Errors
    /// When it is neither.
    pub fn parse(url: &str) -> Result<Self, Error> {
        if let Some(path) = url
            .strip_prefix("sqlite://")
            .filter(|path| !path.is_empty())
        {
            return Ok(Self::Sqlite(PathBuf::from(path)));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(url.to_owned()));
        }
        Err(Error::NotADatabase)
    }

    /// A new connection, made ready.
    pub(super) fn connect(&self) -> Result<AnyConnection, Error> {
        let unreachable = |error: &dyn std::fmt::Display| Error::Unreachable(error.to_string());
        let unopened = |path: &str, error: &dyn std::fmt::Display| {
            Error::Unreachable(format!("{path}: {error}"))
        };
        match self {
            Self::Sqlite(path) => {
                // Not a URI: a `?` in a path is part of the path.
                let path = path.to_string_lossy();
                make_private(&path);
                let mut connection =
                    SqliteConnection::establish(&path).map_err(|error| unopened(&path, &error))?;
                connection
                    .batch_execute(SQLITE_SETTINGS)
                    .map_err(|error| unopened(&path, &error))?;
                Ok(AnyConnection::Sqlite(connection))
            }
            Self::Postgres(url) => {
                let mut connection =
                    PgConnection::establish(url).map_err(|error| unreachable(&error))?;
                connection
                    .batch_execute(POSTGRES_SETTINGS)
                    .map_err(|error| unreachable(&error))?;
                Ok(AnyConnection::Postgres(connection))
            }
        }
    }
}

/// Makes the file, where there is none, readable by its owner alone: SQLite would let everybody on the
/// machine read it. The files that SQLite puts beside it get the same mode. Where it cannot be made,
/// SQLite says why in a moment.
fn make_private(path: &str) {
    let mut options = OpenOptions::new();
    drop(options.write(true).create_new(true).mode(0o600).open(path));
}

/// Asks the least that shows a connection to be alive.
pub(super) fn ping(connection: &mut AnyConnection) -> QueryResult<()> {
    diesel::sql_query("SELECT 1").execute(connection).map(drop)
}

/// A connection of the pool, and whether it is still to be trusted.
pub(super) struct Pooled {
    pub(super) connection: AnyConnection,
    broken: bool,
}

impl Pooled {
    /// After an error, makes sure that the connection still answers; if not, the pool drops it.
    /// Done only then: a test at every check-out would double the cost of a look-up.
    pub(super) fn check_after_an_error(&mut self) {
        self.broken = ping(&mut self.connection).is_err();
    }
}

/// Makes pooled connections. Ours instead of diesel's: the derived `establish` would try each
/// engine in turn, and SQLite takes any text for the name of a file.
#[derive(Debug)]
pub(super) struct Manager(Target);

impl ManageConnection for Manager {
    type Connection = Pooled;
    type Error = Error;

    fn connect(&self) -> Result<Pooled, Error> {
        self.0.connect().map(|connection| Pooled {
            connection,
            broken: false,
        })
    }

    fn is_valid(&self, pooled: &mut Pooled) -> Result<(), Error> {
        ping(&mut pooled.connection).map_err(Error::from)
    }

    fn has_broken(&self, pooled: &mut Pooled) -> bool {
        pooled.broken || std::thread::panicking()
    }
}

pub(super) type Pool = diesel::r2d2::Pool<Manager>;

/// A pool that connects when it is first asked: a command that reads once opens one connection.
pub(super) fn pool(target: Target, size: u32) -> Pool {
    diesel::r2d2::Pool::builder()
        .max_size(size)
        .min_idle(Some(0))
        .test_on_check_out(false)
        .connection_timeout(LONGEST_WAIT)
        .error_handler(Box::new(LogErrors))
        .build_unchecked(Manager(target))
}

#[derive(Debug)]
struct LogErrors;

impl diesel::r2d2::HandleError<Error> for LogErrors {
    fn handle_error(&self, error: Error) {
        tracing::warn!(cause = %error, "a database connection failed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_named_by_its_url() {
        assert_eq!(
            Target::parse("sqlite://narthex.db").unwrap(),
            Target::Sqlite(PathBuf::from("narthex.db"))
        );
        assert_eq!(
            Target::parse("sqlite:///var/lib/n.db").unwrap(),
            Target::Sqlite(PathBuf::from("/var/lib/n.db"))
        );
        assert!(matches!(
            Target::parse("postgres://localhost/n"),
            Ok(Target::Postgres(_))
        ));
        for url in [
            "",
            "narthex.db",
            "sqlite://",
            "mysql://localhost/n",
            "sqlite:x",
        ] {
            assert!(Target::parse(url).is_err(), "{url}");
        }
    }
}
