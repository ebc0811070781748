//! Changes on PostgreSQL: how a transaction begins and ends, and when a change is made again.

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
    timeouts, with_a_connection,
};
use crate::util::clock::boot_time;

type Transactions = <AnyConnection as Connection>::TransactionManager;

/// An error that can say whether two changes collided, so that one of them has to be made again.
pub trait IsRetryable {
    /// Whether it says so; nothing was changed then.
    fn is_retryable(&self) -> bool;

    /// Whether the database refused a query and it is not known why. PostgreSQL gives the reason as a text
    /// that may be in any language.
    fn is_unexplained(&self) -> bool;
}

impl IsRetryable for Error {
    fn is_retryable(&self) -> bool {
        matches!(self, Self::Query(error) if is_collision(error))
    }

    fn is_unexplained(&self) -> bool {
        matches!(
            self,
            Self::Query(QueryError::DatabaseError(DatabaseErrorKind::Unknown, _))
        )
    }
}

/// Whether `error` says that a transaction lost against another: a deadlock (SQLSTATE 40P01) or a
/// failed serialization (40001).
#[must_use]
pub fn is_collision(error: &QueryError) -> bool {
    match error {
        QueryError::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => true,
        // diesel has no kind for it and does not hand the SQLSTATE on.
        QueryError::DatabaseError(DatabaseErrorKind::Unknown, told) => {
            told.message() == "deadlock detected"
        }
        _ => false,
    }
}

/// Whether `error`, which answered a `COMMIT`, says that the transaction was rolled back (SQLSTATE classes 23
/// and 40 but for 40003). After any other error it may have been committed.
fn says_rolled_back(error: &QueryError) -> bool {
    is_collision(error)
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

/// Makes `change` in a transaction on a connection of the pool; once more if the connection turns out to be
/// dead before the commit, or to take no writes.
pub(super) fn change<T, E>(
    pool: &Pool,
    change: impl FnOnce(&mut AnyConnection) -> Result<T, E> + Clone,
) -> Result<T, E>
where
    E: From<Error> + From<QueryError> + IsRetryable,
{
    let again = change.clone();
    let mut in_commit = false;
    match with_a_connection(pool, Use::Change, |on| transact(on, change, &mut in_commit))? {
        // It is unknown how far the server came with the last statement.
        Execution::Lost(_) if in_commit => {
            Err(Error::Unknown("the connection was lost".to_owned()).into())
        }
        Execution::Lost(_) => {
            with_a_connection(pool, Use::Change, |on| transact(on, again, &mut in_commit))?.result()
        }
        ran => ran.result(),
    }
}

/// Read committed: verbs that must not overlap take the user's row first. Those that meet in another order all
/// the same are told apart by the database: one goes on, the other comes here again.
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
            Err(error) if attempt < timeouts::ATTEMPTS => error,
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

/// Makes `change` in one transaction. `in_commit` is set if it was rolled back or committed by `COMMIT`.
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
            // A connection that cannot roll back is found to be broken when it comes back to the pool.
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

/// Whether an unexplained error may be a deadlock: the server reports in another language than English, and did
/// so earlier than it ends what waits for a lock. A change that is made again needlessly has no effect.
fn may_be_retryable(connection: &mut AnyConnection, took: Duration) -> bool {
    let language = "SELECT current_setting('lc_messages') AS text";
    took < timeouts::FOR_A_LOCK
        && texts(connection, language).is_ok_and(|found| !is_english(&found.concat()))
}

/// Whether messages come in English where `lc_messages` has this value.
#[must_use]
pub fn is_english(lc_messages: &str) -> bool {
    let language = lc_messages.split(['.', '@', '_']).next();
    matches!(language, Some("C" | "POSIX" | "en"))
}

#[cfg(test)]
mod tests {
    use super::is_english;

    #[test]
    fn the_language_of_messages_is_read_from_the_locale() {
        for english in ["C", "POSIX", "C.UTF-8", "en_US.UTF-8", "en_GB", "en"] {
            assert!(is_english(english), "{english}");
        }
        for other in ["", "de_DE.UTF-8", "fr_FR", "ru_RU.UTF-8@x", "eng"] {
            assert!(!is_english(other), "{other}");
        }
    }
}
