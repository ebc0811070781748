//! Detects that this database replaced another one: a restored backup, a snapshot, or a standby
//! that took over. Credentials that were revoked after the copy was made are active again in it,
//! and its rows cannot show that.
//!
//! Therefore the database records its own identity. If the identity has changed, an operator must
//! answer. A copy with the same identity has one more sign if the original was in use. It lists
//! nodes that never left and have no recent heartbeat. A copy of an unused database, written over
//! the same file, has neither sign and is not detected.

mod store;

use std::{fmt, time::Duration};

use diesel::QueryResult;

use crate::{
    db::{self, AnyConnection, DatabaseIdentity},
    util::clock::Timestamp,
};

/// The age of a heartbeat that indicates a copy or a node that lost the database. A node that was
/// killed, or whose machine failed, is back sooner.
const STALE_AFTER: Duration = Duration::from_secs(600);

/// The reason why a database may be a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RestoreEvidence {
    /// The identity of the database differs from the recorded one.
    MovedFile {
        /// The recorded identity.
        previous: String,
        /// The current identity.
        current: String,
    },
    /// A running node had seen invalidations that the database does not have.
    Rewound,
    /// No node has left, and the newest heartbeat is from this time.
    StaleHeartbeat(Timestamp),
}

/// The value that is recorded instead of an identity if the database was rewound.
const REWOUND: &str = "rewound";

/// The action that every kind of evidence asks for.
const ADVICE: &str =
    "revocations may be lost: to revoke every credential, run narthex sign-out --all";

impl fmt::Display for RestoreEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MovedFile { previous, current } if is_failover(previous, current) => write!(
                f,
                "a standby took over, or the database was recovered to an earlier time. If replication was \
                 synchronous, nothing was lost: run narthex moved. Otherwise {ADVICE} (the identity was \
                 {previous} and is {current})"
            ),
            Self::MovedFile { previous, current } => write!(
                f,
                "the database may be a restored backup or a copy: {ADVICE}. If it was only moved, run \
                 narthex moved (the identity was {previous} and is {current})"
            ),
            Self::Rewound => write!(
                f,
                "the database is older than a running server had seen. A backup was restored, or a failover \
                 lost the last commits: {ADVICE}"
            ),
            Self::StaleHeartbeat(at) => write!(
                f,
                "the database may be a restored backup or a copy. It was last in use on {}, and its servers \
                 did not shut down cleanly. Their machine failed then, or this is a copy from that time: \
                 {ADVICE}",
                at.format_minute()
            ),
        }
    }
}

/// Returns whether the identities differ in the timeline only.
fn is_failover(previous: &str, current: &str) -> bool {
    DatabaseIdentity::parse(current).is_next_timeline_of(&DatabaseIdentity::parse(previous))
}

/// Returns the evidence that the database with this identity is a copy. Call it before a node
/// joins, because members evict the nodes without a heartbeat.
///
/// # Errors
/// Returns an error if the database fails.
pub fn find_evidence(
    connection: &mut AnyConnection,
    identity: &DatabaseIdentity,
    now: Timestamp,
) -> QueryResult<Option<RestoreEvidence>> {
    match store::identity(connection)? {
        Some(previous) if previous == REWOUND => return Ok(Some(RestoreEvidence::Rewound)),
        Some(previous) if identity.differs_from(&DatabaseIdentity::parse(&previous)) => {
            let current = identity.to_string();
            return Ok(Some(RestoreEvidence::MovedFile { previous, current }));
        }
        _ => {}
    }
    let newest_heartbeat = store::newest_heartbeat(connection)?;
    Ok(newest_heartbeat
        .filter(|newest_heartbeat| now.saturating_duration_since(*newest_heartbeat) >= STALE_AFTER)
        .map(RestoreEvidence::StaleHeartbeat))
}

/// Records that the database is older than a node had seen, until an operator answers.
pub(crate) fn record_lost_commits(connection: &mut AnyConnection) -> QueryResult<()> {
    store::set_identity(connection, REWOUND).map(drop)
}

/// Records a new identity after a failover, if the recorded identity is `was`, so that no operator
/// has to answer.
pub(crate) fn record_failover(
    connection: &mut AnyConnection,
    previous: &DatabaseIdentity,
    identity: &DatabaseIdentity,
) -> QueryResult<bool> {
    store::replace_identity(connection, &previous.to_string(), &identity.to_string())
}

/// Records the identity of the database, if none is recorded.
pub(crate) fn record_identity(
    connection: &mut AnyConnection,
    identity: &DatabaseIdentity,
) -> QueryResult<()> {
    if store::identity(connection)?.is_some() {
        return Ok(());
    }
    match db::with_savepoint(connection, |connection| {
        store::insert_identity(connection, &identity.to_string())
    }) {
        // A node that starts at the same moment recorded the same.
        Err(error) if db::is_unique_violation(&error) => Ok(()),
        other => other,
    }
}

/// Records this identity as the right one: no revocation is lost in this database.
///
/// # Errors
/// Returns an error if the database fails.
pub fn confirm_identity(
    connection: &mut AnyConnection,
    identity: &DatabaseIdentity,
) -> QueryResult<()> {
    if store::set_identity(connection, &identity.to_string())? {
        return Ok(());
    }
    record_identity(connection, identity)
}
