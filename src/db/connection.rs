//! The connection type for both databases, and the pool.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

#[cfg(feature = "postgres")]
use diesel::PgConnection;
#[cfg(feature = "sqlite")]
use diesel::SqliteConnection;
use diesel::{MultiConnection, QueryResult, RunQueryDsl as _, r2d2::ManageConnection};

#[cfg(feature = "postgres")]
use super::postgres::session::{Mark, Session};
#[cfg(feature = "sqlite")]
use super::sqlite;
use super::{DatabaseUrl, Engine, Error, timeouts};

/// A connection to one of the engines that are compiled in.
#[derive(MultiConnection)]
pub enum AnyConnection {
    /// A connection to PostgreSQL.
    #[cfg(feature = "postgres")]
    Postgres(PgConnection),
    /// A connection to SQLite.
    #[cfg(feature = "sqlite")]
    Sqlite(SqliteConnection),
}

impl AnyConnection {
    /// Returns the engine of the database.
    #[must_use]
    pub const fn engine(&self) -> Engine {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Engine::Postgres,
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Engine::Sqlite,
        }
    }
}

/// Checks that a connection is alive: runs `SELECT 1`.
pub(super) fn ping(connection: &mut AnyConnection) -> QueryResult<()> {
    diesel::sql_query("SELECT 1").execute(connection).map(drop)
}

/// The purpose for which a connection is taken from the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    Read,
    #[cfg(feature = "postgres")]
    Change,
}

/// Whether a session accepts writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writes {
    Taken,
    /// Of PostgreSQL only: SQLite's pool is used for reads.
    #[cfg(feature = "postgres")]
    Refused,
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
    #[cfg(feature = "postgres")]
    mark: Option<Mark>,
    broken: bool,
    /// The value of [`Manager::losses`] at the last successful check of this connection.
    checked_at_losses: u64,
    losses: ConnectionLossCounter,
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
        #[cfg(feature = "postgres")]
        if let (AnyConnection::Postgres(postgres), Some(mark)) = (&mut self.connection, &self.mark)
        {
            return mark.check(postgres);
        }
        Ok(ping(&mut self.connection).map(|()| Writes::Taken)?)
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
pub(super) struct ConnectionLossCounter(Arc<AtomicU64>);

impl ConnectionLossCounter {
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
    losses: ConnectionLossCounter,
}

impl ManageConnection for Manager {
    type Connection = Pooled;
    type Error = Error;

    fn connect(&self) -> Result<Pooled, Error> {
        let checked_at_losses = self.losses.count();
        let pooled = |connection| Pooled {
            connection,
            #[cfg(feature = "postgres")]
            mark: None,
            broken: false,
            checked_at_losses,
            losses: self.losses.clone(),
        };
        match &self.target {
            #[cfg(feature = "sqlite")]
            DatabaseUrl::Sqlite(path) => sqlite::connect_reader(path).map(pooled),
            #[cfg(feature = "postgres")]
            DatabaseUrl::Postgres(url) => {
                let opened = Session::connect(url);
                // Behind a pooler that lends sessions, this session may belong to another
                // connection. Every connection is checked, including the new one.
                self.losses.record_loss();
                opened.map(|session| Pooled {
                    mark: Some(session.mark),
                    ..pooled(AnyConnection::Postgres(session.connection))
                })
            }
            #[cfg(not(all(feature = "sqlite", feature = "postgres")))]
            other => Err(Error::NotCompiledIn(other.engine())),
        }
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
pub(super) fn pool(target: DatabaseUrl, size: u32, losses: ConnectionLossCounter) -> Pool {
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
