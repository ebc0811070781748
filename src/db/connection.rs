//! One connection type for both databases, how one is made, and the pool that keeps them.

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
    /// To PostgreSQL.
    Postgres(PgConnection),
    /// To SQLite.
    Sqlite(SqliteConnection),
}

/// Which database: read from a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// `sqlite://PATH`: a file.
    Sqlite(PathBuf),
    /// `postgres://…`: a libpq connection URL.
    Postgres(String),
}

impl DatabaseUrl {
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

/// Sets what a connection to SQLite needs.
///
/// The first connections to a new file change its journal mode. Of two that do so together SQLite refuses
/// one at once, whatever `busy_timeout` says: waiting could be a deadlock. The refused one tries again.
fn prepare_sqlite(connection: &mut SqliteConnection) -> QueryResult<()> {
    let began = boot_time();
    loop {
        match connection.batch_execute(timeouts::SQLITE) {
            Err(diesel::result::Error::DatabaseError(_, info))
                if info.message() == "database is locked"
                    && boot_time().saturating_sub(began) < timeouts::FOR_A_LOCK =>
            {
                std::thread::sleep(timeouts::BETWEEN_ATTEMPTS);
            }
            done => return done,
        }
    }
}

/// Makes the file, where there is none, readable by its owner alone: SQLite would let everybody on the
/// machine read it. The files that SQLite puts beside it get the same mode. Where it cannot be made,
/// SQLite says why in a moment.
///
/// A file that is there is not opened: closing it would end the locks that this process has on it. A link that
/// leads to no file yet is followed.
fn make_private(path: &str) {
    if !Path::new(path).exists() {
        let mut options = OpenOptions::new();
        drop(options.append(true).create(true).mode(0o600).open(path));
    }
}

/// A connection to a server that is no standby.
pub(super) fn connect_to_primary(url: &str) -> Result<PgConnection, Error> {
    let mut connection =
        PgConnection::establish(&bounded(url)).map_err(|error| primary::explained(&error))?;
    primary::ensure_primary(&mut connection)?;
    Ok(connection)
}

/// The connection URL with our bounds, but for those that the operator set in it.
fn bounded(url: &str) -> Cow<'_, str> {
    timeouts::POSTGRES_CONNECTION
        .iter()
        .filter(|(name, _)| !url.contains(&format!("{name}=")))
        .fold(Cow::Borrowed(url), |url, (name, value)| {
            let mark = if url.contains('?') { '&' } else { '?' };
            format!("{url}{mark}{name}={value}").into()
        })
}

/// Asks the least that shows a connection to be alive.
pub(super) fn ping(connection: &mut AnyConnection) -> QueryResult<()> {
    diesel::sql_query("SELECT 1").execute(connection).map(drop)
}

/// What a connection of the pool is wanted for.
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

/// A connection of the pool, and whether it is still to be trusted.
pub(super) struct Pooled {
    pub(super) connection: AnyConnection,
    /// PostgreSQL: what shows that the session is still the connection's own.
    mark: Option<Mark>,
    broken: bool,
    /// What [`Manager::losses`] was when this one was last known to answer.
    known_good_at: u64,
    losses: Losses,
}

impl Pooled {
    /// After an error, makes sure that the connection still answers; if not, the pool drops it, and
    /// every other one is asked before it is used again: what cut one has mostly cut them all. Done
    /// only then, for a test at every check-out would double the cost of a look-up.
    ///
    /// A session that takes no writes is dropped after a change, too: the database may take them again, and a
    /// session keeps the default that it began with.
    pub(super) fn is_alive_after_an_error(&mut self, wanted: Use) -> bool {
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
                    let why = "a transaction could not be rolled back";
                    return Err(Error::Unreachable(why.to_owned()));
                }
                mark.look(postgres)
            }
            (connection, _) => Ok(ping(connection).map(|()| Writes::Taken)?),
        }
    }

    /// Whether it may be used; asks it where others were lost since it last answered.
    fn may_be_used(&mut self, wanted: Use) -> bool {
        let losses = self.losses.count();
        if self.known_good_at != losses {
            self.broken = !self
                .connect_checked()
                .is_ok_and(|writes| wanted.fits(writes));
            self.known_good_at = losses;
        }
        !self.broken
    }
}

/// How often something was noticed that may concern every connection of a process.
#[derive(Clone, Debug, Default)]
pub(super) struct Losses(Arc<AtomicU64>);

impl Losses {
    /// Has every connection of the pool asked before it is used again.
    pub(super) fn record_loss(&self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }

    fn count(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

/// Makes pooled connections. Ours instead of diesel's: the derived `establish` would try each
/// engine in turn, and SQLite takes any text for the name of a file.
#[derive(Debug)]
pub(super) struct Manager {
    target: DatabaseUrl,
    losses: Losses,
}

impl Manager {
    /// On SQLite with half the usual page cache: there are several, and the system has each page already.
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
        let known_good_at = self.losses.count();
        let made = self.reader();
        if let DatabaseUrl::Postgres(_) = self.target {
            // Behind a pooler that lends sessions, this one may be another connection's. Each is asked, this one
            // too.
            self.losses.record_loss();
        }
        made.map(|(connection, mark)| Pooled {
            connection,
            mark,
            broken: false,
            known_good_at,
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

/// A pool that connects when it is first asked: a command that reads once opens one connection.
pub(super) fn pool(target: DatabaseUrl, size: u32, losses: Losses) -> Pool {
    let builder = diesel::r2d2::Pool::builder()
        .max_size(size)
        .min_idle(Some(0))
        .test_on_check_out(false)
        .connection_timeout(timeouts::FOR_A_CONNECTION)
        .error_handler(Box::new(LogErrors));
    let builder = match target {
        // The last to close the file removes what SQLite keeps beside it, and opening it again
        // needs room for that: on a full disk there is none, and nobody could read any more.
        DatabaseUrl::Sqlite(_) => builder.idle_timeout(None).max_lifetime(None),
        DatabaseUrl::Postgres(_) => builder,
    };
    builder.build_unchecked(Manager { target, losses })
}

/// A connection that answers and takes what it is wanted for, as far as is known.
///
/// Every connection of the pool may be stale, and each is replaced by a new one. The one after those is used
/// whatever it is: a database that is read-only refuses the change, and that is the answer.
pub(super) fn take(pool: &Pool, wanted: Use) -> Result<PooledConnection, Error> {
    let mut replaced = 0;
    loop {
        let mut pooled = pool
            .get()
            .map_err(|error| Error::Unreachable(error.to_string()))?;
        // An unfit one is dropped by the pool when it comes back.
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
        tracing::warn!(cause = %error, "a database connection failed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_bounded_unless_the_operator_bounded_it() {
        let bare = bounded("postgres://localhost/n");
        assert!(bare.starts_with("postgres://localhost/n?connect_timeout="));
        assert!(bare.contains("&tcp_user_timeout="), "{bare}");
        assert!(bare.contains("&target_session_attrs=primary"), "{bare}");
        let own = bounded("postgres:///n?host=/run&connect_timeout=60");
        assert!(own.starts_with("postgres:///n?host=/run&connect_timeout=60&"));
        assert_eq!(own.matches("connect_timeout=").count(), 1, "{own}");
    }

    #[test]
    fn a_database_is_named_by_its_url() {
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
