//! Whether PostgreSQL has room for the connections of a process.

use super::{AnyConnection, Database, Error, inspect::texts};

/// For how many connections there is room in all: for those who are no superuser, in this role and this
/// database. `least` passes over a limit that is not set.
const CAPACITY: &str = "SELECT CAST(least( \
     CAST(current_setting('max_connections') AS integer) \
     - CAST(current_setting('superuser_reserved_connections') AS integer) \
     - CAST(coalesce(nullif(current_setting('reserved_connections', true), ''), '0') AS integer), \
     nullif((SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user), -1), \
     nullif((SELECT datconnlimit FROM pg_database WHERE datname = current_database()), -1)) AS text) AS text";

/// How many are in use by others than the one that asks.
const IN_USE: &str = "SELECT CAST(count(*) AS text) AS text FROM pg_stat_activity \
     WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";

/// Room for connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// There is some for all.
    Enough,
    /// Only so many are not in use just now.
    Left(i64),
    /// There is never room for more than so many.
    Never(i64),
}

/// Whether a process that opens `connections`, and one beside them, has room. Always on SQLite.
///
/// # Errors
/// When the database does not answer.
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
    /// Refuses a number of connections for which there is never room, and warns where there is none now.
    ///
    /// # Errors
    /// [`Error::Unsuitable`], or that the database does not answer.
    pub async fn expect_room(&self) -> Result<(), Error> {
        let connections = self.pool.max_size();
        let found = self.read(move |connection| room(connection, connections));
        match found.await? {
            Room::Enough => Ok(()),
            Room::Left(left) => {
                tracing::warn!(
                    "database connections: {connections} and one are set, and PostgreSQL has room for {left} \
                     just now: lower NARTHEX_DATABASE_CONNECTIONS or raise max_connections"
                );
                Ok(())
            }
            Room::Never(capacity) => Err(Error::Unsuitable(format!(
                "it has room for {capacity} connections, and this process opens {connections} and one: lower \
                 NARTHEX_DATABASE_CONNECTIONS or raise max_connections"
            ))),
        }
    }
}
