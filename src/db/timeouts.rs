//! How long is waited for a database: every bound, each with its reason. Together they see to it that
//! a request is answered within [`FOR_AN_ANSWER`], whatever the database does.

use std::time::Duration;

/// For a change or a read, from the call to its answer, all waiting included: shorter than the 30
/// and 60 seconds after which proxies give up on us. The bound of last resort, for a server that
/// took the query and says nothing; those below tell more exactly what is wrong.
pub(super) const FOR_AN_ANSWER: Duration = Duration::from_secs(10);

/// For a connection of the pool: most of [`FOR_AN_ANSWER`] stays for the query.
pub(super) const FOR_A_CONNECTION: Duration = Duration::from_secs(5);

/// For a lock on PostgreSQL: the `lock_timeout` of [`POSTGRES`].
pub(super) const FOR_A_LOCK: Duration = Duration::from_secs(5);

/// Between two attempts to set SQLite's journal mode. The other connection needs about a millisecond.
pub(super) const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(10);

/// How often a change that lost a deadlock or could not be serialized is made in all. The winner is
/// done by then; one that loses three times meets more than an accident.
pub(super) const ATTEMPTS: u32 = 3;

/// `busy_timeout` first: with `journal_mode` first, two connections that open together find the
/// file locked. It is how long another process may hold the write lock: half of [`FOR_AN_ANSWER`],
/// for a change may come while the one before it still waits. `synchronous=FULL`: an ending that was
/// answered survives a power cut, which WAL with NORMAL does not promise (SQLite documentation,
/// "PRAGMA synchronous"). `temp_store`: what a savepoint may have to take back is kept in memory, and not
/// in a file that is made for it. `wal_autocheckpoint`: after 16 MiB and not after 4, for pages that many
/// changes write again are then written once. `journal_size_limit`: a log that grew under a long reader is cut to
/// 32 MiB when it begins anew, and does not stay as large as it was.
pub(super) const SQLITE: &str = "PRAGMA busy_timeout = 4500; PRAGMA journal_mode = WAL; \
     PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; \
     PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 33554432;";

/// Parameters of libpq (PostgreSQL documentation, section 34.1.2). Three seconds to connect: two
/// attempts fit into [`FOR_A_CONNECTION`]. A peer that takes nothing for five seconds, or is silent
/// through three probes, is gone: without these, a connection that a firewall forgot holds its
/// thread for hours. Of several hosts the primary is taken, also if it takes no writes for a while: a
/// database that is read-only goes on letting known credentials in.
pub(super) const POSTGRES_CONNECTION: [(&str, &str); 6] = [
    ("connect_timeout", "3"),
    ("tcp_user_timeout", "5000"),
    ("keepalives_idle", "5"),
    ("keepalives_interval", "2"),
    ("keepalives_count", "3"),
    ("target_session_attrs", "primary"),
];

/// A lock that is not to be had in five seconds, a query that runs for eight: the server ends them
/// before [`FOR_AN_ANSWER`] is over, so that it is known that nothing was done. A transaction that
/// its client left open is ended too, for it holds a user's lock.
/// UTC and a name for `pg_stat_activity` are courtesy to whoever reads along.
pub(super) const POSTGRES: &str = "SET statement_timeout = '8s'; SET lock_timeout = '5s'; \
     SET idle_in_transaction_session_timeout = '15s'; \
     SET TIME ZONE 'UTC'; SET application_name = 'narthex';";

/// Changing the tables takes as long as it takes, and so does waiting for whoever does it.
pub(super) const POSTGRES_MIGRATION: &str =
    "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0;";
