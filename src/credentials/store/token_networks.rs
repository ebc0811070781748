//! The queries about the networks from which tokens were used.

use std::net::IpAddr;

use diesel::{QueryResult, prelude::*};
use ipnet::IpNet;

use crate::{
    db::{AnyConnection, with_backend},
    schema::{credentials, last_uses, secrets, token_networks as networks},
    types::{
        credential_kind::CredentialType,
        ids::{CredentialId, UserId},
    },
    util::clock::Timestamp,
};

/// A token, and the address of its last use that is stored.
#[derive(Clone, Debug)]
pub(in crate::credentials) struct UsedToken {
    pub(in crate::credentials) id: CredentialId,
    pub(in crate::credentials) user: UserId,
    pub(in crate::credentials) last_ip: Option<IpAddr>,
}

/// Returns those of `ids` that are tokens and not revoked.
pub(in crate::credentials) fn used_tokens(
    connection: &mut AnyConnection,
    ids: &[CredentialId],
) -> QueryResult<Vec<UsedToken>> {
    let rows: Vec<(CredentialId, UserId, Option<String>)> = credentials::table
        .left_join(last_uses::table)
        .filter(credentials::id.eq_any(ids))
        .filter(credentials::class.eq(CredentialType::Token.as_str()))
        .filter(credentials::ended_at.is_null())
        .order(credentials::id.asc())
        .select((
            credentials::id,
            credentials::user_id,
            last_uses::ip.nullable(),
        ))
        .load(connection)?;
    let tokens = rows.into_iter().map(|(id, user, ip)| UsedToken {
        id,
        user,
        last_ip: ip.and_then(|ip| ip.parse().ok()),
    });
    Ok(tokens.collect())
}

/// Returns the name of a token and the hint of its newest secret.
pub(in crate::credentials) fn name_and_hint(
    connection: &mut AnyConnection,
    id: CredentialId,
) -> QueryResult<Option<(String, String)>> {
    credentials::table
        .inner_join(secrets::table)
        .filter(credentials::id.eq(id))
        .order(secrets::created_at.desc())
        .select((credentials::name, secrets::hint))
        .first(connection)
        .optional()
}

/// Returns whether a network of the token is stored.
pub(in crate::credentials) fn has_networks(
    connection: &mut AnyConnection,
    id: CredentialId,
) -> QueryResult<bool> {
    let of_token = networks::table.filter(networks::credential_id.eq(id));
    let count: i64 = of_token.count().get_result(connection)?;
    Ok(count > 0)
}

/// Inserts a network of a token. Returns whether it is new.
pub(in crate::credentials) fn insert_network(
    connection: &mut AnyConnection,
    id: CredentialId,
    network: IpNet,
    at: Timestamp,
) -> QueryResult<bool> {
    let row = (
        networks::credential_id.eq(id),
        networks::network.eq(network.to_string()),
        networks::first_used_at.eq(at),
    );
    with_backend!(connection => diesel::insert_into(networks::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(connection))
    .map(|rows| rows == 1)
}
