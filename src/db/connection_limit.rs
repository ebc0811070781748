//! Checks that PostgreSQL allows the connections that a process needs.

use super::{AnyConnection, Database, Error, inspect::texts};

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

/// How many connections the server allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// Enough for this process.
    Enough,
    /// Too few at present: only this many are free.
    Left(i64),
    /// Too few in any case: the limit is this number.
    Never(i64),
}

/// Compares the server's limit with the need of a process: `connections` of the pool and one
/// dedicated connection. Always returns [`Room::Enough`] on SQLite.
///
/// # Errors
/// Fails if the database does not answer.
pub fn room(connection: &mut AnyConnection, connections: u32) -> Result<Room, Error> {
    if matches!(connection, AnyConnection::Sqlite(_)) {
        return Ok(Room::Enough);
    }
    let needed = i64::from(connections) + 1;
    let mut number = |sql| Ok::<_, Error>(texts(connection, sql)?.concat().parse::<i64>());
    let (Ok(capacity), Ok(in_use)) = (number(CAPACITY)?, number(IN_USE)?) else {
        return Ok(Room::Enough);
    };
    Ok(match capacity.saturating_sub(in_use) {
        _ if capacity < needed => Room::Never(capacity),
        left if left < needed => Room::Left(left.max(0)),
        _ => Room::Enough,
    })
}

impl Database {
    /// Refuses a pool that the server's limit never allows. Logs a warning if too few connections
    /// are free at present.
    ///
    /// # Errors
    /// Returns [`Error::Unsuitable`], or the error of a failed query.
    pub async fn expect_room(&self) -> Result<(), Error> {
        let connections = self.pool.max_size();
        let found = self.read(move |connection| room(connection, connections));
        match found.await? {
            Room::Enough => Ok(()),
            Room::Left(left) => {
                tracing::warn!(
                    "too few free database connections: {connections} and one are needed, {left} \
                     are free at present: lower NARTHEX_DATABASE_CONNECTIONS or raise \
                     max_connections"
                );
                Ok(())
            }
            Room::Never(capacity) => Err(Error::Unsuitable(format!(
                "it allows {capacity} connections, but this process opens {connections} and one: \
                 lower NARTHEX_DATABASE_CONNECTIONS or raise max_connections"
            ))),
        }
    }
}
