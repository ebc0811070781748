//! The queries about trusted browsers.

use diesel::{QueryResult, prelude::*};

use crate::{
    credentials::trusted_browsers::TrustedBrowser,
    crypto::digest::Digest,
    db::{AnyConnection, with_backend},
    schema::trusted_browsers as browsers,
    types::ids::{FactorId, UserId},
    util::clock::Timestamp,
};

type Row = (
    FactorId,
    Digest,
    Timestamp,
    Option<Timestamp>,
    Timestamp,
    Option<String>,
    Option<String>,
);

/// Returns the browsers of a user whose trust is not over at `now`, the newest first.
pub(in crate::credentials) fn trusted_of(
    connection: &mut AnyConnection,
    user: UserId,
    now: Timestamp,
) -> QueryResult<Vec<TrustedBrowser>> {
    let rows: Vec<Row> = browsers::table
        .filter(browsers::user_id.eq(user))
        .filter(browsers::expires_at.gt(now))
        .order(browsers::id.desc())
        .select((
            browsers::id,
            browsers::digest,
            browsers::created_at,
            browsers::last_used_at,
            browsers::expires_at,
            browsers::user_agent,
            browsers::ip,
        ))
        .load(connection)?;
    let browsers = rows.into_iter().map(
        |(id, digest, created_at, last_used_at, expires_at, user_agent, ip)| TrustedBrowser {
            id,
            digest,
            created_at,
            last_used_at,
            expires_at,
            user_agent,
            ip,
        },
    );
    Ok(browsers.collect())
}

/// Returns the number of browsers of a user whose trust is not over at `now`.
pub(in crate::credentials) fn count_trusted(
    connection: &mut AnyConnection,
    user: UserId,
    now: Timestamp,
) -> QueryResult<u64> {
    let count: i64 = browsers::table
        .filter(browsers::user_id.eq(user))
        .filter(browsers::expires_at.gt(now))
        .count()
        .get_result(connection)?;
    Ok(count.unsigned_abs())
}

/// Records the use of a browser that `user` has trusted after `since`. Returns `false` if there is
/// none with this digest, or if its trust is over.
pub(in crate::credentials) fn use_trusted(
    connection: &mut AnyConnection,
    user: UserId,
    digest: Digest,
    since: Timestamp,
    now: Timestamp,
) -> QueryResult<bool> {
    let trusted = browsers::table
        .filter(browsers::digest.eq(digest))
        .filter(browsers::user_id.eq(user))
        .filter(browsers::expires_at.gt(now))
        .filter(browsers::created_at.gt(since));
    diesel::update(trusted)
        .set(browsers::last_used_at.eq(now))
        .execute(connection)
        .map(|rows| rows == 1)
}

pub(in crate::credentials) fn insert_trusted(
    connection: &mut AnyConnection,
    user: UserId,
    browser: &TrustedBrowser,
) -> QueryResult<()> {
    let values = (
        browsers::id.eq(browser.id),
        browsers::user_id.eq(user),
        browsers::digest.eq(browser.digest),
        browsers::created_at.eq(browser.created_at),
        browsers::last_used_at.eq(browser.last_used_at),
        browsers::expires_at.eq(browser.expires_at),
        browsers::user_agent.eq(browser.user_agent.as_deref()),
        browsers::ip.eq(browser.ip.as_deref()),
    );
    with_backend!(connection => diesel::insert_into(browsers::table)
        .values(values)
        .execute(connection))
    .map(drop)
}

/// Deletes the oldest browsers of a user beyond `most`.
pub(in crate::credentials) fn delete_excess_trusted(
    connection: &mut AnyConnection,
    user: UserId,
    most: i64,
) -> QueryResult<()> {
    let excess: Vec<FactorId> = browsers::table
        .filter(browsers::user_id.eq(user))
        .order(browsers::id.desc())
        .offset(most)
        .limit(most)
        .select(browsers::id)
        .load(connection)?;
    diesel::delete(browsers::table.filter(browsers::id.eq_any(excess)))
        .execute(connection)
        .map(drop)
}

pub(in crate::credentials) fn delete_trusted_by_digest(
    connection: &mut AnyConnection,
    user: UserId,
    digest: Digest,
) -> QueryResult<()> {
    let browser = browsers::table
        .filter(browsers::digest.eq(digest))
        .filter(browsers::user_id.eq(user));
    diesel::delete(browser).execute(connection).map(drop)
}

/// Deletes all browsers of a user.
pub(in crate::credentials) fn delete_trusted_of(
    connection: &mut AnyConnection,
    user: UserId,
) -> QueryResult<()> {
    diesel::delete(browsers::table.filter(browsers::user_id.eq(user)))
        .execute(connection)
        .map(drop)
}

pub(in crate::credentials) fn delete_expired_trusted(
    connection: &mut AnyConnection,
    now: Timestamp,
    limit: i64,
) -> QueryResult<usize> {
    let expired: Vec<FactorId> = browsers::table
        .filter(browsers::expires_at.le(now))
        .limit(limit)
        .select(browsers::id)
        .load(connection)?;
    diesel::delete(browsers::table.filter(browsers::id.eq_any(expired))).execute(connection)
}
