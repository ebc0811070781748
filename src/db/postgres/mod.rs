//! PostgreSQL: its connections and their sessions, and changes.

pub(super) mod change;
mod primary;
pub(super) mod session;
pub mod url;

use std::borrow::Cow;

use diesel::{Connection as _, PgConnection, connection::SimpleConnection as _};

use super::{AnyConnection, Error, PostgresUrl, inspect::texts_of, timeouts};

const VERSION: &str = "SELECT version() AS text";
const ENCODING: &str = "SELECT current_setting('server_encoding') AS text";
/// YugabyteDB executes read committed as snapshot isolation unless a setting changes that.
const YUGABYTE_ISOLATION: &str = "SELECT coalesce(current_setting(\
     'yb_effective_transaction_isolation_level', true), 'unknown') AS text";

/// Connects to a server that meets every requirement. This needs a second connection.
pub(super) fn connect_to_suitable(url: &PostgresUrl) -> Result<AnyConnection, Error> {
    let mut server = connect_to_primary(url)?;
    ensure_supported(&mut server)?;
    let mut session = session::Session::begin(server, url.schema())?;
    session.ensure_unshared(url)?;
    Ok(session.into_connection())
}

/// Connects to a server and fails if it is a standby.
pub(super) fn connect_to_primary(url: &PostgresUrl) -> Result<PgConnection, Error> {
    let mut connection = PgConnection::establish(&bounded(url.as_str()))
        .map_err(|error| primary::describe_error(&error))?;
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

/// Creates the schema of `search_path` if it does not exist. `CREATE SCHEMA IF NOT EXISTS` alone
/// needs the right to create schemas even if the schema exists. The name is already quoted there.
const CREATE_SCHEMA: &str = "DO $$ BEGIN IF current_schema() IS NULL THEN \
     EXECUTE 'CREATE SCHEMA ' || current_setting('search_path'); END IF; END $$";

/// Creates the schema that the session selected, if it does not exist.
pub(super) fn create_schema(connection: &mut AnyConnection) -> Result<(), Error> {
    Ok(connection.batch_execute(CREATE_SCHEMA)?)
}

/// Refuses engines that only speak PostgreSQL's protocol, and encodings other than UTF-8.
fn ensure_supported(server: &mut PgConnection) -> Result<(), Error> {
    let version = texts_of(server, VERSION)?.concat();
    if version.contains("CockroachDB") {
        return Err(Error::Unsuitable(
            "CockroachDB has no advisory locks and no NOTIFY, and reports a commit as failed that may have \
             been made: use PostgreSQL"
                .to_owned(),
        ));
    }
    if version.contains("-YB-") {
        let isolation = texts_of(server, YUGABYTE_ISOLATION)?.concat();
        if isolation != "read committed" {
            return Err(Error::Unsuitable(format!(
                "YugabyteDB executes read committed transactions with another isolation ({isolation}): set \
                 yb_enable_read_committed_isolation=true, or use PostgreSQL"
            )));
        }
    }
    let encoding = texts_of(server, ENCODING)?.concat();
    if encoding != "UTF8" {
        return Err(Error::Unsuitable(format!(
            "its encoding is {encoding}: make one with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"
        )));
    }
    Ok(())
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
}
