//! Whether a copy was put in the place of this database: a backup that was restored, a snapshot, a standby
//! that took over. What ended since it was made lives again in it, and nothing in it can tell.
//!
//! So the database knows its place, and a place that is another has to be answered by somebody. Where a copy
//! is in the very same place there is one more sign: of a database that was in use it has nodes that have
//! not been alive for long, and that nobody saw leaving. What neither shows is not noticed: a copy of a
//! database that was at rest, written over the same file.

use std::{fmt, time::Duration};

use diesel::QueryResult;

use crate::{
    cluster::store,
    db::{self, AnyConnection, DatabaseIdentity},
    util::clock::Timestamp,
};

/// A node that was not alive for so long was cut off, or is one of a copy. Killed, or with its machine, it
/// is back sooner.
const LONG: Duration = Duration::from_secs(600);

/// Why this may be a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RestoreEvidence {
    /// The database is elsewhere than when somebody last said where it is.
    MovedFile {
        /// Where it was.
        was: String,
        /// Where it is.
        is: String,
    },
    /// A process that ran found it older than what it had seen.
    Rewound,
    /// No node left, and the last one was alive then.
    CutOff(Timestamp),
}

/// In the place of a place.
const OLDER: &str = "older than it was";

/// What is to be done, whichever it is.
const WHAT_TO_DO: &str = "what ended since it was made lives again: end everything with narthex sign-out \
                          --all";

impl fmt::Display for RestoreEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MovedFile { was, is } if is_failover(was, is) => write!(
                f,
                "a standby took over, or an earlier moment was restored: where replication was \
                 synchronous nothing was lost, say so with narthex moved; otherwise {WHAT_TO_DO} (it was at \
                 {was} and is at {is})"
            ),
            Self::MovedFile { was, is } => write!(
                f,
                "is this a backup that was put back, or a copy? {WHAT_TO_DO}; if it was only moved, say so \
                 with narthex moved (it was at {was} and is at {is})"
            ),
            Self::Rewound => write!(
                f,
                "this is a backup that was put back, for a server that ran had seen what is not in it; \
                 {WHAT_TO_DO}"
            ),
            Self::CutOff(at) => write!(
                f,
                "is this a backup that was put back, or a copy? It was in use on {} and not since, and \
                 whoever served did not stop in order: their machine failed then, or this is a copy of that \
                 time; {WHAT_TO_DO}",
                at.format_minute()
            ),
        }
    }
}

/// Whether the place is another one by its timeline alone.
fn is_failover(was: &str, is: &str) -> bool {
    DatabaseIdentity::parse(is).is_next_timeline_of(&DatabaseIdentity::parse(was))
}

/// What there is to doubt about the database that is `here`. To be asked before a node joins: those that
/// are there give up whoever is not alive.
///
/// # Errors
/// When the database fails.
pub fn find_evidence(
    connection: &mut AnyConnection,
    here: &DatabaseIdentity,
    now: Timestamp,
) -> QueryResult<Option<RestoreEvidence>> {
    match store::identity(connection)? {
        Some(was) if was == OLDER => return Ok(Some(RestoreEvidence::Rewound)),
        Some(was) if here.is_elsewhere(&DatabaseIdentity::parse(&was)) => {
            let is = here.to_string();
            return Ok(Some(RestoreEvidence::MovedFile { was, is }));
        }
        _ => {}
    }
    let last = store::last_alive(connection)?;
    Ok(last
        .filter(|last| now.saturating_duration_since(*last) >= LONG)
        .map(RestoreEvidence::CutOff))
}

/// Has the database know that it is older than what a process had seen, until somebody answers.
pub(super) fn mark_rewound(connection: &mut AnyConnection) -> QueryResult<()> {
    store::set_identity(connection, OLDER).map(drop)
}

/// Says where the database is, if it was at `was` and no operator has to answer for that.
pub(super) fn record_failover(
    connection: &mut AnyConnection,
    was: &DatabaseIdentity,
    here: &DatabaseIdentity,
) -> QueryResult<bool> {
    store::replace_identity(connection, &was.to_string(), &here.to_string())
}

/// Says where the database is, if nobody has yet.
pub(super) fn record_identity(
    connection: &mut AnyConnection,
    here: &DatabaseIdentity,
) -> QueryResult<()> {
    if store::identity(connection)?.is_some() {
        return Ok(());
    }
    match db::with_savepoint(connection, |connection| {
        store::insert_identity(connection, &here.to_string())
    }) {
        // Somebody else, who starts at the same moment, said the same.
        Err(error) if db::is_unique_violation(&error) => Ok(()),
        other => other,
    }
}

/// Says that the database is where it has to be: nothing that has ended lives again in it.
///
/// # Errors
/// When the database fails.
pub fn confirm_identity(
    connection: &mut AnyConnection,
    here: &DatabaseIdentity,
) -> QueryResult<()> {
    if store::set_identity(connection, &here.to_string())? {
        return Ok(());
    }
    record_identity(connection, here)
}
