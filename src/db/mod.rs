//! The database: SQLite or PostgreSQL behind one connection type, chosen by a URL at run time.
//!
//! Reads run on the blocking threads, never on an async worker. Writes are transactions: on SQLite
//! one thread makes them for everybody (`sqlite_writer.rs` says why), on PostgreSQL a pooled connection.
//! This is the one place where transactions begin.

pub(crate) mod applied_migrations;
pub mod backup;
mod cached_statement;
mod closed;
mod connection;
mod connection_limit;
mod dedicated_connection;
mod identity;
pub mod inspect;
mod migrations;
pub mod postgres_url;
mod primary;
mod probe;
mod requirements;
mod session_settings;
mod sql_types;
mod sqlite_writer;
mod timeouts;
mod transaction;

use std::{sync::Arc, time::Duration};

use diesel::{Connection as _, QueryResult};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub(crate) use self::{
    cached_statement::{cached_statement, with_backend},
    migrations::migrations,
};
pub use self::{
    closed::Closed,
    connection::{AnyConnection, DatabaseUrl},
    connection_limit::{Room, room},
    dedicated_connection::{DedicatedConnection, notify, set_asynchronous_commit},
    identity::DatabaseIdentity,
    migrations::{Migration, Migrations, revert_all, run_pending},
    transaction::{IsRetryable, is_collision, is_english},
};
use self::{
    closed::Open,
    connection::{Losses, Pool, Use, pool, take},
    sqlite_writer::Writer,
};
use crate::util::{clock::boot_time, worker_pool::available_parallelism};

/// How many of so many connections may make changes at a time. A change can hang: for a lock, a slow disk, a
/// standby that its commit waits for. The rest is there for reading.
fn write_permits(connections: u32) -> usize {
    usize::try_from(connections - connections.div_ceil(3)).map_or(1, |places| places.max(1))
}

/// How many readers SQLite gets. What they read is in memory already, the system's or their own: more of
/// them than keep the cores busy only hold a page cache each.
fn readers() -> u32 {
    u32::try_from(available_parallelism().saturating_mul(2))
        .map_or(16, |readers| readers.clamp(4, 16))
}

/// Why the database did not answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It could not be reached, or had no connection or place in the queue to give in time.
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    /// It did not say in time whether a change was made.
    #[error("it is not known whether the change was made: {0}")]
    Unknown(String),
    /// It answered with an error.
    #[error(transparent)]
    Query(#[from] diesel::result::Error),
    /// What was to be done with it panicked; nothing was changed.
    #[error("a panic while the database was used")]
    Panicked,
    /// A pooler lends the session of one connection to other clients as well.
    #[error(
        "a pooler in front of PostgreSQL lends one session to several clients (PgBouncer: \
         pool_mode=transaction or statement): use session mode, or the server itself"
    )]
    SharedSession,
    /// It lacks something that Narthex needs.
    #[error("this database cannot be used: {0}")]
    Unsuitable(String),
    /// The URL names no database that is known.
    #[error("not a database URL: it starts with sqlite:// or postgres://")]
    NotADatabase,
    /// A migration was applied that this program does not know; its number.
    #[error(
        "the table __diesel_schema_migrations lists {0}, which this version does not know: if a newer version of \
         Narthex made the tables, use that one; if an app keeps its own list there, give Narthex a database of \
         its own"
    )]
    Newer(String),
    /// Other texts than those of this program's migrations made the tables.
    #[error(
        "the tables are not those of this version of Narthex ({0}): use the version that made them, or a new \
         database"
    )]
    OtherTables(String),
    /// The tables could not be brought up to date.
    #[error("the tables could not be made or changed: {0}")]
    Migration(String),
}

/// A database that is open. Cloning gives another handle to the same one.
#[derive(Clone)]
pub struct Database {
    pool: Pool,
    losses: Losses,
    target: DatabaseUrl,
    engine: Engine,
    names_its_server: bool,
    closed: Closed,
    /// The last field, because it is dropped after the connections.
    open: Open,
}

#[derive(Clone)]
enum Engine {
    Sqlite(Arc<Writer>),
    /// With the places of changes under way.
    Postgres(Arc<Semaphore>),
}

impl Database {
    /// Opens what `target` names; an SQLite file is made where there is none. PostgreSQL gets at most
    /// `connections`, of which a third is kept for reading.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub fn open(target: &DatabaseUrl, connections: u32) -> Result<Self, Error> {
        let mut first = target.connect()?;
        let names_its_server = identity::names_its_server(&mut first);
        let (open, closed) = closed::open();
        let (engine, connections) = match target {
            DatabaseUrl::Sqlite(_) => {
                let writer = Writer::start(target.clone(), first, open.clone())?;
                (Engine::Sqlite(Arc::new(writer)), readers())
            }
            DatabaseUrl::Postgres(_) => {
                let places = Semaphore::new(write_permits(connections));
                (Engine::Postgres(Arc::new(places)), connections)
            }
        };
        let losses = Losses::default();
        let pool = pool(target.clone(), connections, losses.clone());
        Ok(Self {
            pool,
            losses,
            target: target.clone(),
            engine,
            names_its_server,
            closed,
            open,
        })
    }

    /// Reports the end of all connections, after every handle to this database is dropped.
    #[must_use]
    pub fn closed(&self) -> Closed {
        self.closed.clone()
    }

    /// How many connections of the pool there are, and how many of them are in use.
    #[must_use]
    pub fn connections(&self) -> (u32, u32) {
        let state = self.pool.state();
        let in_use = state.connections.saturating_sub(state.idle_connections);
        (state.connections, in_use)
    }

    /// Whether the server can name its cluster and its timeline, as PostgreSQL can.
    #[must_use]
    pub const fn names_its_server(&self) -> bool {
        self.names_its_server
    }

    /// Runs `queries`, which only read, on a blocking thread; once more where the connection turns
    /// out to be dead, as all are after the database was started again.
    ///
    /// # Errors
    /// What `queries` returns, or that the database cannot be reached or does not answer in time.
    pub async fn read<T, E>(
        &self,
        queries: impl FnOnce(&mut AnyConnection) -> Result<T, E> + Clone + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let late = || Error::Unreachable("it did not answer in time".to_owned());
        self.on_a_blocking_thread(timeouts::FOR_AN_ANSWER, late, |pool| {
            let again = queries.clone();
            match with_a_connection(&pool, Use::Read, queries)? {
                Execution::Lost(_) => with_a_connection(&pool, Use::Read, again)?.result(),
                ran => ran.result(),
            }
        })
        .await
    }

    /// Runs `change` in one transaction and answers after its commit. When `change` returns an
    /// error, or the commit fails, nothing has happened. A change that lost a deadlock is made
    /// again.
    ///
    /// `afterwards` runs once the change was made, was refused, or may have been made, before the
    /// answer and also where nobody waits for one any more: what the process remembers of the database
    /// is brought up to date there.
    ///
    /// # Errors
    /// What `change` returns, that the database cannot be reached, or [`Error::Unknown`].
    pub async fn write<T, E>(
        &self,
        change: impl FnOnce(&mut AnyConnection) -> Result<T, E> + Clone + Send + 'static,
        afterwards: impl FnOnce() + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + From<diesel::result::Error> + IsRetryable + Send + 'static,
    {
        match &self.engine {
            Engine::Sqlite(writer) => writer.submit(change, afterwards).await,
            Engine::Postgres(places) => {
                let began = boot_time();
                let place = acquire_write_permit(places).await?;
                let waited = boot_time().saturating_sub(began);
                let within = timeouts::FOR_AN_ANSWER.saturating_sub(waited);
                let late = || Error::Unknown("the database did not answer in time".to_owned());
                self.on_a_blocking_thread(within, late, |pool| {
                    // Kept for as long as the change takes, also after its caller was answered.
                    let _place = place;
                    let result = transaction::change(&pool, change);
                    afterwards();
                    result
                })
                .await
            }
        }
    }

    /// A connection of its own, for a thread whose work must not wait behind requests.
    #[must_use]
    pub fn dedicated_connection(&self) -> DedicatedConnection {
        let writer = match &self.engine {
            Engine::Sqlite(writer) => Some(Arc::clone(writer)),
            Engine::Postgres(_) => None,
        };
        DedicatedConnection::new(
            self.target.clone(),
            writer,
            self.losses.clone(),
            self.open.clone(),
        )
    }

    /// Whether the database answers now.
    ///
    /// # Errors
    /// Why it does not.
    pub async fn ping(&self) -> Result<(), Error> {
        self.read(|connection| connection::ping(connection).map_err(Error::from))
            .await
    }

    async fn on_a_blocking_thread<T, E>(
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
                // What has not begun will not.
                working.abort();
                Err(late().into())
            }
        }
    }
}

async fn acquire_write_permit(places: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Error> {
    let waiting = Arc::clone(places).acquire_owned();
    match tokio::time::timeout(timeouts::FOR_A_CONNECTION, waiting).await {
        Ok(Ok(place)) => Ok(place),
        _ => Err(Error::Unreachable(
            "too many changes wait for the database".to_owned(),
        )),
    }
}

/// How work on a connection went.
enum Execution<T, E> {
    /// As it said itself.
    Through(Result<T, E>),
    /// With this error, and the connection is dead.
    Lost(E),
}

impl<T, E> Execution<T, E> {
    fn result(self) -> Result<T, E> {
        match self {
            Self::Through(result) => result,
            Self::Lost(error) => Err(error),
        }
    }
}

fn with_a_connection<T, E>(
    pool: &Pool,
    wanted: Use,
    work: impl FnOnce(&mut AnyConnection) -> Result<T, E>,
) -> Result<Execution<T, E>, Error> {
    let mut pooled = take(pool, wanted)?;
    Ok(match work(&mut pooled.connection) {
        Err(error) if !pooled.is_alive_after_an_error(wanted) => Execution::Lost(error),
        result => Execution::Through(result),
    })
}

/// Whether `error` says that a value exists already where it must be unique.
#[must_use]
pub fn is_unique_violation(error: &diesel::result::Error) -> bool {
    use diesel::result::{DatabaseErrorKind, Error};
    matches!(
        error,
        Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)
    )
}

/// Runs `query`, of which inside a transaction a failure takes back only what it did itself. PostgreSQL
/// refuses every further query of a transaction in which one failed, but for a savepoint before it; SQLite
/// does this by itself ("ON CONFLICT", ABORT).
///
/// # Errors
/// What `query` returns.
pub fn with_savepoint<T>(
    connection: &mut AnyConnection,
    query: impl FnOnce(&mut AnyConnection) -> QueryResult<T>,
) -> QueryResult<T> {
    match connection {
        AnyConnection::Postgres(_) => connection.transaction(query),
        AnyConnection::Sqlite(_) => query(connection),
    }
}
