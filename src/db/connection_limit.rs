//! Checks that PostgreSQL allows the connections that a process needs.

use super::{AnyConnection, Database, Engine, Error, inspect::texts};

/// Selects the highest number of connections that a role without superuser rights can open, in this
/// role and this database. `least` ignores a limit that is not set.
const CAPACITY: &str = "SELECT CAST(least( \
     CAST(current_setting('max_connections') AS integer) \
     - CAST(current_setting('superuser_reserved_connections') AS integer) \
     - CAST(coalesce(nullif(current_setting('reserved_connections', true), ''), '0') AS integer), \
     nullif((SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user), -1), \
     nullif((SELECT datconnlimit FROM pg_database WHERE datname = current_database()), -1)) AS text) AS text";

/// Selects the number of connections in use, without the one that runs the query.
const IN_USE: &str = "SELECT CAST(count(*) AS text) AS text FROM pg_stat_activity \
     WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";

/// The number of connections that the server allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionCapacity {
    /// Enough for this process.
    Enough,
    /// Too few at present: only this many are free.
    TooFewFree(i64),
    /// Too few in any case: the limit is this number.
    LimitTooLow(i64),
}

/// Compares the server's limit with the need of a process: `connections` of the pool and one
/// dedicated connection. Always returns [`ConnectionCapacity::Enough`] on SQLite.
///
/// # Errors
/// Fails if the database does not answer.
pub fn connection_capacity(
    connection: &mut AnyConnection,
    connections: u32,
) -> Result<ConnectionCapacity, Error> {
    if connection.engine() == Engine::Sqlite {
        return Ok(ConnectionCapacity::Enough);
    }
    let needed = i64::from(connections) + 1;
    let mut number = |sql| Ok::<_, Error>(texts(connection, sql)?.concat().parse::<i64>());
    let (Ok(capacity), Ok(in_use)) = (number(CAPACITY)?, number(IN_USE)?) else {
        return Ok(ConnectionCapacity::Enough);
    };
    Ok(match capacity.saturating_sub(in_use) {
        _ if capacity < needed => ConnectionCapacity::LimitTooLow(capacity),
        left if left < needed => ConnectionCapacity::TooFewFree(left.max(0)),
        _ => ConnectionCapacity::Enough,
    })
}

impl Database {
    /// Refuses a pool that the server's limit never allows. Logs a warning if too few connections
    /// are free at present.
    ///
    /// # Errors
    /// Returns [`Error::Unsuitable`], or the error of a failed query.
    pub async fn ensure_connection_capacity(&self) -> Result<(), Error> {
        let connections = self.pool.max_size();
        let found = self.read(move |connection| connection_capacity(connection, connections));
        match found.await? {
            ConnectionCapacity::Enough => Ok(()),
            ConnectionCapacity::TooFewFree(left) => {
                tracing::warn!(
                    "too few free database connections: {connections} and one are needed, {left} \
                     are free at present: lower NARTHEX_DATABASE_CONNECTIONS or raise \
                     max_connections"
                );
                Ok(())
            }
            ConnectionCapacity::LimitTooLow(capacity) => Err(Error::Unsuitable(format!(
                "it allows {capacity} connections, but this process opens {connections} and one: \
                 lower NARTHEX_DATABASE_CONNECTIONS or raise max_connections"
            ))),
        }
    }
}
