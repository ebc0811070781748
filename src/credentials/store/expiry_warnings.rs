//! The queries about warnings of the expiry of tokens.

use diesel::{QueryResult, dsl, prelude::*};

use super::token_networks::name_and_hint;
use crate::{
    db::{AnyConnection, with_backend},
    schema::{credentials, expiry_warnings as warnings, users},
    types::{
        credential_kind::CredentialType,
        ids::{CredentialId, UserId},
    },
    util::clock::Timestamp,
};

/// A token that expires soon.
#[derive(Clone, Debug)]
pub(in crate::credentials) struct ExpiringToken {
    pub(in crate::credentials) id: CredentialId,
    pub(in crate::credentials) user: UserId,
    pub(in crate::credentials) name: String,
    pub(in crate::credentials) hint: String,
    pub(in crate::credentials) created_at: Timestamp,
    pub(in crate::credentials) expires_at: Timestamp,
}

/// Returns the tokens that expire after `now` and until `until`, without a warning of `days`. A token
/// of a disabled user is refused anyway.
pub(in crate::credentials) fn expiring_tokens(
    connection: &mut AnyConnection,
    now: Timestamp,
    until: Timestamp,
    days: u8,
    limit: i64,
) -> QueryResult<Vec<ExpiringToken>> {
    let expires_at = credentials::expires_at.assume_not_null();
    let warning = warnings::table
        .filter(warnings::credential_id.eq(credentials::id))
        .filter(warnings::expires_at.eq(expires_at))
        .filter(warnings::days.eq(i16::from(days)));
    let rows: Vec<(CredentialId, UserId, Timestamp, Timestamp)> = credentials::table
        .inner_join(users::table)
        .filter(users::disabled_at.is_null())
        .filter(credentials::class.eq(CredentialType::Token.as_str()))
        .filter(credentials::ended_at.is_null())
        .filter(credentials::expires_at.gt(now))
        .filter(credentials::expires_at.le(until))
        .filter(dsl::not(dsl::exists(warning)))
        .order(credentials::id.asc())
        .limit(limit)
        .select((
            credentials::id,
            credentials::user_id,
            credentials::created_at,
            expires_at,
        ))
        .load(connection)?;
    rows.into_iter()
        .map(|(id, user, created_at, expires_at)| {
            let (name, hint) = name_and_hint(connection, id)?.unwrap_or_default();
            Ok(ExpiringToken {
                id,
                user,
                name,
                hint,
                created_at,
                expires_at,
            })
        })
        .collect()
}

/// Inserts a warning. Returns whether it is new.
pub(in crate::credentials) fn insert_warning(
    connection: &mut AnyConnection,
    id: CredentialId,
    expires_at: Timestamp,
    days: u8,
) -> QueryResult<bool> {
    let row = (
        warnings::credential_id.eq(id),
        warnings::expires_at.eq(expires_at),
        warnings::days.eq(i16::from(days)),
    );
    with_backend!(connection => diesel::insert_into(warnings::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(connection))
    .map(|rows| rows == 1)
}
