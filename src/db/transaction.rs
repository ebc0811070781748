//! Changes on PostgreSQL: the transaction and its retries.

use std::time::Duration;

use diesel::{
    Connection,
    connection::TransactionManager as _,
    result::{DatabaseErrorKind, Error as QueryError},
};

use super::{
    AnyConnection, Error, Execution,
    connection::{Pool, Use},
    inspect::texts,
    sqlite_writer::begin,
    timeouts, with_pooled_connection,
};
use crate::util::clock::boot_time;

type Transactions = <AnyConnection as Connection>::TransactionManager;

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

/// Runs `change` in a transaction on a connection of the pool. Retries once if the connection turns
/// out to be dead before the commit, or to refuse writes.
pub(super) fn change<T, E>(
    pool: &Pool,
    change: impl FnOnce(&mut AnyConnection) -> Result<T, E> + Clone,
) -> Result<T, E>
where
    E: From<Error> + From<QueryError> + IsRetryable,
{
    let retry = change.clone();
    let mut in_commit = false;
    match with_pooled_connection(pool, Use::Change, |on| transact(on, change, &mut in_commit))? {
        // The outcome of the last statement, the commit, is unknown.
        Execution::Lost(_) if in_commit => {
            Err(Error::Unknown("the connection was lost".to_owned()).into())
        }
        Execution::Lost(_) => {
            with_pooled_connection(pool, Use::Change, |on| transact(on, retry, &mut in_commit))?
                .result()
        }
        execution => execution.result(),
    }
}

/// Uses read committed. Transactions that must not overlap lock the user's row first. If two still
/// deadlock, the database lets one continue, and the other is retried here.
fn transact<T, E>(
    connection: &mut AnyConnection,
    change: impl FnOnce(&mut AnyConnection) -> Result<T, E> + Clone,
    in_commit: &mut bool,
) -> Result<T, E>
where
    E: From<Error> + From<QueryError> + IsRetryable,
{
    let mut attempt = 1;
    loop {
        *in_commit = false;
        let began = boot_time();
        let error = match run_once(connection, change.clone(), in_commit) {
            Err(error) if attempt < timeouts::MAX_ATTEMPTS => error,
            result => return result,
        };
        let collided = error.is_retryable() || {
            let took = boot_time().saturating_sub(began);
            !*in_commit && error.is_unexplained() && may_be_retryable(connection, took)
        };
        if !collided {
            return Err(error);
        }
        attempt += 1;
    }
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

/// Returns whether an unexplained error may be a deadlock: the server reports in another language
/// than English, and the error came before the lock timeout. A needless retry has no effect.
fn may_be_retryable(connection: &mut AnyConnection, took: Duration) -> bool {
    let language = "SELECT current_setting('lc_messages') AS text";
    took < timeouts::LOCK_TIMEOUT
        && texts(connection, language).is_ok_and(|found| !is_english(&found.concat()))
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
