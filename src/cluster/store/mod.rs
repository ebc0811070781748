//! The queries about nodes and invalidations.

mod invalidations;

use std::collections::BTreeMap;

use diesel::{
    QueryResult,
    prelude::*,
    sql_types::{BigInt, Binary},
};

pub(super) use self::invalidations::{
    CommitOutcome, LogHead, Newest, advance, commit_outcome, delete_before, head, insert, newest,
    set_settled, since,
};
use super::node_config::NodeConfig;
use crate::{
    db::{AnyConnection, cached_statement, with_backend},
    schema::nodes,
    types::ids::NodeId,
    util::clock::Timestamp,
};

/// The row of a node.
#[derive(Clone, Copy, Debug, Queryable)]
pub(super) struct Node {
    pub(super) id: NodeId,
    pub(super) heartbeat: i64,
    pub(super) applied: i64,
}

/// Returns all nodes.
pub(super) fn nodes(connection: &mut AnyConnection) -> QueryResult<Vec<Node>> {
    with_backend!(connection => nodes::table
        .select((nodes::id, nodes::heartbeat, nodes::applied_position))
        .load(connection))
}

/// Returns the number of heartbeats of each node. A node is running if its number grows within
/// [`LEASE_WAIT`](super::LEASE_WAIT).
///
/// # Errors
/// Returns an error if the database fails.
pub fn heartbeats(connection: &mut AnyConnection) -> QueryResult<BTreeMap<NodeId, i64>> {
    let nodes = nodes(connection)?.into_iter();
    Ok(nodes.map(|node| (node.id, node.heartbeat)).collect())
}

/// Returns all nodes with their configurations.
pub(super) fn node_configs(connection: &mut AnyConnection) -> QueryResult<Vec<(Node, NodeConfig)>> {
    let found: Vec<(Node, (String, String, String, String))> = nodes::table
        .select((
            (nodes::id, nodes::heartbeat, nodes::applied_position),
            (
                nodes::signing_key_digest,
                nodes::accepted_key_digests,
                nodes::token_prefix,
                nodes::foreign_tokens,
            ),
        ))
        .load(connection)?;
    let found = found.into_iter();
    let all = found.map(
        |(node, (signing_key_digest, accepted_key_digests, token_prefix, foreign_tokens))| {
            let config = NodeConfig {
                signing_key_digest,
                accepted_key_digests,
                token_prefix,
                foreign_tokens,
            };
            (node, config)
        },
    );
    Ok(all.collect())
}

/// Inserts a node that has applied all invalidations up to `applied`. On another server than
/// `server` its row does not count.
pub(super) fn insert_node(
    connection: &mut AnyConnection,
    id: NodeId,
    (applied, server): (i64, &str),
    config: &NodeConfig,
    at: Timestamp,
) -> QueryResult<()> {
    diesel::insert_into(nodes::table)
        .values((
            nodes::id.eq(id),
            nodes::heartbeat.eq(0),
            nodes::applied_position.eq(applied),
            nodes::joined_at.eq(at),
            nodes::heartbeat_at.eq(at),
            nodes::signing_key_digest.eq(&config.signing_key_digest),
            nodes::accepted_key_digests.eq(&config.accepted_key_digests),
            nodes::token_prefix.eq(&config.token_prefix),
            nodes::foreign_tokens.eq(&config.foreign_tokens),
            nodes::server.eq(server),
        ))
        .execute(connection)
        .map(drop)
}

cached_statement! {
    Heartbeat { applied: i64 as BigInt, at: Timestamp as BigInt, node: NodeId as Binary } =
        "UPDATE nodes SET heartbeat = heartbeat + 1, applied_position = " applied
        ", heartbeat_at = " at " WHERE id = " node
        " AND server = ''"
}

cached_statement! {
    BeatOnServer { applied: i64 as BigInt, at: Timestamp as BigInt, node: NodeId as Binary } =
        "UPDATE nodes SET heartbeat = heartbeat + 1, applied_position = " applied
        ", heartbeat_at = " at " WHERE id = " node
        " AND server = (SELECT CAST(system_identifier AS text) || '/' || \
        substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) FROM pg_control_system())"
}

/// Writes a heartbeat. Returns `false` if the node was evicted or joined on another server.
/// `on_server`: whether this database can name its server.
pub(super) fn record_heartbeat(
    connection: &mut AnyConnection,
    id: NodeId,
    applied: i64,
    at: Timestamp,
    on_server: bool,
) -> QueryResult<bool> {
    let rows = if on_server {
        with_backend!(connection => BeatOnServer::new(applied, at, id).execute(connection))
    } else {
        with_backend!(connection => Heartbeat::new(applied, at, id).execute(connection))
    };
    rows.map(|rows| rows == 1)
}

cached_statement! {
    Applied { position: i64 as BigInt, node: NodeId as Binary } =
        "UPDATE nodes SET applied_position = " position " WHERE id = " node " AND server = ''"
}

cached_statement! {
    AppliedOnServer { position: i64 as BigInt, node: NodeId as Binary } =
        "UPDATE nodes SET applied_position = " position " WHERE id = " node
        " AND server = (SELECT CAST(system_identifier AS text) || '/' || \
        substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) FROM pg_control_system())"
}

/// Records the position up to which the node has applied invalidations. Returns `false` as
/// [`record_heartbeat`] does.
pub(super) fn set_applied(
    connection: &mut AnyConnection,
    id: NodeId,
    position: i64,
    on_server: bool,
) -> QueryResult<bool> {
    let rows = if on_server {
        with_backend!(connection => AppliedOnServer::new(position, id).execute(connection))
    } else {
        with_backend!(connection => Applied::new(position, id).execute(connection))
    };
    rows.map(|rows| rows == 1)
}

/// Evicts a node whose lease is over, unless it has written a heartbeat since.
pub(super) fn evict_node(connection: &mut AnyConnection, id: NodeId, beat: i64) -> QueryResult<()> {
    diesel::delete(
        nodes::table
            .filter(nodes::id.eq(id))
            .filter(nodes::heartbeat.eq(beat)),
    )
    .execute(connection)
    .map(drop)
}

/// Deletes a node that does not use its cache any more.
pub(super) fn remove(connection: &mut AnyConnection, id: NodeId) -> QueryResult<()> {
    diesel::delete(nodes::table.find(id))
        .execute(connection)
        .map(drop)
}
