//! The timeouts of database operations, each with its reason. Together they ensure that a request
//! is answered within [`RESPONSE_TIMEOUT`], whatever the database does.

use std::time::Duration;

/// For a change or a read, from the call to its result, with all waiting included. It is shorter
/// than the 30 and 60 seconds after which proxies give up. It applies if a server accepted the
/// query and does not answer. The shorter timeouts below give more exact errors.
pub(super) const RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);

/// For a connection of the pool. Half of [`RESPONSE_TIMEOUT`] remains for the query.
pub(super) const POOL_TIMEOUT: Duration = Duration::from_secs(5);

/// For a lock on PostgreSQL: the `lock_timeout` of [`POSTGRES`].
pub(super) const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// Between two attempts to set SQLite's journal mode. The other connection needs about a
/// millisecond.
#[cfg(feature = "sqlite")]
pub(super) const RETRY_INTERVAL: Duration = Duration::from_millis(10);

/// The number of attempts of a change that lost a deadlock or could not be serialized. The winner
/// has finished by then. Three losses in a row are no coincidence.
#[cfg(feature = "postgres")]
pub(super) const MAX_ATTEMPTS: u32 = 3;

/// The pragmas of a connection, with their reasons:
///
/// - `busy_timeout` comes first. With `journal_mode` first, two connections that open together find
///   the file locked. The value bounds how long another process may hold the write lock. It is
///   under half of [`RESPONSE_TIMEOUT`], because a change may arrive while the one before it still
///   waits.
/// - `synchronous=FULL`: a revocation that was answered survives a power failure. WAL with NORMAL
///   does not promise that (SQLite documentation, "PRAGMA synchronous").
/// - `temp_store`: the pages that a savepoint may have to restore stay in memory, not in a
///   temporary file.
/// - `wal_autocheckpoint`: after 16 MiB instead of 4, so that pages which many changes rewrite are
///   written once.
/// - `journal_size_limit`: a log that grew under a long reader is truncated to 32 MiB when it
///   restarts.
#[cfg(feature = "sqlite")]
pub(super) const SQLITE: &str = "PRAGMA busy_timeout = 4500; PRAGMA journal_mode = WAL; \
     PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; \
     PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 33554432;";

/// Parameters of libpq (PostgreSQL documentation, section 34.1.2). Three seconds to connect. A peer
/// that acknowledges nothing for five seconds, or does not answer three probes, counts as lost.
/// Without these bounds, a connection that a firewall dropped silently would block its thread for
/// hours. Of several hosts the primary is chosen, even if it is read-only for a while, because a
/// read-only database can still authenticate requests.
#[cfg(feature = "postgres")]
pub(super) const POSTGRES_CONNECTION: [(&str, &str); 6] = [
    ("connect_timeout", "3"),
    ("tcp_user_timeout", "5000"),
    ("keepalives_idle", "5"),
    ("keepalives_interval", "2"),
    ("keepalives_count", "3"),
    ("target_session_attrs", "primary"),
];

/// The server ends a wait for a lock after five seconds and a query after eight. Both are before
/// [`RESPONSE_TIMEOUT`], so the caller knows that nothing was done. A transaction that its client
/// left open is ended too, because it holds a user's lock. The time zone and the application name
/// help operators who read `pg_stat_activity`.
#[cfg(feature = "postgres")]
pub(super) const POSTGRES: &str = "SET statement_timeout = '8s'; SET lock_timeout = '5s'; \
     SET idle_in_transaction_session_timeout = '15s'; \
     SET TIME ZONE 'UTC'; SET application_name = 'narthex';";

/// A migration has no timeout, and neither has the wait for another migrating process.
pub(super) const POSTGRES_MIGRATION: &str =
    "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0;";

/// Work on a database that no server uses has no timeout, and waits for another database meanwhile.
/// The timeout of locks stays, because a lock that another process holds means that the database is
/// in use.
#[cfg(feature = "cli")]
pub(super) const POSTGRES_OFFLINE: &str =
    "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0;";
