//! The queries about attempts to sign in.

use diesel::{QueryResult, prelude::*};

use super::{MAX_TRIES, SignInAttempt};
use crate::{
    crypto::digest::Digest,
    db::{AnyConnection, with_backend},
    schema::sign_in_attempts as attempts,
    types::ids::{CredentialId, FactorId, UserId},
    util::clock::Timestamp,
};

pub(super) fn insert(
    connection: &mut AnyConnection,
    secret: Digest,
    attempt: &SignInAttempt,
) -> QueryResult<()> {
    diesel::insert_into(attempts::table)
        .values((
            attempts::digest.eq(secret),
            attempts::user_id.eq(attempt.user),
            attempts::password_digest.eq(attempt.password_digest),
            attempts::remembered.eq(attempt.remember),
            attempts::created_at.eq(attempt.created_at),
            attempts::passkey_id.eq(attempt.passkey),
        ))
        .execute(connection)
        .map(drop)
}

type Row = (
    UserId,
    Digest,
    Option<FactorId>,
    bool,
    i64,
    Timestamp,
    Option<CredentialId>,
);

pub(super) fn find(
    connection: &mut AnyConnection,
    secret: Digest,
) -> QueryResult<Option<SignInAttempt>> {
    let row: Option<Row> = attempts::table
        .find(secret)
        .select((
            attempts::user_id,
            attempts::password_digest,
            attempts::passkey_id,
            attempts::remembered,
            attempts::tried,
            attempts::created_at,
            attempts::session_id,
        ))
        .first(connection)
        .optional()?;
    Ok(row.map(
        |(user, password_digest, passkey, remember, tried, created_at, session)| SignInAttempt {
            user,
            password_digest,
            passkey,
            remember,
            tried,
            created_at,
            session,
        },
    ))
}

/// Counts one more proof, and returns whether it is the last one. `None` if the attempt does not
/// exist, has opened a session or had no tries left.
pub(crate) fn count_try(
    connection: &mut AnyConnection,
    secret: Digest,
) -> QueryResult<Option<bool>> {
    let open = attempts::table
        .find(secret)
        .filter(attempts::tried.lt(MAX_TRIES))
        .filter(attempts::session_id.is_null());
    let tried: Option<i64> = with_backend!(connection => diesel::update(open)
        .set(attempts::tried.eq(attempts::tried + 1))
        .returning(attempts::tried)
        .get_result(connection)
        .optional())?;
    Ok(tried.map(|tried| tried >= MAX_TRIES))
}

/// Records the session that the attempt opened, if it has not opened one before.
pub(crate) fn set_session(
    connection: &mut AnyConnection,
    secret: Digest,
    session: CredentialId,
) -> QueryResult<()> {
    let open = attempts::table
        .find(secret)
        .filter(attempts::session_id.is_null());
    diesel::update(open)
        .set(attempts::session_id.eq(session))
        .execute(connection)
        .map(drop)
}

/// Ends all attempts of a user.
pub(crate) fn end_all(connection: &mut AnyConnection, user: UserId) -> QueryResult<()> {
    diesel::delete(attempts::table.filter(attempts::user_id.eq(user)))
        .execute(connection)
        .map(drop)
}

/// Ends the attempts of a user that have not opened a session.
pub(crate) fn end_open(connection: &mut AnyConnection, user: UserId) -> QueryResult<()> {
    let open = attempts::table
        .filter(attempts::user_id.eq(user))
        .filter(attempts::session_id.is_null());
    diesel::delete(open).execute(connection).map(drop)
}

/// Deletes up to `limit` attempts that began before `before`, and returns their number.
pub(crate) fn delete_expired(
    connection: &mut AnyConnection,
    before: Timestamp,
    limit: i64,
) -> QueryResult<usize> {
    let expired: Vec<Digest> = attempts::table
        .filter(attempts::created_at.lt(before))
        .limit(limit)
        .select(attempts::digest)
        .load(connection)?;
    diesel::delete(attempts::table.filter(attempts::digest.eq_any(expired))).execute(connection)
}
