//! The queries about the log of notices.
//!
//! A position is given out twice if a failover loses commits, so each notice has a random identity
//! beside it. The same log is one in which the notice at a known position is still the known one.

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
    schema::{notice_position, notices},
    types::ids::{NodeId, UserId},
    util::clock::Timestamp,
};

/// The newest notice at some moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Newest {
    pub(crate) position: i64,
    /// None if the log was empty, or pruned by an older version.
    pub(crate) identity: Option<i64>,
}

/// Where the log ends, and on which server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) position: i64,
    /// Cluster and timeline. Empty if the database cannot name them.
    pub(crate) server: String,
    /// Whether every node from before this server has been waited for.
    pub(crate) is_settled: bool,
}

impl From<(i64, String, String)> for Head {
    fn from((position, settled_in, server): (i64, String, String)) -> Self {
        let is_settled = server.is_empty() || settled_in.is_empty() || settled_in == server;
        Self {
            position,
            server,
            is_settled,
        }
    }
}

cached_statement! {
    Advance { count: i64 as BigInt } -> (BigInt, Text, Text) =
        "UPDATE notice_position SET position = position + " count " RETURNING position, settled_in, ''"
}

// The first server of all has no nodes from before it.
cached_statement! {
    AdvanceOnServer { count: i64 as BigInt } -> (BigInt, Text, Text) =
        "UPDATE notice_position SET position = position + " count ", settled_in = CASE WHEN \
        settled_in = '' THEN server.name ELSE settled_in END FROM (SELECT CAST(system_identifier AS \
        text) || '/' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) AS name FROM \
        pg_control_system()) AS server RETURNING position, settled_in, server.name"
}

/// Takes the lock of the position until the transaction ends, moves it by `count`, and says where it is
/// then. To be called last: everybody else who ends something waits. `on_server`: whether this database
/// can name its server.
pub(crate) fn advance(
    connection: &mut AnyConnection,
    count: i64,
    on_server: bool,
) -> QueryResult<Head> {
    let head: (i64, String, String) = if on_server {
        with_backend!(connection => AdvanceOnServer::new(count).get_result(connection))?
    } else {
        with_backend!(connection => Advance::new(count).get_result(connection))?
    };
    Ok(head.into())
}

cached_statement! {
    GetHead {} -> (BigInt, Text, Text) = "SELECT position, settled_in, '' FROM notice_position"
}

cached_statement! {
    GetHeadOnServer {} -> (BigInt, Text, Text) =
        "SELECT position, settled_in, server.name FROM notice_position, (SELECT \
        CAST(system_identifier AS text) || '/' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) \
        AS name FROM pg_control_system()) AS server"
}

/// Where the log ends, without its lock.
pub(crate) fn head(connection: &mut AnyConnection, on_server: bool) -> QueryResult<Head> {
    let head: (i64, String, String) = if on_server {
        with_backend!(connection => GetHeadOnServer::new().get_result(connection))?
    } else {
        with_backend!(connection => GetHead::new().get_result(connection))?
    };
    Ok(head.into())
}

/// Says that every node from before `server` has been waited for.
pub(crate) fn set_settled(connection: &mut AnyConnection, server: &str) -> QueryResult<()> {
    diesel::update(notice_position::table.filter(notice_position::settled_in.ne(server)))
        .set(notice_position::settled_in.eq(server))
        .execute(connection)
        .map(drop)
}

/// Where the position is.
fn position(connection: &mut AnyConnection) -> QueryResult<i64> {
    with_backend!(connection => notice_position::table
        .select(notice_position::position)
        .first(connection))
}

/// The identity of the notice at `position`.
fn identity_at(connection: &mut AnyConnection, position: i64) -> QueryResult<Option<i64>> {
    with_backend!(connection => notices::table
        .find(position)
        .select(notices::identity)
        .first(connection)
        .optional())
}

/// The newest notice of a log that ends at `position`.
pub(crate) fn newest(connection: &mut AnyConnection, position: i64) -> QueryResult<Newest> {
    let identity = identity_at(connection, position)?;
    Ok(Newest { position, identity })
}

/// What became of a notice that was seen committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// It is there, and so is every notice before it.
    Intact,
    /// It is not, or another one has its position: the database lost commits.
    Lost,
    /// It was pruned.
    Unknown,
}

/// What became of the notice `seen`.
pub(crate) fn fate_of(connection: &mut AnyConnection, seen: Newest) -> QueryResult<Kept> {
    // The notice last: if both queries meet different servers, it tells of the later one.
    let end = position(connection)?;
    let identity = identity_at(connection, seen.position)?;
    Ok(match (seen.identity, identity) {
        _ if end < seen.position => Kept::Lost,
        (Some(seen), Some(found)) if seen == found => Kept::Intact,
        (_, Some(_)) => Kept::Lost,
        (None, None) if seen.position == 0 => Kept::Intact,
        (_, None) => Kept::Unknown,
    })
}

/// Adds the notice at `place`.
pub(crate) fn insert(
    connection: &mut AnyConnection,
    (position, identity): (i64, i64),
    about: InvalidationKey,
    by: Option<NodeId>,
    at: Timestamp,
) -> QueryResult<()> {
    let about = match &about {
        InvalidationKey::User(user) => user.as_bytes().as_slice(),
        InvalidationKey::Pass(digest) => digest.as_bytes().as_slice(),
        InvalidationKey::Everything => EVERYTHING.as_slice(),
    };
    with_backend!(connection => diesel::insert_into(notices::table)
        .values((
            notices::position.eq(position),
            notices::about.eq(about),
            notices::by_node.eq(by),
            notices::at.eq(at),
            notices::identity.eq(identity),
        ))
        .execute(connection))
    .map(drop)
}

/// What was told since a node last asked.
pub(crate) struct Since {
    /// The newest notice now.
    pub(crate) newest: Newest,
    /// Whether this is still the log that was read before.
    pub(crate) is_same_log: bool,
    /// What it was about and which node told, in order; none if it is no longer known in full.
    pub(crate) notices: Option<Vec<(InvalidationKey, Option<NodeId>)>>,
}

/// More are not read one by one.
const MAX_BATCH: i64 = 10_000;

/// What was told after the notice `applied`. The position is read first: positions are committed in
/// their order, so that every notice up to it is there.
pub(crate) fn since(connection: &mut AnyConnection, applied: Newest) -> QueryResult<Since> {
    let position = position(connection)?;
    let told = position.saturating_sub(applied.position);
    if !(0..=MAX_BATCH).contains(&told) {
        let is_same_log = fate_of(connection, applied)? != Kept::Lost;
        return Ok(Since {
            newest: newest(connection, position)?,
            is_same_log,
            notices: None,
        });
    }
    let mut found: Vec<(i64, Vec<u8>, Option<NodeId>, i64)> = with_backend!(connection => notices::table
        .filter(notices::position.ge(applied.position))
        .filter(notices::position.le(position))
        .order(notices::position)
        .select((notices::position, notices::about, notices::by_node, notices::identity))
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
    // One that cannot be read is one that is not there.
    let notices: Option<Vec<_>> = found
        .into_iter()
        .map(|(_, about, by, _)| Some((invalidation_key(&about)?, by)))
        .collect();
    let is_whole = there == applied.identity;
    Ok(Since {
        newest,
        is_same_log,
        notices: notices.filter(|notices| is_whole && i64::try_from(notices.len()) == Ok(told)),
    })
}

/// In the place of a user's id.
const EVERYTHING: [u8; 16] = [0; 16];

/// Ids are half as long as digests.
fn invalidation_key(about: &[u8]) -> Option<InvalidationKey> {
    if let Ok(digest) = <[u8; 32]>::try_from(about) {
        return Some(InvalidationKey::Pass(Digest::from_stored(digest)));
    }
    if about == EVERYTHING {
        return Some(InvalidationKey::Everything);
    }
    let user = Uuid::from_slice(about).ok()?;
    Some(InvalidationKey::User(UserId::from_uuid(user)))
}

/// Forgets notices from before `before`. The newest one is kept, because nodes know the log by it, but not
/// its subject: the subject may be a user who was deleted. A node that has not read them by then forgets
/// everything.
pub(crate) fn delete_before(
    connection: &mut AnyConnection,
    before: Timestamp,
) -> QueryResult<usize> {
    let newest = position(connection)?;
    diesel::update(notices::table)
        .filter(notices::at.lt(before))
        .filter(notices::position.eq(newest))
        .filter(notices::about.ne(EVERYTHING.as_slice()))
        .set(notices::about.eq(EVERYTHING.as_slice()))
        .execute(connection)?;
    diesel::delete(notices::table)
        .filter(notices::at.lt(before))
        .filter(notices::position.lt(newest))
        .execute(connection)
}
