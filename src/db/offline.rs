//! Long transactions on a database that no server uses.

use diesel::{Connection as _, connection::SimpleConnection as _};

#[cfg(feature = "sqlite")]
use super::inspect;
use super::{AnyConnection, DatabaseUrl, Engine, Error, requirements, timeouts, transaction};

/// Runs `work` in one transaction of a connection of its own, which may take hours. If `work`
/// returns an error, nothing was changed. On SQLite the transaction holds the write lock from its
/// start.
///
/// # Errors
/// Returns the error of `work`, or that the database cannot be reached or changed.
pub fn run_offline<T, E>(
    target: &DatabaseUrl,
    work: impl FnOnce(&mut AnyConnection) -> Result<T, E>,
) -> Result<T, E>
where
    E: From<Error> + From<diesel::result::Error>,
{
    let mut connection = requirements::connect(target)?;
    let work = |connection: &mut AnyConnection| {
        if connection.engine() == Engine::Postgres {
            connection.batch_execute(timeouts::POSTGRES_OFFLINE)?;
        }
        work(connection)
    };
    transaction::run_once(&mut connection, work, &mut false)
}

/// Runs `queries` on the database of another program. All of them see the same state, and the
/// database refuses every change.
///
/// # Errors
/// Returns the error of `queries`, or that the database cannot be reached.
pub fn read_snapshot<T, E>(
    target: &DatabaseUrl,
    queries: impl FnOnce(&mut AnyConnection) -> Result<T, E>,
) -> Result<T, E>
where
    E: From<Error> + From<diesel::result::Error>,
{
    let mut connection = match target {
        #[cfg(feature = "sqlite")]
        DatabaseUrl::Sqlite(path) => inspect::connect_read_only(path)?,
        _ => requirements::connect(target)?,
    };
    connection.transaction(|connection| {
        if connection.engine() == Engine::Postgres {
            connection.batch_execute(SNAPSHOT)?;
            connection.batch_execute(timeouts::POSTGRES_OFFLINE)?;
        }
        queries(connection)
    })
}

const SNAPSHOT: &str = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY";
