//! The database: SQLite or PostgreSQL behind one connection type, chosen by a URL at run time.
//!
//! Reads run on the blocking threads, never on an async worker. Writes are transactions: on SQLite
//! one thread makes them for everybody (`writer.rs` says why), on PostgreSQL a pooled connection.
//! This is the one place where transactions begin.

mod beside;
mod columns;
mod connection;
pub mod inspect;
mod migrate;
mod patience;
mod place;
pub mod postgres_url;
mod primary;
mod statement;
mod writer;

use std::sync::Arc;

use diesel::{Connection as _, QueryResult};

pub use self::{
    beside::{Beside, announce, may_be_lost},
    connection::{AnyConnection, Target},
    migrate::{Migration, Migrations, revert_all, run_pending},
    place::Place,
};
use self::{
    connection::{Pool, pool, take},
    writer::Writer,
};
pub(crate) use self::{
    migrate::migrations,
    statement::{on, statement},
};
use crate::kit::threads::cores;

/// How many connections PostgreSQL gets: more than a small machine's cores, far fewer than its default of
/// 100, so that several processes fit beside one another.
const TO_POSTGRES: u32 = 12;

/// How many readers SQLite gets. What they read is in memory already, the system's or their own: more of
/// them than keep the cores busy only hold a page cache each.
fn readers() -> u32 {
    u32::try_from(cores().saturating_mul(2)).map_or(16, |readers| readers.clamp(4, 16))
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
    /// The URL names no database that is known.
    #[error("not a database URL: it starts with sqlite:// or postgres://")]
    NotADatabase,
    /// The tables are those of a program that is newer than this one.
    #[error(
        "a newer version of Narthex made the tables of this database: use that one, or a newer one"
    )]
    Newer,
    /// The tables could not be brought up to date.
    #[error("the tables could not be made or changed: {0}")]
    Migration(String),
}

/// A database that is open. Cloning gives another handle to the same one.
#[derive(Clone)]
pub struct Database {
    pool: Pool,
    target: Target,
    engine: Engine,
}

#[derive(Clone)]
enum Engine {
    Sqlite(Arc<Writer>),
    Postgres,
}

impl Database {
    /// Opens what `target` names; an SQLite file is made where there is none.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub fn open(target: &Target) -> Result<Self, Error> {
        let first = target.connect()?;
        let (engine, connections) = match target {
            Target::Sqlite(_) => {
                let writer = Writer::start(target.clone(), first)?;
                (Engine::Sqlite(Arc::new(writer)), readers())
            }
            Target::Postgres(_) => (Engine::Postgres, TO_POSTGRES),
        };
        let pool = pool(target.clone(), connections);
        Ok(Self {
            pool,
            target: target.clone(),
            engine,
        })
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
        self.on_a_blocking_thread(late, |pool| {
            let again = queries.clone();
            match with_a_connection(&pool, queries)? {
                Ran::Lost(_) => with_a_connection(&pool, again)?.result(),
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
        E: From<Error> + From<diesel::result::Error> + Collision + Send + 'static,
    {
        match &self.engine {
            Engine::Sqlite(writer) => writer.submit(change, afterwards).await,
            Engine::Postgres => {
                let late = || Error::Unknown("the database did not answer in time".to_owned());
                self.on_a_blocking_thread(late, |pool| {
                    let result = change_on_postgres(&pool, change);
                    afterwards();
                    result
                })
                .await
            }
        }
    }

    /// A connection of its own, for a thread whose work must not wait behind requests.
    #[must_use]
    pub fn beside(&self) -> Beside {
        let writer = match &self.engine {
            Engine::Sqlite(writer) => Some(Arc::clone(writer)),
            Engine::Postgres => None,
        };
        Beside::new(self.target.clone(), writer)
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
        late: impl FnOnce() -> Error,
        work: impl FnOnce(Pool) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let pool = self.pool.clone();
        let mut working = tokio::task::spawn_blocking(move || work(pool));
        match tokio::time::timeout(patience::FOR_AN_ANSWER, &mut working).await {
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

fn change_on_postgres<T, E>(
    pool: &Pool,
    change: impl FnOnce(&mut AnyConnection) -> Result<T, E> + Clone,
) -> Result<T, E>
where
    E: From<Error> + From<diesel::result::Error> + Collision,
{
    let again = change.clone();
    let mut in_commit = false;
    match with_a_connection(pool, |on| transact(on, change, &mut in_commit))? {
        // What the server did with the last word that it got, nobody knows.
        Ran::Lost(_) if in_commit => {
            Err(Error::Unknown("the connection was lost".to_owned()).into())
        }
        Ran::Lost(_) => with_a_connection(pool, |on| transact(on, again, &mut in_commit))?.result(),
        ran => ran.result(),
    }
}

/// How work on a connection went.
enum Ran<T, E> {
    /// As it said itself.
    Through(Result<T, E>),
    /// With this error, and the connection is dead.
    Lost(E),
}

impl<T, E> Ran<T, E> {
    fn result(self) -> Result<T, E> {
        match self {
            Self::Through(result) => result,
            Self::Lost(error) => Err(error),
        }
    }
}

fn with_a_connection<T, E>(
    pool: &Pool,
    work: impl FnOnce(&mut AnyConnection) -> Result<T, E>,
) -> Result<Ran<T, E>, Error> {
    let mut pooled = take(pool)?;
    Ok(match work(&mut pooled.connection) {
        Err(error) if !pooled.is_alive_after_an_error() => Ran::Lost(error),
        result => Ran::Through(result),
    })
}

/// Read committed (`patience.rs` asks for it): verbs that must not overlap take the user's row first. Those
/// that meet in another order all the same are told apart by the database: one goes on, the other comes here
/// again.
fn transact<T, E>(
    connection: &mut AnyConnection,
    change: impl FnOnce(&mut AnyConnection) -> Result<T, E> + Clone,
    in_commit: &mut bool,
) -> Result<T, E>
where
    E: From<diesel::result::Error> + Collision,
{
    let mut attempt = 1;
    loop {
        *in_commit = false;
        let change = change.clone();
        let result = connection.transaction(|connection| {
            let result = change(connection);
            *in_commit = result.is_ok();
            result
        });
        match result {
            Err(error) if error.is_collision() && attempt < patience::ATTEMPTS => attempt += 1,
            result => return result,
        }
    }
}

/// An error that can say whether two changes collided, so that one of them has to be made again.
pub trait Collision {
    /// Whether it says so; nothing was changed then.
    fn is_collision(&self) -> bool;
}

impl Collision for Error {
    fn is_collision(&self) -> bool {
        matches!(self, Self::Query(error) if is_collision(error))
    }
}

/// Whether `error` says that a transaction lost against another: a deadlock (SQLSTATE 40P01) or a
/// failed serialization (40001).
#[must_use]
pub fn is_collision(error: &diesel::result::Error) -> bool {
    use diesel::result::{DatabaseErrorKind, Error};
    match error {
        Error::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => true,
        // diesel has no kind for it and does not hand the SQLSTATE on.
        Error::DatabaseError(DatabaseErrorKind::Unknown, told) => {
            told.message() == "deadlock detected"
        }
        _ => false,
    }
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
pub fn attempt<T>(
    connection: &mut AnyConnection,
    query: impl FnOnce(&mut AnyConnection) -> QueryResult<T>,
) -> QueryResult<T> {
    match connection {
        AnyConnection::Postgres(_) => connection.transaction(query),
        AnyConnection::Sqlite(_) => query(connection),
    }
}
