//! The queries about all that one user has or had: how much, from where, with what.

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

/// How many credentials of a class were not ended; some of them may have expired.
pub(crate) fn count_not_ended(
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

/// What `makers` made, what that made, and so on to any depth, as far as it is still kept. The whole tree of
/// the user is read at once: a query for each of its levels, of which there may be hundreds, would read all of
/// the user's rows each time.
pub(crate) fn made_by(
    connection: &mut AnyConnection,
    user: UserId,
    makers: &[CredentialId],
) -> QueryResult<HashSet<CredentialId>> {
    let mut made = HashSet::new();
    if makers.is_empty() {
        return Ok(made);
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
    let mut todo = makers.to_vec();
    while let Some(maker) = todo.pop() {
        for id in by_maker.remove(&maker).unwrap_or_default() {
            if made.insert(id) {
                todo.push(id);
            }
        }
    }
    Ok(made)
}

/// From where the newest `most` credentials were made that a password was given for: sessions and
/// device tokens, also those that ended.
pub(crate) fn signed_in_from(
    connection: &mut AnyConnection,
    user: UserId,
    most: i64,
) -> QueryResult<Vec<String>> {
    let by_password = credentials::class
        .eq(CredentialType::Session.as_str())
        .or(credentials::kind.eq(CredentialKind::Device.as_str()));
    credentials::table
        .filter(credentials::user_id.eq(user))
        .filter(by_password)
        .filter(credentials::ip.is_not_null())
        .order(credentials::id.desc())
        .limit(most)
        .select(credentials::ip.assume_not_null())
        .load(connection)
}

/// The user agents of a user's sessions, also of those that ended, each once; not of `but`.
pub(crate) fn signed_in_with(
    connection: &mut AnyConnection,
    user: UserId,
    but: CredentialId,
) -> QueryResult<Vec<Option<String>>> {
    credentials::table
        .filter(credentials::user_id.eq(user))
        .filter(credentials::class.eq(CredentialType::Session.as_str()))
        .filter(credentials::id.ne(but))
        .select(credentials::user_agent)
        .distinct()
        .load(connection)
}
