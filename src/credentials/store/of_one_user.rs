//! The queries about all that one user has or had: how much, from where, with what.

use diesel::{QueryResult, prelude::*};

use crate::{
    ids::{CredentialId, UserId},
    kind::{Class, Kind},
    kit::db::{AnyConnection, on},
    schema::credentials,
};

/// How many credentials of a class were not ended; some of them may have expired.
pub(crate) fn count_not_ended(
    connection: &mut AnyConnection,
    user: UserId,
    class: Class,
) -> QueryResult<i64> {
    on!(connection => credentials::table
        .filter(credentials::user_id.eq(user))
        .filter(credentials::ended_at.is_null())
        .filter(credentials::class.eq(class.as_str()))
        .count()
        .get_result(connection))
}

/// From where the newest `most` credentials were made that a password was given for: sessions and
/// device tokens, also those that ended.
pub(crate) fn signed_in_from(
    connection: &mut AnyConnection,
    user: UserId,
    most: i64,
) -> QueryResult<Vec<String>> {
    let by_password = credentials::class
        .eq(Class::Session.as_str())
        .or(credentials::kind.eq(Kind::Device.as_str()));
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
        .filter(credentials::class.eq(Class::Session.as_str()))
        .filter(credentials::id.ne(but))
        .select(credentials::user_agent)
        .distinct()
        .load(connection)
}
