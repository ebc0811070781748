//! The queries about all credentials of one user: their number, their addresses and their user
//! agents.

use std::collections::{HashMap, HashSet};

use diesel::{QueryResult, prelude::*};

use crate::{
    db::{AnyConnection, with_backend},
    schema::credentials,
    types::{
        credential_kind::{CredentialKind, CredentialType},
        ids::{CredentialId, UserId},
    },
};

/// Returns the number of credentials of a class that are not revoked. Some of them may have
/// expired.
pub(crate) fn count_unrevoked(
    connection: &mut AnyConnection,
    user: UserId,
    class: CredentialType,
) -> QueryResult<i64> {
    with_backend!(connection => credentials::table
        .filter(credentials::user_id.eq(user))
        .filter(credentials::ended_at.is_null())
        .filter(credentials::class.eq(class.as_str()))
        .count()
        .get_result(connection))
}

/// Returns the credentials that `makers` created, directly or through other credentials, to any
/// depth. All rows of the user are read at once. There can be hundreds of levels, and a query for
/// each level would read all of these rows again.
pub(crate) fn made_by(
    connection: &mut AnyConnection,
    user: UserId,
    makers: &[CredentialId],
) -> QueryResult<HashSet<CredentialId>> {
    let mut descendants = HashSet::new();
    if makers.is_empty() {
        return Ok(descendants);
    }
    let rows: Vec<(CredentialId, CredentialId)> = credentials::table
        .filter(credentials::user_id.eq(user))
        .filter(credentials::made_by.is_not_null())
        .select((credentials::made_by.assume_not_null(), credentials::id))
        .load(connection)?;
    let mut by_maker: HashMap<CredentialId, Vec<CredentialId>> = HashMap::new();
    for (maker, id) in rows {
        by_maker.entry(maker).or_default().push(id);
    }
    let mut pending = makers.to_vec();
    while let Some(maker) = pending.pop() {
        for id in by_maker.remove(&maker).unwrap_or_default() {
            if descendants.insert(id) {
                pending.push(id);
            }
        }
    }
    Ok(descendants)
}

/// Returns the addresses of the newest `limit` credentials that were created with the password:
/// sessions and device tokens, revoked ones included.
pub(crate) fn signed_in_from(
    connection: &mut AnyConnection,
    user: UserId,
    limit: i64,
) -> QueryResult<Vec<String>> {
    let by_password = credentials::class
        .eq(CredentialType::Session.as_str())
        .or(credentials::kind.eq(CredentialKind::Device.as_str()));
    credentials::table
        .filter(credentials::user_id.eq(user))
        .filter(by_password)
        .filter(credentials::ip.is_not_null())
        .order(credentials::id.desc())
        .limit(limit)
        .select(credentials::ip.assume_not_null())
        .load(connection)
}

/// Returns the distinct user agents of a user's sessions, revoked ones included, except those of
/// the session `except`.
pub(crate) fn signed_in_with(
    connection: &mut AnyConnection,
    user: UserId,
    except: CredentialId,
) -> QueryResult<Vec<Option<String>>> {
    credentials::table
        .filter(credentials::user_id.eq(user))
        .filter(credentials::class.eq(CredentialType::Session.as_str()))
        .filter(credentials::id.ne(except))
        .select(credentials::user_agent)
        .distinct()
        .load(connection)
}
