//! The connection type for both databases, connection setup and the pool.

use std::{
    borrow::Cow,
    fs::OpenOptions,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use diesel::{
    Connection as _, MultiConnection, PgConnection, QueryResult, RunQueryDsl as _,
    SqliteConnection,
    connection::SimpleConnection as _,
    r2d2::{ManageConnection, R2D2Connection as _},
};

use super::{
    Error, primary,
    session_settings::{Mark, Session, Writes},
    timeouts,
};
use crate::util::clock::boot_time;

/// A connection to either database.
#[derive(MultiConnection)]
pub enum AnyConnection {
    /// A connection to PostgreSQL.
    Postgres(PgConnection),
    /// A connection to SQLite.
    Sqlite(SqliteConnection),
}

/// The address of a database, parsed from a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// `sqlite://PATH`: a file.
    Sqlite(PathBuf),
    /// `postgres://…`: a libpq connection URL.
    Postgres(String),
}

impl DatabaseUrl {
    /// Parses `sqlite://PATH` or `postgres://…` (also `postgresql://…`).
    ///
    /// # Errors
    /// Returns [`Error::NotADatabase`] for any other text.
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

    /// Opens a new connection and sets its session up.
    pub(super) fn connect(&self) -> Result<AnyConnection, Error> {
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
                prepare_sqlite(&mut connection).map_err(|error| unopened(&path, &error))?;
                Ok(AnyConnection::Sqlite(connection))
            }
            Self::Postgres(url) => {
                Session::connect(url).map(|session| AnyConnection::Postgres(session.connection))
            }
        }
    }
}

/// Sets the pragmas of an SQLite connection.
///
/// The first connections to a new file change its journal mode. If two connections do so at the
/// same time, SQLite refuses one of them at once and ignores `busy_timeout`, because waiting could
/// deadlock. The refused connection tries again.
fn prepare_sqlite(connection: &mut SqliteConnection) -> QueryResult<()> {
    let began = boot_time();
    loop {
        match connection.batch_execute(timeouts::SQLITE) {
            Err(diesel::result::Error::DatabaseError(_, info))
                if info.message() == "database is locked"
                    && boot_time().saturating_sub(began) < timeouts::LOCK_TIMEOUT =>
            {
                std::thread::sleep(timeouts::RETRY_INTERVAL);
            }
            done => return done,
        }
    }
}

/// Creates a missing file with access for its owner only, because SQLite would make it readable by
/// every user of the machine. SQLite gives the files next to it the same mode. If the file cannot
/// be created, the connection attempt that follows reports the reason.
///
/// An existing file is not opened, because closing it would release the locks that this process
/// holds on it. A link whose target does not exist yet is followed.
fn make_private(path: &str) {
    if !Path::new(path).exists() {
        let mut options = OpenOptions::new();
        drop(options.append(true).create(true).mode(0o600).open(path));
    }
}

/// Connects to a server and fails if it is a standby.
pub(super) fn connect_to_primary(url: &str) -> Result<PgConnection, Error> {
    let mut connection =
        PgConnection::establish(&bounded(url)).map_err(|error| primary::describe_error(&error))?;
    primary::ensure_primary(&mut connection)?;
    Ok(connection)
}

/// Returns the connection URL with the default timeouts, except those that the operator set in it.
fn bounded(url: &str) -> Cow<'_, str> {
    timeouts::POSTGRES_CONNECTION
        .iter()
        .filter(|(name, _)| !url.contains(&format!("{name}=")))
        .fold(Cow::Borrowed(url), |url, (name, value)| {
            let mark = if url.contains('?') { '&' } else { '?' };
            format!("{url}{mark}{name}={value}").into()
        })
}

/// Checks that a connection is alive: runs `SELECT 1`.
pub(super) fn ping(connection: &mut AnyConnection) -> QueryResult<()> {
    diesel::sql_query("SELECT 1").execute(connection).map(drop)
}

/// The purpose for which a connection is taken from the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    Read,
    Change,
}

impl Use {
    fn fits(self, writes: Writes) -> bool {
        self == Self::Read || writes == Writes::Taken
    }
}

/// A connection of the pool, with the state that decides if it may be used.
pub(super) struct Pooled {
    pub(super) connection: AnyConnection,
    /// PostgreSQL: the proof that the session belongs to this connection alone.
    mark: Option<Mark>,
    broken: bool,
    /// The value of [`Manager::losses`] at the last successful check of this connection.
    checked_at_losses: u64,
    losses: Losses,
}

impl Pooled {
    /// Checks after an error that the connection still answers. If it does not, the pool drops it
    /// and checks every other connection before its next use, because one cause has usually cut
    /// them all. The check runs only after errors, because a test at every check-out would double
    /// the cost of a lookup.
    ///
    /// A session that refuses writes is also dropped after a change. The database may accept writes
    /// again, but a session keeps the default with which it began.
    pub(super) fn check_after_error(&mut self, wanted: Use) -> bool {
        let fits = self
            .connect_checked()
            .is_ok_and(|writes| wanted.fits(writes));
        if !fits {
            self.broken = true;
            self.losses.record_loss();
        }
        fits
    }

    fn connect_checked(&mut self) -> Result<Writes, Error> {
        match (&mut self.connection, &self.mark) {
            (AnyConnection::Postgres(postgres), Some(mark)) => {
                if postgres.is_broken() {
                    let reason = "a transaction could not be rolled back";
                    return Err(Error::Unreachable(reason.to_owned()));
                }
                mark.check(postgres)
            }
            (connection, _) => Ok(ping(connection).map(|()| Writes::Taken)?),
        }
    }

    /// Returns whether the connection may be used. Checks it if other connections were lost since
    /// its last check.
    fn may_be_used(&mut self, wanted: Use) -> bool {
        let losses = self.losses.count();
        if self.checked_at_losses != losses {
            self.broken = !self
                .connect_checked()
                .is_ok_and(|writes| wanted.fits(writes));
            self.checked_at_losses = losses;
        }
        !self.broken
    }
}

/// Counts the events that may affect every connection of the process.
#[derive(Clone, Debug, Default)]
pub(super) struct Losses(Arc<AtomicU64>);

impl Losses {
    /// Makes the pool check every connection before its next use.
    pub(super) fn record_loss(&self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }

    fn count(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

/// Creates pooled connections. It replaces diesel's own manager, because the derived `establish`
/// would try each engine in turn and SQLite accepts any text as a file name.
#[derive(Debug)]
pub(super) struct Manager {
    target: DatabaseUrl,
    losses: Losses,
}

impl Manager {
    /// Opens a connection for the pool. On SQLite it has half of the default page cache, because
    /// there are several readers and the system caches the pages already.
    fn reader(&self) -> Result<(AnyConnection, Option<Mark>), Error> {
        match &self.target {
            DatabaseUrl::Sqlite(_) => {
                let mut connection = self.target.connect()?;
                connection.batch_execute("PRAGMA cache_size = -1024")?;
                Ok((connection, None))
            }
            DatabaseUrl::Postgres(url) => {
                let session = Session::connect(url)?;
                Ok((
                    AnyConnection::Postgres(session.connection),
                    Some(session.mark),
                ))
            }
        }
    }
}

impl ManageConnection for Manager {
    type Connection = Pooled;
    type Error = Error;

    fn connect(&self) -> Result<Pooled, Error> {
        let checked_at_losses = self.losses.count();
        let opened = self.reader();
        if let DatabaseUrl::Postgres(_) = self.target {
            // Behind a pooler that lends sessions, this session may belong to another connection.
            // Every connection is checked, including the new one.
            self.losses.record_loss();
        }
        opened.map(|(connection, mark)| Pooled {
            connection,
            mark,
            broken: false,
            checked_at_losses,
            losses: self.losses.clone(),
        })
    }

    fn is_valid(&self, pooled: &mut Pooled) -> Result<(), Error> {
        pooled.connect_checked().map(drop)
    }

    fn has_broken(&self, pooled: &mut Pooled) -> bool {
        pooled.broken || std::thread::panicking()
    }
}

pub(super) type Pool = diesel::r2d2::Pool<Manager>;
type PooledConnection = diesel::r2d2::PooledConnection<Manager>;

/// Creates a pool that connects on first use, so a command that reads once opens one connection.
pub(super) fn pool(target: DatabaseUrl, size: u32, losses: Losses) -> Pool {
    let builder = diesel::r2d2::Pool::builder()
        .max_size(size)
        .min_idle(Some(0))
        .test_on_check_out(false)
        .connection_timeout(timeouts::POOL_TIMEOUT)
        .error_handler(Box::new(LogErrors));
    let builder = match target {
        // The last connection that closes the file removes SQLite's side files. Opening the file
        // again needs disk space for them. On a full disk there is none, and every read would fail.
        DatabaseUrl::Sqlite(_) => builder.idle_timeout(None).max_lifetime(None),
        DatabaseUrl::Postgres(_) => builder,
    };
    builder.build_unchecked(Manager { target, losses })
}

/// Takes a connection that answers and that accepts the wanted use, as far as is known.
///
/// Every pooled connection may be stale, and each is replaced by a new one. The next one after
/// those is used in any case: if the database is read-only, it refuses the change, and the caller
/// gets that error.
pub(super) fn take(pool: &Pool, wanted: Use) -> Result<PooledConnection, Error> {
    let mut replaced = 0;
    loop {
        let mut pooled = pool
            .get()
            .map_err(|error| Error::Unreachable(error.to_string()))?;
        // The pool drops a broken connection when it is returned.
        if pooled.may_be_used(wanted) || replaced >= pool.max_size() {
            return Ok(pooled);
        }
        replaced += 1;
    }
}

#[derive(Debug)]
struct LogErrors;

impl diesel::r2d2::HandleError<Error> for LogErrors {
    fn handle_error(&self, error: Error) {
        tracing::warn!(cause = %error, "database connection failed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operator_parameters_override_default_timeouts() {
        let bare = bounded("postgres://localhost/n");
        assert!(bare.starts_with("postgres://localhost/n?connect_timeout="));
        assert!(bare.contains("&tcp_user_timeout="), "{bare}");
        assert!(bare.contains("&target_session_attrs=primary"), "{bare}");
        let own = bounded("postgres:///n?host=/run&connect_timeout=60");
        assert!(own.starts_with("postgres:///n?host=/run&connect_timeout=60&"));
        assert_eq!(own.matches("connect_timeout=").count(), 1, "{own}");
    }

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
