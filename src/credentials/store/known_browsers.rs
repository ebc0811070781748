//! The queries about known browsers.

use diesel::{QueryResult, prelude::*};

use crate::{
    crypto::digest::Digest, db::AnyConnection, schema::known_browsers as browsers,
    types::ids::UserId, util::clock::Timestamp,
};

/// Updates the browser, if it was seen after `since`. Returns whether it was.
pub(in crate::credentials) fn touch_browser(
    connection: &mut AnyConnection,
    user: UserId,
    browser: Digest,
    since: Timestamp,
    now: Timestamp,
) -> QueryResult<bool> {
    let known = browsers::table
        .find((browser, user))
        .filter(browsers::last_seen_at.gt(since));
    diesel::update(known)
        .set(browsers::last_seen_at.eq(now))
        .execute(connection)
        .map(|rows| rows == 1)
}

/// Inserts the browser, in place of a row that was not deleted since its cookie has expired.
pub(in crate::credentials) fn insert_browser(
    connection: &mut AnyConnection,
    user: UserId,
    browser: Digest,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::delete(browsers::table.find((browser, user))).execute(connection)?;
    diesel::insert_into(browsers::table)
        .values((
            browsers::digest.eq(browser),
            browsers::user_id.eq(user),
            browsers::created_at.eq(now),
            browsers::last_seen_at.eq(now),
        ))
        .execute(connection)
        .map(drop)
}

pub(in crate::credentials) fn delete_browsers(
    connection: &mut AnyConnection,
    before: Timestamp,
    limit: i64,
) -> QueryResult<usize> {
    let old: Vec<(Digest, UserId)> = browsers::table
        .filter(browsers::last_seen_at.le(before))
        .limit(limit)
        .select((browsers::digest, browsers::user_id))
        .load(connection)?;
    let mut deleted = 0;
    for key in old {
        // A sign-in may have used the browser since the query.
        let still_old = browsers::table
            .find(key)
            .filter(browsers::last_seen_at.le(before));
        deleted += diesel::delete(still_old).execute(connection)?;
    }
    Ok(deleted)
}
