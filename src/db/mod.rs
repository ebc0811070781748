//! The database: SQLite or PostgreSQL behind one connection type, chosen by a URL at run time.
//!
//! Reads run on blocking threads, never on an async worker. Every write is a transaction. On SQLite
//! one thread runs all of them (`sqlite/writer.rs` gives the reason), on PostgreSQL a pooled
//! connection does. Transactions begin only in this module.

pub(crate) mod applied_migrations;
mod cached_statement;
mod closed;
mod connection;
mod connection_limit;
mod database_url;
mod dedicated_connection;
mod identity;
pub mod inspect;
mod migrations;
#[cfg(feature = "cli")]
mod offline;
#[cfg(feature = "postgres")]
pub mod postgres;
mod probe;
mod requirements;
mod schema_name;
mod sql_types;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;
mod timeouts;
mod transaction;

#[cfg(feature = "sqlite")]
use std::sync::Arc;
use std::time::Duration;

use diesel::{Connection as _, QueryResult};

#[cfg(feature = "cli")]
pub use self::offline::{read_snapshot, run_offline};
#[cfg(feature = "postgres")]
use self::postgres::change::WritePermits;
#[cfg(feature = "sqlite")]
use self::sqlite::writer::Writer;
pub(crate) use self::{
    cached_statement::{cached_statement, with_backend},
    migrations::migrations,
};
pub use self::{
    closed::CloseSignal,
    connection::AnyConnection,
    connection_limit::{ConnectionCapacity, connection_capacity},
    database_url::{DatabaseUrl, Engine, PostgresUrl},
    dedicated_connection::{DedicatedConnection, notify, set_asynchronous_commit},
    identity::DatabaseIdentity,
    migrations::{Migration, Migrations, ensure_applied, run_pending},
    schema_name::SchemaName,
    transaction::{IsRetryable, is_english},
};
use self::{
    closed::Open,
    connection::{ConnectionLossCounter, Pool, Use, pool, take},
};
#[cfg(any(test, feature = "internals"))]
pub use self::{migrations::revert_all, transaction::is_conflict};

#[cfg(not(any(feature = "sqlite", feature = "postgres")))]
compile_error!(
    "narthex needs a database: turn on its feature `sqlite`, its feature `postgres`, or both"
);

/// The reason why a database operation failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database could not be reached, or a connection or a queue slot was not free in time.
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    /// The outcome of the change is unknown, because the database did not answer in time.
    #[error("the outcome of the change is unknown: {0}")]
    Unknown(String),
    /// The database returned an error.
    #[error(transparent)]
    Query(#[from] diesel::result::Error),
    /// The operation panicked. Nothing was changed.
    #[error("a database operation panicked")]
    Panicked,
    /// A pooler lends the session of one connection to other clients as well.
    #[error(
        "a pooler in front of PostgreSQL lends one session to several clients (PgBouncer: \
         pool_mode=transaction or statement): use session mode, or the server itself"
    )]
    SharedSession,
    /// The database lacks something that Narthex needs.
    #[error("this database cannot be used: {0}")]
    Unsuitable(String),
    /// The URL names no supported database.
    #[error("not a database URL: it must start with sqlite:// or postgres://")]
    NotADatabase,
    /// The URL names an engine that is not compiled in.
    #[error("this program was built without {0}")]
    NotCompiledIn(Engine),
    /// A migration was applied that this program does not know. Holds its version.
    #[error(
        "the table __diesel_schema_migrations lists {0}, which this version does not know: if a newer version of \
         Narthex made the tables, use that one; if an app keeps its own list there, give Narthex a database of \
         its own"
    )]
    Newer(String),
    /// The tables were made by a version from before the first release.
    #[error(
        "a version from before the first release made the tables, and they cannot be migrated: use an empty \
         database, or the version that made them; nothing was changed"
    )]
    Unreleased,
    /// The tables were made by other migrations than those of this program.
    #[error(
        "the tables are not those of this version of Narthex ({0}): use the version that made them, or a new \
         database"
    )]
    OtherTables(String),
    /// The tables are missing or not up to date, and the caller does not create them.
    #[error("the tables are missing or not up to date: run `narthex migrate` first")]
    NotMigrated,
    /// The migrations could not be applied or reverted.
    #[error("the tables could not be made or changed: {0}")]
    Migration(String),
}

/// An open database. A clone is another handle to the same database.
#[derive(Clone)]
pub struct Database {
    pool: Pool,
    losses: ConnectionLossCounter,
    target: DatabaseUrl,
    changes: Changes,
    names_its_server: bool,
    closed: CloseSignal,
    /// The last field, because it must be dropped after the connections.
    open: Open,
}

/// The way in which changes are made.
#[derive(Clone)]
enum Changes {
    /// On one thread.
    #[cfg(feature = "sqlite")]
    Sqlite(Arc<Writer>),
    /// On connections of the pool.
    #[cfg(feature = "postgres")]
    Postgres(WritePermits),
}

impl Database {
    /// Opens the database of `target`. A missing SQLite file is created. PostgreSQL gets at most
    /// `connections`, of which a third is reserved for reads.
    ///
    /// # Errors
    /// Fails if the database cannot be reached.
    pub fn open(
        target: &DatabaseUrl,
        #[cfg_attr(
            not(feature = "postgres"),
            expect(unused_variables, reason = "SQLite has a number of its own")
        )]
        connections: u32,
    ) -> Result<Self, Error> {
        let mut first = target.connect()?;
        let names_its_server = identity::names_its_server(&mut first);
        let (open, closed) = closed::open();
        let (changes, connections) = match target {
            #[cfg(feature = "sqlite")]
            DatabaseUrl::Sqlite(_) => {
                let writer = Writer::start(target.clone(), first, open.clone())?;
                (Changes::Sqlite(Arc::new(writer)), sqlite::readers())
            }
            #[cfg(feature = "postgres")]
            DatabaseUrl::Postgres(_) => {
                let permits = WritePermits::of(connections);
                (Changes::Postgres(permits), connections)
            }
            #[cfg(not(all(feature = "sqlite", feature = "postgres")))]
            other => return Err(Error::NotCompiledIn(other.engine())),
        };
        let losses = ConnectionLossCounter::default();
        let pool = pool(target.clone(), connections, losses.clone());
        Ok(Self {
            pool,
            losses,
            target: target.clone(),
            changes,
            names_its_server,
            closed,
            open,
        })
    }

    /// Returns a value that reports the end of all connections, after every handle to this database
    /// is dropped.
    #[must_use]
    pub fn closed(&self) -> CloseSignal {
        self.closed.clone()
    }

    /// Returns the number of connections in the pool and how many of them are in use.
    #[must_use]
    pub fn connections(&self) -> (u32, u32) {
        let state = self.pool.state();
        let in_use = state.connections.saturating_sub(state.idle_connections);
        (state.connections, in_use)
    }

    /// Returns whether the server reports its cluster and its timeline, as PostgreSQL does.
    #[must_use]
    pub const fn names_its_server(&self) -> bool {
        self.names_its_server
    }

    /// Runs `queries`, which only read, on a blocking thread. Runs them once more if the connection
    /// turns out to be dead, as all connections are after a restart of the database.
    ///
    /// # Errors
    /// Returns the error of `queries`, or that the database cannot be reached or does not answer in
    /// time.
    pub async fn read<T, E>(
        &self,
        queries: impl FnOnce(&mut AnyConnection) -> Result<T, E> + Clone + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let late = || Error::Unreachable("it did not answer in time".to_owned());
        self.run_blocking(timeouts::RESPONSE_TIMEOUT, late, |pool| {
            let retry = queries.clone();
            match with_pooled_connection(&pool, Use::Read, queries)? {
                Execution::Lost(_) => with_pooled_connection(&pool, Use::Read, retry)?.result(),
                execution => execution.result(),
            }
        })
        .await
    }

    /// Runs `change` in one transaction and returns after its commit. If `change` returns an error
    /// or the commit fails, nothing was changed. A change that lost a deadlock is run again.
    ///
    /// `afterwards` runs once, before the result is returned: after the change was made, was
    /// refused, or may have been made. It also runs if the caller no longer waits, because it
    /// updates the caches of the process.
    ///
    /// # Errors
    /// Returns the error of `change`, that the database cannot be reached, or [`Error::Unknown`].
    pub async fn write<T, E>(
        &self,
        change: impl FnOnce(&mut AnyConnection) -> Result<T, E> + Clone + Send + 'static,
        afterwards: impl FnOnce() + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + From<diesel::result::Error> + IsRetryable + Send + 'static,
    {
        match &self.changes {
            #[cfg(feature = "sqlite")]
            Changes::Sqlite(writer) => writer.submit(change, afterwards).await,
            #[cfg(feature = "postgres")]
            Changes::Postgres(permits) => self.write_on_postgres(permits, change, afterwards).await,
        }
    }

    /// Returns a connection outside the pool, for a thread whose work must not wait behind
    /// requests.
    #[must_use]
    pub fn dedicated_connection(&self) -> DedicatedConnection {
        DedicatedConnection::new(
            self.target.clone(),
            self.changes.clone(),
            self.losses.clone(),
            self.open.clone(),
        )
    }

    /// Checks that the database answers now.
    ///
    /// # Errors
    /// Returns the reason why it does not.
    pub async fn ping(&self) -> Result<(), Error> {
        self.read(|connection| connection::ping(connection).map_err(Error::from))
            .await
    }

    async fn run_blocking<T, E>(
        &self,
        within: Duration,
        late: impl FnOnce() -> Error,
        work: impl FnOnce(Pool) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let pool = self.pool.clone();
        let mut working = tokio::task::spawn_blocking(move || work(pool));
        match tokio::time::timeout(within, &mut working).await {
            Ok(Ok(result)) => result,
            Ok(Err(error)) if error.is_panic() => Err(Error::Panicked.into()),
            Ok(Err(error)) => Err(Error::Unreachable(error.to_string()).into()),
            Err(_) => {
                // Cancels work that no thread has started yet.
                working.abort();
                Err(late().into())
            }
        }
    }
}

/// The result of work on a connection.
enum Execution<T, E> {
    /// The work completed with this result.
    Completed(Result<T, E>),
    /// The work failed with this error, and the connection is dead.
    Lost(E),
}

impl<T, E> Execution<T, E> {
    fn result(self) -> Result<T, E> {
        match self {
            Self::Completed(result) => result,
            Self::Lost(error) => Err(error),
        }
    }
}

fn with_pooled_connection<T, E>(
    pool: &Pool,
    wanted: Use,
    work: impl FnOnce(&mut AnyConnection) -> Result<T, E>,
) -> Result<Execution<T, E>, Error> {
    let mut pooled = take(pool, wanted)?;
    Ok(match work(&mut pooled.connection) {
        Err(error) if !pooled.check_after_error(wanted) => Execution::Lost(error),
        result => Execution::Completed(result),
    })
}

/// Returns whether `error` reports the violation of a unique constraint.
#[must_use]
pub fn is_unique_violation(error: &diesel::result::Error) -> bool {
    use diesel::result::{DatabaseErrorKind, Error};
    matches!(
        error,
        Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)
    )
}

/// Runs `query` so that its failure inside a transaction reverts only its own effects. PostgreSQL
/// refuses every further query of a transaction after a failed one, unless a savepoint came before
/// it. SQLite reverts a failed statement by itself ("ON CONFLICT", ABORT).
///
/// # Errors
/// Returns the error of `query`.
pub fn with_savepoint<T>(
    connection: &mut AnyConnection,
    query: impl FnOnce(&mut AnyConnection) -> QueryResult<T>,
) -> QueryResult<T> {
    match connection.engine() {
        Engine::Postgres => connection.transaction(query),
        Engine::Sqlite => query(connection),
    }
}
