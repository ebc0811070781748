//! The queries about nodes and notices.

use diesel::{
    QueryResult,
    prelude::*,
    sql_types::{BigInt, Binary},
};
use uuid::Uuid;

use super::terms::Terms;
use crate::{
    ids::{NodeId, UserId},
    kit::{
        clock::Timestamp,
        db::{AnyConnection, on, statement},
        digest::Digest,
    },
    known::Subject,
    schema::{database_place, nodes, notice_position, notices},
};

/// A node, as its row has it.
#[derive(Clone, Copy, Debug, Queryable)]
pub(super) struct Node {
    pub(super) id: NodeId,
    pub(super) beat: i64,
    pub(super) applied: i64,
}

statement! {
    Advance { count: i64 as BigInt } -> BigInt =
        "UPDATE notice_position SET position = position + " count " RETURNING position"
}

/// Takes the lock of the position until the transaction ends, moves it by `count`, and says where it is
/// then. To be called last: everybody else who ends something waits.
pub(super) fn advance(connection: &mut AnyConnection, count: i64) -> QueryResult<i64> {
    on!(connection => Advance::new(count).get_result(connection))
}

/// Where the position is.
pub(super) fn position(connection: &mut AnyConnection) -> QueryResult<i64> {
    on!(connection => notice_position::table
        .select(notice_position::position)
        .first(connection))
}

/// Adds the notice at `position`.
pub(super) fn insert_notice(
    connection: &mut AnyConnection,
    position: i64,
    about: Subject,
    by: Option<NodeId>,
    at: Timestamp,
) -> QueryResult<()> {
    let about = match &about {
        Subject::User(user) => user.as_bytes().as_slice(),
        Subject::Pass(digest) => digest.as_bytes().as_slice(),
    };
    on!(connection => diesel::insert_into(notices::table)
        .values((
            notices::position.eq(position),
            notices::about.eq(about),
            notices::by_node.eq(by),
            notices::at.eq(at),
        ))
        .execute(connection))
    .map(drop)
}

/// What was told since somebody last asked.
pub(super) struct Since {
    /// Where the position is now.
    pub(super) position: i64,
    /// What it was about and who told, in order; none where it is no longer known in full.
    pub(super) notices: Option<Vec<(Subject, Option<NodeId>)>>,
}

/// More are not read one by one.
const MOST: i64 = 10_000;

/// What was told after the position `applied`. The position is read first: positions are committed in
/// their order, so that every notice up to it is there.
pub(super) fn since(connection: &mut AnyConnection, applied: i64) -> QueryResult<Since> {
    let position = position(connection)?;
    let told = position.saturating_sub(applied);
    if !(0..=MOST).contains(&told) {
        let notices = None;
        return Ok(Since { position, notices });
    }
    if told == 0 {
        let notices = Some(Vec::new());
        return Ok(Since { position, notices });
    }
    let found: Vec<(Vec<u8>, Option<NodeId>)> = on!(connection => notices::table
        .filter(notices::position.gt(applied))
        .filter(notices::position.le(position))
        .order(notices::position)
        .select((notices::about, notices::by_node))
        .load(connection))?;
    // One that cannot be read is one that is not there.
    let notices: Option<Vec<_>> = found
        .into_iter()
        .map(|(about, by)| Some((subject(&about)?, by)))
        .collect();
    Ok(Since {
        position,
        notices: notices.filter(|notices| i64::try_from(notices.len()) == Ok(told)),
    })
}

/// Ids are half as long as digests.
fn subject(about: &[u8]) -> Option<Subject> {
    if let Ok(digest) = <[u8; 32]>::try_from(about) {
        return Some(Subject::Pass(Digest::from_stored(digest)));
    }
    let user = Uuid::from_slice(about).ok()?;
    Some(Subject::User(UserId::from_uuid(user)))
}

/// Forgets notices from before `before`. Who has not read them by then forgets everything.
pub(super) fn forget_notices(
    connection: &mut AnyConnection,
    before: Timestamp,
) -> QueryResult<usize> {
    diesel::delete(notices::table.filter(notices::at.lt(before))).execute(connection)
}

/// Every node.
pub(super) fn nodes(connection: &mut AnyConnection) -> QueryResult<Vec<Node>> {
    on!(connection => nodes::table
        .select((nodes::id, nodes::beat, nodes::applied))
        .load(connection))
}

/// Every node, and what it goes by.
pub(super) fn terms(connection: &mut AnyConnection) -> QueryResult<Vec<(Node, Terms)>> {
    let found: Vec<(Node, (String, String, String))> = nodes::table
        .select((
            (nodes::id, nodes::beat, nodes::applied),
            (nodes::signs_with, nodes::takes, nodes::token_prefix),
        ))
        .load(connection)?;
    let found = found.into_iter();
    let all = found.map(|(node, (signs_with, takes, token_prefix))| {
        let terms = Terms {
            signs_with,
            takes,
            token_prefix,
        };
        (node, terms)
    });
    Ok(all.collect())
}

/// Adds a node that has nothing to forget of what was told up to `applied`.
pub(super) fn insert_node(
    connection: &mut AnyConnection,
    id: NodeId,
    applied: i64,
    terms: &Terms,
    at: Timestamp,
) -> QueryResult<()> {
    diesel::insert_into(nodes::table)
        .values((
            nodes::id.eq(id),
            nodes::beat.eq(0),
            nodes::applied.eq(applied),
            nodes::joined_at.eq(at),
            nodes::alive_at.eq(at),
            nodes::signs_with.eq(&terms.signs_with),
            nodes::takes.eq(&terms.takes),
            nodes::token_prefix.eq(&terms.token_prefix),
        ))
        .execute(connection)
        .map(drop)
}

/// Says that the node lives. `false`: it was given up.
pub(super) fn beat(
    connection: &mut AnyConnection,
    id: NodeId,
    applied: i64,
    at: Timestamp,
) -> QueryResult<bool> {
    diesel::update(nodes::table.find(id))
        .set((
            nodes::beat.eq(nodes::beat + 1),
            nodes::applied.eq(applied),
            nodes::alive_at.eq(at),
        ))
        .execute(connection)
        .map(|rows| rows == 1)
}

statement! {
    Applied { position: i64 as BigInt, node: NodeId as Binary } =
        "UPDATE nodes SET applied = " position " WHERE id = " node
}

/// Says up to where the node has forgotten what it was told to.
pub(super) fn applied(
    connection: &mut AnyConnection,
    id: NodeId,
    position: i64,
) -> QueryResult<()> {
    on!(connection => Applied::new(position, id).execute(connection)).map(drop)
}

/// Gives a node up whose lease ran out, unless it has said since that it lives.
pub(super) fn give_up(connection: &mut AnyConnection, id: NodeId, beat: i64) -> QueryResult<()> {
    diesel::delete(
        nodes::table
            .filter(nodes::id.eq(id))
            .filter(nodes::beat.eq(beat)),
    )
    .execute(connection)
    .map(drop)
}

/// Removes a node that believes its memory no more.
pub(super) fn remove(connection: &mut AnyConnection, id: NodeId) -> QueryResult<()> {
    diesel::delete(nodes::table.find(id))
        .execute(connection)
        .map(drop)
}

/// When any node last said that it lives, by its own clock.
pub(super) fn last_alive(connection: &mut AnyConnection) -> QueryResult<Option<Timestamp>> {
    nodes::table
        .select(diesel::dsl::max(nodes::alive_at))
        .first(connection)
}

/// Where the database was when somebody last said so.
pub(super) fn place(connection: &mut AnyConnection) -> QueryResult<Option<String>> {
    database_place::table
        .select(database_place::place)
        .first(connection)
        .optional()
}

/// Says where it is, where nobody has said it yet.
pub(super) fn insert_place(connection: &mut AnyConnection, place: &str) -> QueryResult<()> {
    diesel::insert_into(database_place::table)
        .values((
            database_place::id.eq(1_i16),
            database_place::place.eq(place),
        ))
        .execute(connection)
        .map(drop)
}

/// Says where it is instead of where it was. `false`: nobody has said it yet.
pub(super) fn set_place(connection: &mut AnyConnection, place: &str) -> QueryResult<bool> {
    diesel::update(database_place::table)
        .set(database_place::place.eq(place))
        .execute(connection)
        .map(|rows| rows == 1)
}
