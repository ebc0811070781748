//! The queries about links.

use diesel::{QueryResult, prelude::*};

use super::{Link, Purpose};
use crate::{
    crypto::digest::Digest,
    db::AnyConnection,
    schema::one_time_links as links,
    types::ids::{LinkId, UserId},
    util::clock::Timestamp,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = links)]
struct Row {
    id: LinkId,
    digest: Digest,
    salt: Vec<u8>,
    purpose: String,
    user_id: Option<UserId>,
    email: String,
    email_canonical: String,
    expires_at: Timestamp,
    code_expires_at: Option<Timestamp>,
    detail: String,
}

impl Row {
    /// Fails on a purpose that this version does not know, so that such a link does nothing.
    fn into_link(self) -> QueryResult<Link> {
        let malformed = |what: &str| {
            diesel::result::Error::DeserializationError(format!("link {}: {what}", self.id).into())
        };
        let purpose = Purpose::parse(&self.purpose).ok_or_else(|| malformed("unknown purpose"))?;
        let salt = <[u8; 16]>::try_from(self.salt.as_slice())
            .map_err(|_| malformed("a salt does not have 16 bytes"))?;
        Ok(Link {
            id: self.id,
            purpose,
            user: self.user_id,
            email: self.email,
            email_canonical: self.email_canonical,
            detail: self.detail,
            expires_at: self.expires_at,
            code_expires_at: self.code_expires_at,
            digest: self.digest,
            salt,
        })
    }
}

pub(super) fn insert(
    connection: &mut AnyConnection,
    link: &Link,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::insert_into(links::table)
        .values((
            links::id.eq(link.id),
            links::digest.eq(link.digest),
            links::salt.eq(link.salt.as_slice()),
            links::purpose.eq(link.purpose.as_str()),
            links::user_id.eq(link.user),
            links::email.eq(&link.email),
            links::email_canonical.eq(&link.email_canonical),
            links::created_at.eq(now),
            links::expires_at.eq(link.expires_at),
            links::code_expires_at.eq(link.code_expires_at),
            links::wrong_codes.eq(0),
            links::detail.eq(&link.detail),
        ))
        .execute(connection)
        .map(drop)
}

pub(super) fn find(connection: &mut AnyConnection, id: LinkId) -> QueryResult<Option<Link>> {
    let row: Option<Row> = links::table
        .find(id)
        .select(Row::as_select())
        .first(connection)
        .optional()?;
    row.map(Row::into_link).transpose()
}

pub(super) fn by_digest(
    connection: &mut AnyConnection,
    digest: Digest,
) -> QueryResult<Option<Link>> {
    let row: Option<Row> = links::table
        .filter(links::digest.eq(digest))
        .select(Row::as_select())
        .first(connection)
        .optional()?;
    row.map(Row::into_link).transpose()
}

/// Returns the link of an account and locks it until the transaction ends. An `UPDATE` does so on
/// both databases.
pub(super) fn lock_of_user(
    connection: &mut AnyConnection,
    user: UserId,
    purpose: Purpose,
) -> QueryResult<Option<Link>> {
    let of_user = links::table
        .filter(links::user_id.eq(user))
        .filter(links::purpose.eq(purpose.as_str()));
    diesel::update(of_user)
        .set(links::wrong_codes.eq(links::wrong_codes))
        .execute(connection)?;
    let row: Option<Row> = of_user
        .select(Row::as_select())
        .first(connection)
        .optional()?;
    row.map(Row::into_link).transpose()
}

/// Returns the link of an account that expires last.
pub(super) fn newest_of_user(
    connection: &mut AnyConnection,
    user: UserId,
    purpose: Purpose,
) -> QueryResult<Option<Link>> {
    let row: Option<Row> = links::table
        .filter(links::user_id.eq(user))
        .filter(links::purpose.eq(purpose.as_str()))
        .order(links::expires_at.desc())
        .select(Row::as_select())
        .first(connection)
        .optional()?;
    row.map(Row::into_link).transpose()
}

/// Deletes the links of the same account and purpose that expire with `link` or later.
pub(super) fn delete_since(
    connection: &mut AnyConnection,
    user: UserId,
    link: &Link,
) -> QueryResult<()> {
    let later = links::table
        .filter(links::user_id.eq(user))
        .filter(links::purpose.eq(link.purpose.as_str()))
        .filter(links::expires_at.ge(link.expires_at));
    diesel::delete(later).execute(connection).map(drop)
}

/// Counts a wrong code and returns the number of wrong codes.
pub(super) fn count_wrong_code(connection: &mut AnyConnection, id: LinkId) -> QueryResult<i64> {
    diesel::update(links::table.find(id))
        .set(links::wrong_codes.eq(links::wrong_codes + 1))
        .execute(connection)?;
    links::table
        .find(id)
        .select(links::wrong_codes)
        .first(connection)
}

pub(super) fn delete(connection: &mut AnyConnection, id: LinkId) -> QueryResult<bool> {
    diesel::delete(links::table.find(id))
        .execute(connection)
        .map(|rows| rows == 1)
}

pub(super) fn delete_of_user(
    connection: &mut AnyConnection,
    user: UserId,
    purpose: Purpose,
) -> QueryResult<()> {
    let of_user = links::table
        .filter(links::user_id.eq(user))
        .filter(links::purpose.eq(purpose.as_str()));
    diesel::delete(of_user).execute(connection).map(drop)
}

/// Deletes the links that were mailed to an address.
pub(super) fn delete_of_email(
    connection: &mut AnyConnection,
    canonical: &str,
    purpose: Purpose,
) -> QueryResult<()> {
    let of_email = links::table
        .filter(links::email_canonical.eq(canonical))
        .filter(links::purpose.eq(purpose.as_str()));
    diesel::delete(of_email).execute(connection).map(drop)
}

pub(super) fn delete_expired(
    connection: &mut AnyConnection,
    now: Timestamp,
    limit: i64,
) -> QueryResult<usize> {
    let expired: Vec<LinkId> = links::table
        .filter(links::expires_at.le(now))
        .limit(limit)
        .select(links::id)
        .load(connection)?;
    diesel::delete(links::table.filter(links::id.eq_any(expired))).execute(connection)
}
