//! The queries about credentials, their secrets and receipts.

mod cleanup;
mod expiry_warnings;
mod form_key;
mod known_browsers;
mod last_uses;
mod receipts;
mod rotations;
mod row;
mod search;
mod secrets;
mod sign_in_history;
mod token_networks;
mod trusted_browsers;

pub(crate) use self::{
    cleanup::{delete_ended, delete_receipts, expired},
    form_key::{FormKey, by_form_key, set_form_key},
    last_uses::update_last_used,
    receipts::{find_receipt, insert_receipt, receipts_since, revoked_by},
    rotations::{
        DerivedSecret, ExistingRotation, PreviousSecret, delete_superseded, insert_rotation,
        previous_secrets, rotation,
    },
    row::UserRow,
    search::{count_revoked, last_revoked, unrevoked_of_type},
    secrets::{SecretLookup, by_digest, is_renewed_since},
    sign_in_history::{count_unrevoked, made_by, signed_in_from, signed_in_with},
};
pub(in crate::credentials) use self::{
    expiry_warnings::{expiring_tokens, insert_warning},
    known_browsers::{delete_browsers, insert_browser, touch_browser},
    rotations::{limit_secrets, revoke_secret},
    secrets::{
        delete_secrets, insert_foreign_secret, insert_further_secret, insert_secret, invalidate,
    },
    token_networks::{has_networks, insert_network, name_and_hint, used_tokens},
    trusted_browsers::{
        count_trusted, delete_excess_trusted, delete_expired_trusted, delete_trusted_by_digest,
        delete_trusted_of, insert_trusted, trusted_of, use_trusted,
    },
};

use diesel::{
    QueryResult,
    prelude::*,
    sql_types::{BigInt, Binary},
};

use self::row::{FullRow, Row, full_rows, into_credentials};
use super::{
    change::Reauthentication, credential::Credential, filter::CredentialFilter, list::StatusFilter,
};
use crate::{
    app_state::Invalidation,
    db::{AnyConnection, cached_statement, with_backend},
    schema::{self, credentials, users},
    types::{
        ids::{CredentialId, CredentialTag, ReceiptId, UserId},
        pagination::Paging,
        secret_form::SecretForm,
    },
    util::clock::Timestamp,
};

/// Locks `user`'s row until the transaction ends, so that changes of this user's credentials run
/// one after the other. Returns `false` if the user does not exist. On SQLite a writer has the
/// whole database to itself already (`db/sqlite/writer.rs`). The lock is the weakest one that
/// excludes another of its kind. Other transactions can still insert rows that refer to the user
/// (PostgreSQL documentation, section 13.3.2).
pub(crate) fn lock_user(connection: &mut AnyConnection, user: UserId) -> QueryResult<bool> {
    let row = users::table.find(user).select(users::id);
    let found: Option<UserId> = match connection {
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(postgres) => {
            row.for_no_key_update().get_result(postgres).optional()
        }
        #[cfg(feature = "sqlite")]
        AnyConnection::Sqlite(sqlite) => row.get_result(sqlite).optional(),
    }?;
    Ok(found.is_some())
}

/// Inserts a credential. `form_key` is the key of its form.
pub(in crate::credentials) fn insert(
    connection: &mut AnyConnection,
    credential: &Credential,
    form_key: Option<&[u8]>,
) -> QueryResult<()> {
    with_backend!(connection => diesel::insert_into(credentials::table)
        .values((Row::of(credential), credentials::form_key.eq(form_key)))
        .execute(connection))
    .map(drop)
}

/// Returns a credential of a user.
pub(crate) fn find(
    connection: &mut AnyConnection,
    user: UserId,
    id: CredentialId,
) -> QueryResult<Option<Credential>> {
    let found: Option<FullRow> = with_backend!(connection => full_rows()
        .filter(credentials::user_id.eq(user))
        .filter(credentials::id.eq(id))
        .select(FullRow::columns(connection))
        .first(connection)
        .optional())?;
    found.map(FullRow::into_credential).transpose()
}

/// Returns a credential of any user.
pub(crate) fn find_any_user(
    connection: &mut AnyConnection,
    id: CredentialId,
) -> QueryResult<Option<Credential>> {
    let found: Option<FullRow> = with_backend!(connection => full_rows()
        .filter(credentials::id.eq(id))
        .select(FullRow::columns(connection))
        .first(connection)
        .optional())?;
    found.map(FullRow::into_credential).transpose()
}

/// Returns a user's credentials, newest first. `filter` narrows the query only by the fields
/// that have an index. The caller must check each row with it.
pub(crate) fn newest(
    connection: &mut AnyConnection,
    user: UserId,
    filter: &CredentialFilter,
    status: StatusFilter,
    paging: Paging<CredentialTag>,
) -> QueryResult<Vec<Credential>> {
    let mut query = full_rows()
        .filter(credentials::user_id.eq(user))
        .order(credentials::id.desc())
        .limit(paging.fetch_limit())
        .select(FullRow::columns(connection))
        .into_boxed();
    if status == StatusFilter::Active {
        query = query.filter(credentials::ended_at.is_null());
    }
    if let [class] = filter.class.as_slice() {
        query = query.filter(credentials::class.eq(class.as_str()));
    }
    if !filter.id.is_empty() {
        query = query.filter(credentials::id.eq_any(filter.id.clone()));
    }
    if let Some(after) = paging.after() {
        query = query.filter(credentials::id.lt(after));
    }
    into_credentials(query.load(connection)?)
}

/// Returns the unrevoked credentials of all users whose newest secret has this format, newest
/// first, with the addresses of their users.
pub(crate) fn of_form(
    connection: &mut AnyConnection,
    form: SecretForm,
    paging: Paging<CredentialTag>,
) -> QueryResult<Vec<(String, Credential)>> {
    let mut query = full_rows()
        .inner_join(users::table.on(users::id.eq(credentials::user_id)))
        .filter(schema::secrets::form.eq(form.as_stored()))
        .filter(credentials::ended_at.is_null())
        .order(credentials::id.desc())
        .limit(paging.fetch_limit())
        .select((users::email, FullRow::columns(connection)))
        .into_boxed();
    if let Some(after) = paging.after() {
        query = query.filter(credentials::id.lt(after));
    }
    let rows: Vec<(String, FullRow)> = query.load(connection)?;
    rows.into_iter()
        .map(|(email, row)| Ok((email, row.into_credential()?)))
        .collect()
}

/// Returns all credentials of a user that are not revoked, newest first. If `ids` has one
/// element, only that credential is read.
pub(crate) fn unrevoked(
    connection: &mut AnyConnection,
    user: UserId,
    ids: &[CredentialId],
) -> QueryResult<Vec<Credential>> {
    if let [id] = ids {
        let found = find(connection, user, *id)?;
        return Ok(found
            .filter(|credential| credential.ended_at.is_none())
            .into_iter()
            .collect());
    }
    let rows = with_backend!(connection => full_rows()
        .filter(credentials::user_id.eq(user))
        .filter(credentials::ended_at.is_null())
        .order(credentials::id.desc())
        .select(FullRow::columns(connection))
        .load(connection))?;
    into_credentials(rows)
}

cached_statement! {
    EndOne { at: Timestamp as BigInt, receipt: ReceiptId as Binary, id: CredentialId as Binary } =
        "UPDATE credentials SET ended_at = " at ", receipt_id = " receipt " WHERE id = " id
        " AND ended_at IS NULL"
}

/// Marks credentials as revoked by a receipt. A credential that was revoked before keeps its
/// receipt.
pub(in crate::credentials) fn mark_revoked(
    connection: &mut AnyConnection,
    _: Invalidation,
    ids: &[CredentialId],
    at: Timestamp,
    receipt: ReceiptId,
) -> QueryResult<()> {
    if let [id] = ids {
        return with_backend!(connection => EndOne::new(at, receipt, *id).execute(connection))
            .map(drop);
    }
    // In parts, because both databases limit the number of bind parameters.
    for chunk in ids.chunks(500) {
        let rows = credentials::table.filter(
            credentials::id
                .eq_any(chunk.to_vec())
                .and(credentials::ended_at.is_null()),
        );
        diesel::update(rows)
            .set((
                credentials::ended_at.eq(at),
                credentials::receipt_id.eq(receipt),
            ))
            .execute(connection)?;
    }
    Ok(())
}

/// Writes the changeable fields of a token: name, abilities, expiry, and whether it is paused.
pub(in crate::credentials) fn update(
    connection: &mut AnyConnection,
    _: Invalidation,
    token: &Credential,
) -> QueryResult<()> {
    diesel::update(credentials::table.find(token.id))
        .set((
            credentials::name.eq(&token.name),
            credentials::abilities.eq(token.abilities.to_stored()),
            credentials::paused.eq(token.paused),
            credentials::expires_at.eq(token.expires_at),
        ))
        .execute(connection)
        .map(drop)
}

/// Stores a re-authentication in a session.
pub(in crate::credentials) fn confirm(
    connection: &mut AnyConnection,
    _: Invalidation,
    session: CredentialId,
    reauthentication: &Reauthentication,
    form_key: Option<&[u8]>,
) -> QueryResult<()> {
    let until = reauthentication.until;
    let form_key = form_key.map(|key| credentials::form_key.eq(key));
    let authenticated_at = reauthentication
        .authenticated_at
        .map(|at| credentials::auth_time.eq(at));
    let second_factor = reauthentication.methods.map(|methods| {
        (
            credentials::second_factor_until.eq(until),
            credentials::amr.eq(methods.to_stored()),
        )
    });
    diesel::update(credentials::table.find(session))
        .set((
            credentials::confirmed_until.eq(until),
            authenticated_at,
            second_factor,
            form_key,
        ))
        .execute(connection)
        .map(drop)
}
