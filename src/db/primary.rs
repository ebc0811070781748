//! Refuses connections to a standby. Its reads may lag behind the primary: a revocation that was answered
//! would be missing from them.

use std::fmt::Display;

use diesel::{PgConnection, result::Error as QueryError};

use super::{Error, inspect::texts_of_postgres};

/// What the operator has to change.
const ADVICE: &str = "this server is a standby, and a standby may lag behind: DATABASE_URL has to lead to \
                      the primary; name every host of the cluster in it (host1,host2), or an address \
                      that follows the primary";

/// How libpq refuses a parameter of the URL, and what to do about those that other clients know.
const UNKNOWN_PARAMETER: &str = "invalid URI query parameter";
const MEANT_FOR_OTHERS: &str = ". Leave it out of DATABASE_URL: PostgreSQL's own client library does not know it \
     (for a schema, options=-csearch_path%3DNAME is the same)";

/// Not prepared by name: whether the session belongs to this connection alone is found out later.
const IS_IN_RECOVERY: &str = "SELECT CAST(pg_is_in_recovery() AS text) AS text";

/// Fails if the server behind a new connection is a standby. libpq looks as well
/// (`target_session_attrs`), unless the operator set that parameter to another value.
pub(super) fn ensure_primary(connection: &mut PgConnection) -> Result<(), Error> {
    match texts_of_postgres(connection, IS_IN_RECOVERY) {
        Ok(told) if told != ["true"] => Ok(()),
        Ok(_) => Err(Error::Unreachable(ADVICE.to_owned())),
        // An engine that only speaks the protocol knows no standby of this kind.
        Err(QueryError::DatabaseError(..)) => Ok(()),
        Err(error) => Err(Error::Unreachable(error.to_string())),
    }
}

/// An error of libpq on one line, with the advice if a standby was met.
pub(super) fn explained(error: &dyn Display) -> Error {
    // libpq writes a line for each host.
    let text = error.to_string();
    let text = text.trim_end().replace('\n', "; ");
    if text.contains("server is in hot standby mode") {
        return Error::Unreachable(format!("{text}; {ADVICE}"));
    }
    if text.contains(UNKNOWN_PARAMETER) {
        return Error::Unreachable(format!("{text}{MEANT_FOR_OTHERS}"));
    }
    Error::Unreachable(text)
}
