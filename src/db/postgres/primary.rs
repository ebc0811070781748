//! Refuses connections to a standby. Its reads may lag behind the primary: a revocation that was
//! answered would be missing from them.

use std::fmt::Display;

use diesel::{PgConnection, result::Error as QueryError};

use crate::db::{Error, inspect::texts_of};

/// The advice to the operator.
const ADVICE: &str = "this server is a standby, which may lag behind: DATABASE_URL must lead to \
                      the primary; name every host of the cluster in it (host1,host2), or an \
                      address that follows the primary";

/// libpq's error for an unknown parameter of the URL, and the advice for parameters of other
/// clients.
const UNKNOWN_PARAMETER: &str = "invalid URI query parameter";
const UNKNOWN_PARAMETER_ADVICE: &str = ". Leave it out of DATABASE_URL: PostgreSQL's own client library does not know it \
     (for a schema, options=-csearch_path%3DNAME is the same)";

/// Not prepared by name, because only a later check shows that the session is unshared.
const IS_IN_RECOVERY: &str = "SELECT CAST(pg_is_in_recovery() AS text) AS text";

/// Fails if the server behind a new connection is a standby. libpq checks it too
/// (`target_session_attrs`), unless the operator set that parameter to another value.
pub(super) fn ensure_primary(connection: &mut PgConnection) -> Result<(), Error> {
    match texts_of(connection, IS_IN_RECOVERY) {
        Ok(in_recovery) if in_recovery != ["true"] => Ok(()),
        Ok(_) => Err(Error::Unreachable(ADVICE.to_owned())),
        // An engine that only speaks the protocol has no such standbys.
        Err(QueryError::DatabaseError(..)) => Ok(()),
        Err(error) => Err(Error::Unreachable(error.to_string())),
    }
}

/// Formats an error of libpq as one line and adds the advice that applies.
pub(super) fn describe_error(error: &dyn Display) -> Error {
    // libpq writes a line for each host.
    let text = error.to_string();
    let text = text.trim_end().replace('\n', "; ");
    if text.contains("server is in hot standby mode") {
        return Error::Unreachable(format!("{text}; {ADVICE}"));
    }
    if text.contains(UNKNOWN_PARAMETER) {
        return Error::Unreachable(format!("{text}{UNKNOWN_PARAMETER_ADVICE}"));
    }
    Error::Unreachable(text)
}
