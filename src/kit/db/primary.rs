//! Refuses connections to a standby. Its reads may lag behind the primary: a revocation that was answered
//! would be missing from them.

use std::fmt::Display;

use diesel::{PgConnection, QueryResult, result::Error as QueryError};

use super::{Error, statement};

/// What the operator has to change.
const ADVICE: &str = "this server is a standby, and a standby may lag behind: DATABASE_URL has to lead to \
                      the primary; name every host of the cluster in it (host1,host2), or an address \
                      that follows the primary";

statement! { IsInRecovery {} -> diesel::sql_types::Bool = "SELECT pg_is_in_recovery()" }

/// Fails if the server behind a new connection is a standby. libpq looks as well
/// (`target_session_attrs`), unless the operator set that parameter to another value.
pub(super) fn ensure_primary(connection: &mut PgConnection) -> Result<(), Error> {
    use diesel::RunQueryDsl as _;
    let in_recovery: QueryResult<bool> = IsInRecovery::new().get_result(connection);
    match in_recovery {
        Ok(false) => Ok(()),
        Ok(true) => Err(Error::Unreachable(ADVICE.to_owned())),
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
    Error::Unreachable(text)
}
