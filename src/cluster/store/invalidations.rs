//! The queries about the log of invalidations.
//!
//! A failover that loses commits causes positions to be assigned twice, so each invalidation also
//! has a random identity. Two logs are the same if the invalidation at a known position has the
//! known identity.

use diesel::{
    QueryResult,
    prelude::*,
    sql_types::{BigInt, Text},
};
use uuid::Uuid;

use crate::{
    credential_cache::InvalidationKey,
    crypto::digest::Digest,
    db::{AnyConnection, cached_statement, with_backend},
    schema::{invalidation_sequence, invalidations},
    types::ids::{NodeId, UserId},
    util::clock::Timestamp,
};

/// The newest invalidation at some moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Newest {
    pub(crate) position: i64,
    /// `None` if the log was empty, or was pruned by an older version.
    pub(crate) identity: Option<i64>,
}

/// The end of the log, and its server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogHead {
    pub(crate) position: i64,
    /// The PostgreSQL cluster and its timeline. Empty if the database cannot name them.
    pub(crate) server: String,
    /// Whether all leases from before this server are over.
    pub(crate) is_settled: bool,
}

impl From<(i64, String, String)> for LogHead {
    fn from((position, settled_server, server): (i64, String, String)) -> Self {
        let is_settled = server.is_empty() || settled_server.is_empty() || settled_server == server;
        Self {
            position,
            server,
            is_settled,
        }
    }
}

cached_statement! {
    Advance { count: i64 as BigInt } -> (BigInt, Text, Text) =
        "UPDATE invalidation_sequence SET position = position + " count
        " RETURNING position, settled_server, ''"
}

// The first server has no nodes from before it.
cached_statement! {
    AdvanceOnServer { count: i64 as BigInt } -> (BigInt, Text, Text) =
        "UPDATE invalidation_sequence SET position = position + " count ", settled_server = \
        CASE WHEN settled_server = '' THEN server.name ELSE settled_server END FROM (SELECT \
        CAST(system_identifier AS text) || '/' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) AS name FROM \
        pg_control_system()) AS server RETURNING position, settled_server, server.name"
}

/// Locks the position until the transaction ends, moves it by `count`, and returns the new end of
/// the log. Call it last, because all other revocations wait for this lock. `on_server`: whether
/// this database can name its server.
pub(crate) fn advance(
    connection: &mut AnyConnection,
    count: i64,
    on_server: bool,
) -> QueryResult<LogHead> {
    let head: (i64, String, String) = if on_server {
        with_backend!(connection => AdvanceOnServer::new(count).get_result(connection))?
    } else {
        with_backend!(connection => Advance::new(count).get_result(connection))?
    };
    Ok(head.into())
}

cached_statement! {
    GetHead {} -> (BigInt, Text, Text) =
        "SELECT position, settled_server, '' FROM invalidation_sequence"
}

cached_statement! {
    GetHeadOnServer {} -> (BigInt, Text, Text) =
        "SELECT position, settled_server, server.name FROM invalidation_sequence, (SELECT \
        CAST(system_identifier AS text) || '/' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) \
        AS name FROM pg_control_system()) AS server"
}

/// Returns the end of the log without its lock.
pub(crate) fn head(connection: &mut AnyConnection, on_server: bool) -> QueryResult<LogHead> {
    let head: (i64, String, String) = if on_server {
        with_backend!(connection => GetHeadOnServer::new().get_result(connection))?
    } else {
        with_backend!(connection => GetHead::new().get_result(connection))?
    };
    Ok(head.into())
}

/// Records that all leases from before `server` are over.
pub(crate) fn set_settled(connection: &mut AnyConnection, server: &str) -> QueryResult<()> {
    diesel::update(
        invalidation_sequence::table.filter(invalidation_sequence::settled_server.ne(server)),
    )
    .set(invalidation_sequence::settled_server.eq(server))
    .execute(connection)
    .map(drop)
}

/// Returns the current position.
fn position(connection: &mut AnyConnection) -> QueryResult<i64> {
    with_backend!(connection => invalidation_sequence::table
        .select(invalidation_sequence::position)
        .first(connection))
}

/// Returns the identity of the invalidation at `position`.
fn identity_at(connection: &mut AnyConnection, position: i64) -> QueryResult<Option<i64>> {
    with_backend!(connection => invalidations::table
        .find(position)
        .select(invalidations::identity)
        .first(connection)
        .optional())
}

/// Returns the newest invalidation of a log that ends at `position`.
pub(crate) fn newest(connection: &mut AnyConnection, position: i64) -> QueryResult<Newest> {
    let identity = identity_at(connection, position)?;
    Ok(Newest { position, identity })
}

/// The fate of an invalidation that was seen committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CommitOutcome {
    /// The invalidation and all earlier ones exist.
    Intact,
    /// The invalidation is missing or differs: the database lost commits.
    Lost,
    /// The invalidation was pruned.
    Unknown,
}

/// Returns the fate of the invalidation `seen`.
pub(crate) fn commit_outcome(
    connection: &mut AnyConnection,
    seen: Newest,
) -> QueryResult<CommitOutcome> {
    // The invalidation is read last. If the two queries reach different servers, the result is that
    // of the later one.
    let end = position(connection)?;
    let identity = identity_at(connection, seen.position)?;
    Ok(match (seen.identity, identity) {
        _ if end < seen.position => CommitOutcome::Lost,
        (Some(seen), Some(found)) if seen == found => CommitOutcome::Intact,
        (_, Some(_)) => CommitOutcome::Lost,
        (None, None) if seen.position == 0 => CommitOutcome::Intact,
        (_, None) => CommitOutcome::Unknown,
    })
}

/// Inserts an invalidation at this position with this identity.
pub(crate) fn insert(
    connection: &mut AnyConnection,
    (position, identity): (i64, i64),
    key: InvalidationKey,
    by: Option<NodeId>,
    at: Timestamp,
) -> QueryResult<()> {
    let key = match &key {
        InvalidationKey::User(user) => user.as_bytes().as_slice(),
        InvalidationKey::Secret(digest) => digest.as_bytes().as_slice(),
        InvalidationKey::Everything => EVERYTHING.as_slice(),
    };
    with_backend!(connection => diesel::insert_into(invalidations::table)
        .values((
            invalidations::position.eq(position),
            invalidations::key.eq(key),
            invalidations::published_by.eq(by),
            invalidations::created_at.eq(at),
            invalidations::identity.eq(identity),
        ))
        .execute(connection))
    .map(drop)
}

/// The invalidations since a node last read the log.
pub(crate) struct LogTail {
    /// The newest invalidation now.
    pub(crate) newest: Newest,
    /// Whether this is still the log that the node has read before.
    pub(crate) is_same_log: bool,
    /// The key and the publishing node of each invalidation, in order. `None` if the log does not
    /// have all of them any more.
    pub(crate) invalidations: Option<Vec<(InvalidationKey, Option<NodeId>)>>,
}

/// The maximum number of invalidations that are read one by one. A node that is further behind
/// clears its cache.
const MAX_BATCH: i64 = 10_000;

/// Returns the invalidations after `applied`. The position is read first: positions are committed
/// in their order, so every invalidation up to it exists.
pub(crate) fn since(connection: &mut AnyConnection, applied: Newest) -> QueryResult<LogTail> {
    let position = position(connection)?;
    let pending = position.saturating_sub(applied.position);
    if !(0..=MAX_BATCH).contains(&pending) {
        let is_same_log = commit_outcome(connection, applied)? != CommitOutcome::Lost;
        return Ok(LogTail {
            newest: newest(connection, position)?,
            is_same_log,
            invalidations: None,
        });
    }
    let mut found: Vec<(i64, Vec<u8>, Option<NodeId>, i64)> = with_backend!(connection => invalidations::table
        .filter(invalidations::position.ge(applied.position))
        .filter(invalidations::position.le(position))
        .order(invalidations::position)
        .select((
            invalidations::position,
            invalidations::key,
            invalidations::published_by,
            invalidations::identity,
        ))
        .load(connection))?;
    let newest = Newest {
        position,
        identity: found
            .last()
            .filter(|last| last.0 == position)
            .map(|last| last.3),
    };
    let has_applied = found
        .first()
        .is_some_and(|first| first.0 == applied.position);
    let there = has_applied.then(|| found.remove(0).3);
    let is_same_log = there.is_none() || there == applied.identity;
    // An invalidation that cannot be parsed counts as missing.
    let invalidations: Option<Vec<_>> = found
        .into_iter()
        .map(|(_, key, by, _)| Some((invalidation_key(&key)?, by)))
        .collect();
    let is_whole = there == applied.identity;
    Ok(LogTail {
        newest,
        is_same_log,
        invalidations: invalidations
            .filter(|found| is_whole && i64::try_from(found.len()) == Ok(pending)),
    })
}

/// The value that stands for all users, instead of a user's ID.
const EVERYTHING: [u8; 16] = [0; 16];

/// Parses a key. IDs are half as long as digests.
fn invalidation_key(key: &[u8]) -> Option<InvalidationKey> {
    if let Ok(digest) = <[u8; 32]>::try_from(key) {
        return Some(InvalidationKey::Secret(Digest::from_stored(digest)));
    }
    if key == EVERYTHING {
        return Some(InvalidationKey::Everything);
    }
    let user = Uuid::from_slice(key).ok()?;
    Some(InvalidationKey::User(UserId::from_uuid(user)))
}

/// Deletes invalidations from before `before`. The newest one is kept, because nodes identify the
/// log by it. Its key is overwritten, because it may be a user who was deleted. A node that has not
/// read the deleted rows clears its cache.
pub(crate) fn delete_before(
    connection: &mut AnyConnection,
    before: Timestamp,
) -> QueryResult<usize> {
    let newest = position(connection)?;
    diesel::update(invalidations::table)
        .filter(invalidations::created_at.lt(before))
        .filter(invalidations::position.eq(newest))
        .filter(invalidations::key.ne(EVERYTHING.as_slice()))
        .set(invalidations::key.eq(EVERYTHING.as_slice()))
        .execute(connection)?;
    diesel::delete(invalidations::table)
        .filter(invalidations::created_at.lt(before))
        .filter(invalidations::position.lt(newest))
        .execute(connection)
}
