//! Transactions: their begin, their end, and the errors that they end with.

use diesel::{
    Connection, QueryResult,
    connection::{AnsiTransactionManager, TransactionManager as _},
    result::{DatabaseErrorKind, Error as QueryError},
};

use super::{AnyConnection, Engine, Error, with_backend};

pub(super) type Transactions = <AnyConnection as Connection>::TransactionManager;

/// An error that reports whether two changes collided, so that one of them can be retried.
pub trait IsRetryable {
    /// Returns whether the changes collided. Nothing was changed then.
    fn is_retryable(&self) -> bool;

    /// Returns whether the database refused a query for an unknown reason. PostgreSQL gives the
    /// reason as a text in the language of the server.
    fn is_unexplained(&self) -> bool;
}

impl IsRetryable for Error {
    fn is_retryable(&self) -> bool {
        matches!(self, Self::Query(error) if is_conflict(error))
    }

    fn is_unexplained(&self) -> bool {
        matches!(
            self,
            Self::Query(QueryError::DatabaseError(DatabaseErrorKind::Unknown, _))
        )
    }
}

/// Returns whether `error` reports that a transaction lost against another: a deadlock (SQLSTATE
/// 40P01) or a failed serialization (40001).
#[must_use]
pub fn is_conflict(error: &QueryError) -> bool {
    match error {
        QueryError::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => true,
        // diesel has no kind for a deadlock and does not pass the SQLSTATE on.
        QueryError::DatabaseError(DatabaseErrorKind::Unknown, info) => {
            info.message() == "deadlock detected"
        }
        _ => false,
    }
}

/// Returns whether `error`, the result of a `COMMIT`, proves a rollback (SQLSTATE classes 23 and 40
/// except 40003). After any other error the transaction may have been committed.
fn says_rolled_back(error: &QueryError) -> bool {
    is_conflict(error)
        || matches!(
            error,
            QueryError::DatabaseError(
                DatabaseErrorKind::UniqueViolation
                    | DatabaseErrorKind::ForeignKeyViolation
                    | DatabaseErrorKind::NotNullViolation
                    | DatabaseErrorKind::CheckViolation
                    | DatabaseErrorKind::RestrictViolation
                    | DatabaseErrorKind::ExclusionViolation,
                _
            )
        )
}

/// Begins a transaction.
///
/// On SQLite, `IMMEDIATE` takes the write lock at once. A transaction that reads first and writes
/// later can find the lock taken by another process and fail without waiting, whatever
/// `busy_timeout` is.
///
/// On PostgreSQL, read committed is named explicitly, because the session, the role or the database
/// may have another default. A transaction that waited for a user's lock must see the changes that
/// were made under it (PostgreSQL documentation, section 13.2).
pub(super) fn begin(connection: &mut AnyConnection) -> QueryResult<()> {
    let statement = match connection.engine() {
        Engine::Sqlite => "BEGIN IMMEDIATE",
        Engine::Postgres => "BEGIN ISOLATION LEVEL READ COMMITTED",
    };
    with_backend!(connection => AnsiTransactionManager::begin_transaction_sql(connection, statement))
}

/// Runs `work` in a transaction that holds the write lock from its start. For start-up work on a
/// connection of its own. All other changes of SQLite use its writer.
pub(super) fn in_exclusive_transaction<T>(
    connection: &mut AnyConnection,
    work: impl FnOnce(&mut AnyConnection) -> Result<T, Error>,
) -> Result<T, Error> {
    begin(connection)?;
    let result = work(connection)?;
    Transactions::commit_transaction(connection)?;
    Ok(result)
}

/// Runs `change` in one transaction. Sets `in_commit` if the transaction reached its `COMMIT`.
pub(super) fn run_once<T, E>(
    connection: &mut AnyConnection,
    change: impl FnOnce(&mut AnyConnection) -> Result<T, E>,
    in_commit: &mut bool,
) -> Result<T, E>
where
    E: From<Error> + From<QueryError>,
{
    begin(connection)?;
    let value = match change(connection) {
        Ok(value) => value,
        Err(error) => {
            // If the rollback fails, the pool detects the broken connection on its return.
            drop(Transactions::rollback_transaction(connection));
            return Err(error);
        }
    };
    *in_commit = true;
    match Transactions::commit_transaction(connection) {
        Ok(()) => Ok(value),
        Err(error) if says_rolled_back(&error) => Err(error.into()),
        Err(error) => Err(Error::Unknown(error.to_string()).into()),
    }
}

/// Returns whether messages are in English with this value of `lc_messages`.
#[must_use]
pub fn is_english(lc_messages: &str) -> bool {
    let language = lc_messages.split(['.', '@', '_']).next();
    matches!(language, Some("C" | "POSIX" | "en"))
}

#[cfg(test)]
mod tests {
    use super::is_english;

    #[test]
    fn message_language_is_parsed_from_the_locale() {
        for english in ["C", "POSIX", "C.UTF-8", "en_US.UTF-8", "en_GB", "en"] {
            assert!(is_english(english), "{english}");
        }
        for other in ["", "de_DE.UTF-8", "fr_FR", "ru_RU.UTF-8@x", "eng"] {
            assert!(!is_english(other), "{other}");
        }
    }
}
