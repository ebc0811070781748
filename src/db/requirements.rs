//! The requirements that a database must meet before anything is prepared, read or written there.
//! Each refusal is one line with the remedy.

use diesel::PgConnection;

use super::{
    AnyConnection, DatabaseUrl, Error,
    connection::connect_to_primary,
    inspect::{connect_to_existing, texts, texts_of_postgres},
    session_settings::Session,
};

const VERSION: &str = "SELECT version() AS text";
const SQLITE_ENCODING: &str = "SELECT encoding AS text FROM pragma_encoding";
const ENCODING: &str = "SELECT current_setting('server_encoding') AS text";
/// YugabyteDB executes read committed as snapshot isolation unless a setting changes that.
const YUGABYTE_ISOLATION: &str = "SELECT coalesce(current_setting(\
     'yb_effective_transaction_isolation_level', true), 'unknown') AS text";

/// Connects to a database that meets every requirement. On PostgreSQL this needs a second
/// connection.
///
/// # Errors
/// Returns that the database cannot be reached, or the requirement that it does not meet.
pub(super) fn connect(target: &DatabaseUrl) -> Result<AnyConnection, Error> {
    match target {
        DatabaseUrl::Sqlite(path) => {
            // This check comes before any connection that writes, because the first one changes the
            // journal mode of the file.
            if path.exists() {
                connect_to_existing(target)?;
            }
            target.connect()
        }
        DatabaseUrl::Postgres(url) => {
            let mut server = connect_to_primary(url)?;
            ensure_supported(&mut server)?;
            let mut session = Session::begin(server)?;
            session.ensure_unshared(url)?;
            Ok(AnyConnection::Postgres(session.connection))
        }
    }
}

/// Refuses an SQLite file with UTF-16 texts, because their order and their bytes differ from
/// PostgreSQL's. A file without a readable encoding has another fault, which is reported elsewhere.
pub(super) fn ensure_utf8(file: &mut AnyConnection) -> Result<(), Error> {
    match texts(file, SQLITE_ENCODING) {
        Ok(encoding) if encoding != ["UTF-8"] => Err(Error::Unsuitable(format!(
            "its text encoding is {}: copy it with sqlite3 OLD .dump | sqlite3 NEW, which makes one in UTF-8",
            encoding.concat()
        ))),
        _ => Ok(()),
    }
}

/// Refuses engines that only speak PostgreSQL's protocol, and encodings other than UTF-8.
fn ensure_supported(server: &mut PgConnection) -> Result<(), Error> {
    let version = texts_of_postgres(server, VERSION)?.concat();
    if version.contains("CockroachDB") {
        return Err(Error::Unsuitable(
            "CockroachDB has no advisory locks and no NOTIFY, and reports a commit as failed that may have \
             been made: use PostgreSQL"
                .to_owned(),
        ));
    }
    if version.contains("-YB-") {
        let isolation = texts_of_postgres(server, YUGABYTE_ISOLATION)?.concat();
        if isolation != "read committed" {
            return Err(Error::Unsuitable(format!(
                "YugabyteDB executes read committed transactions with another isolation ({isolation}): set \
                 yb_enable_read_committed_isolation=true, or use PostgreSQL"
            )));
        }
    }
    let encoding = texts_of_postgres(server, ENCODING)?.concat();
    if encoding != "UTF8" {
        return Err(Error::Unsuitable(format!(
            "its encoding is {encoding}: make one with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"
        )));
    }
    Ok(())
}
