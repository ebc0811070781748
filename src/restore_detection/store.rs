//! The queries about the identity of the database and the heartbeats of its nodes.

use diesel::{QueryResult, prelude::*};

use crate::{
    db::AnyConnection,
    schema::{database_identity, nodes},
    util::clock::Timestamp,
};

/// Returns the time of the newest heartbeat of all nodes, by the clock of its node.
pub(super) fn newest_heartbeat(connection: &mut AnyConnection) -> QueryResult<Option<Timestamp>> {
    nodes::table
        .select(diesel::dsl::max(nodes::heartbeat_at))
        .first(connection)
}

/// Returns the recorded identity of the database.
pub(super) fn identity(connection: &mut AnyConnection) -> QueryResult<Option<String>> {
    database_identity::table
        .select(database_identity::identity)
        .first(connection)
        .optional()
}

/// Records the first identity of the database.
pub(super) fn insert_identity(connection: &mut AnyConnection, identity: &str) -> QueryResult<()> {
    diesel::insert_into(database_identity::table)
        .values((
            database_identity::id.eq(1_i16),
            database_identity::identity.eq(identity),
        ))
        .execute(connection)
        .map(drop)
}

/// Replaces the recorded identity. Returns `false` if none is recorded.
pub(super) fn set_identity(connection: &mut AnyConnection, identity: &str) -> QueryResult<bool> {
    diesel::update(database_identity::table)
        .set(database_identity::identity.eq(identity))
        .execute(connection)
        .map(|rows| rows == 1)
}

/// Replaces the recorded identity if it is `was`. Returns `false` if it is not.
pub(super) fn replace_identity(
    connection: &mut AnyConnection,
    was: &str,
    identity: &str,
) -> QueryResult<bool> {
    diesel::update(database_identity::table.filter(database_identity::identity.eq(was)))
        .set(database_identity::identity.eq(identity))
        .execute(connection)
        .map(|rows| rows == 1)
}
