//! The queries about credentials, their secrets and receipts.

mod cleanup;
mod last_uses;
mod receipts;
mod rotations;
mod secrets;
mod sign_in_history;

pub(crate) use self::{
    cleanup::{delete_ended, delete_receipts, expired},
    last_uses::update_last_used,
    receipts::{find_receipt, insert_receipt, receipts_since},
    rotations::{
        DerivedSecret, ExistingRotation, PreviousSecret, delete_superseded, insert_rotation,
        previous_secrets, rotation,
    },
    secrets::{SecretLookup, by_digest, is_renewed_since},
    sign_in_history::{count_unrevoked, made_by, signed_in_from, signed_in_with},
};
pub(in crate::credentials) use self::{
    rotations::{limit_secrets, revoke_secret},
    secrets::{
        delete_secrets, insert_foreign_secret, insert_further_secret, insert_secret, invalidate,
    },
};

use std::{net::IpAddr, time::Duration};

use diesel::{
    QueryResult,
    prelude::*,
    sql_types::{BigInt, Binary},
};

use super::{credential::Credential, filter::CredentialFilter, list::StatusFilter};
use crate::{
    app_state::Invalidation,
    db::{AnyConnection, cached_statement, with_backend},
    schema::{self, credentials, users},
    types::{
        ability::Abilities,
        credential_kind::{CredentialKind, CredentialType},
        ids::{CredentialId, CredentialTag, ReceiptId, UserId},
        pagination::Paging,
    },
    util::clock::{Timestamp, micros_of},
};

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = credentials, treat_none_as_default_value = false)]
struct Row {
    id: CredentialId,
    user_id: UserId,
    class: String,
    kind: String,
    name: String,
    abilities: String,
    user_agent: Option<String>,
    ip: Option<String>,
    remembered: bool,
    paused: bool,
    made_by: Option<CredentialId>,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    idle_limit: Option<i64>,
    confirmed_until: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    receipt_id: Option<ReceiptId>,
}

/// The last use of a credential.
#[derive(Queryable, Selectable)]
#[diesel(table_name = schema::last_uses)]
struct UseRow {
    at: Timestamp,
    ip: Option<String>,
}

fn address(text: Option<String>) -> Option<IpAddr> {
    text.and_then(|text| text.parse().ok())
}

impl Row {
    /// Fails on a kind that this version does not know, so that such a credential is not accepted.
    fn into_credential(self, last: Option<UseRow>, hint: String) -> QueryResult<Credential> {
        let kind = CredentialKind::parse(&self.kind).ok_or_else(|| {
            diesel::result::Error::DeserializationError(
                format!("credential {} has an unknown kind", self.id).into(),
            )
        })?;
        let ip = address(self.ip);
        // The sign-in is the first use of a session. Its address counts if no later one is known.
        let (first_used_at, first_used_ip) = match kind.class() {
            CredentialType::Session => (Some(self.created_at), ip),
            CredentialType::Token => (None, None),
        };
        let (last_used_at, last_used_ip) =
            last.map_or((None, None), |last| (Some(last.at), address(last.ip)));
        Ok(Credential {
            id: self.id,
            user_id: self.user_id,
            kind,
            name: self.name,
            hint,
            abilities: Abilities::from_stored(&self.abilities),
            user_agent: self.user_agent,
            ip,
            last_used_ip: last_used_ip.or(first_used_ip),
            remembered: self.remembered,
            paused: self.paused,
            made_by: self.made_by,
            created_at: self.created_at,
            last_used_at: last_used_at.max(first_used_at),
            expires_at: self.expires_at,
            idle_limit: self
                .idle_limit
                .map(|micros| Duration::from_micros(micros.unsigned_abs())),
            confirmed_until: self.confirmed_until,
            ended_at: self.ended_at,
            receipt_id: self.receipt_id,
        })
    }

    fn of(credential: &Credential) -> Self {
        Self {
            id: credential.id,
            user_id: credential.user_id,
            class: credential.class().as_str().to_owned(),
            kind: credential.kind.as_str().to_owned(),
            name: credential.name.clone(),
            abilities: credential.abilities.to_stored(),
            user_agent: credential.user_agent.clone(),
            ip: credential.ip.map(|ip| ip.to_string()),
            remembered: credential.remembered,
            paused: credential.paused,
            made_by: credential.made_by,
            created_at: credential.created_at,
            expires_at: credential.expires_at,
            idle_limit: credential.idle_limit.map(micros_of),
            confirmed_until: credential.confirmed_until,
            ended_at: credential.ended_at,
            receipt_id: credential.receipt_id,
        }
    }
}

/// Locks `user`'s row until the transaction ends, so that changes of this user's credentials run
/// one after the other. Returns `false` if the user does not exist. On SQLite a writer has the
/// whole database to itself already (`db/sqlite_writer.rs`). The lock is the weakest one that
/// excludes another of its kind. Other transactions can still insert rows that refer to the user
/// (PostgreSQL documentation, section 13.3.2).
pub(crate) fn lock_user(connection: &mut AnyConnection, user: UserId) -> QueryResult<bool> {
    let row = users::table.find(user).select(users::id);
    let found: Option<UserId> = match connection {
        AnyConnection::Postgres(postgres) => {
            row.for_no_key_update().get_result(postgres).optional()
        }
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

/// Returns the credential that this user's form with this key created.
pub(crate) fn by_form_key(
    connection: &mut AnyConnection,
    user: UserId,
    form_key: &[u8],
) -> QueryResult<Option<CredentialId>> {
    credentials::table
        .filter(
            credentials::user_id
                .eq(user)
                .and(credentials::form_key.eq(form_key)),
        )
        .select(credentials::id)
        .first(connection)
        .optional()
}

/// Stores the key of the last form that changed a session.
pub(crate) fn set_form_key(
    connection: &mut AnyConnection,
    session: CredentialId,
    form_key: &[u8],
) -> QueryResult<()> {
    diesel::update(credentials::table.find(session))
        .set(credentials::form_key.eq(form_key))
        .execute(connection)
        .map(drop)
}

/// A credential with its last use and the hint of its newest secret.
#[derive(Queryable, Selectable)]
#[diesel(table_name = credentials)]
struct FullRow {
    #[diesel(embed)]
    row: Row,
    #[diesel(embed)]
    last: Option<UseRow>,
    #[diesel(select_expression = schema::secrets::hint.nullable())]
    hint: Option<String>,
}

impl FullRow {
    fn into_credential(self) -> QueryResult<Credential> {
        let hint = self.hint.unwrap_or_default();
        self.row.into_credential(self.last, hint)
    }
}

fn into_credentials(rows: Vec<FullRow>) -> QueryResult<Vec<Credential>> {
    rows.into_iter().map(FullRow::into_credential).collect()
}

/// Returns the joined tables of a [`FullRow`]. The newest secret is the one without an end: a
/// rotation sets the end of all others.
#[diesel::dsl::auto_type(no_type_alias)]
fn full_rows() -> _ {
    let newest = schema::secrets::credential_id
        .eq(credentials::id)
        .and(schema::secrets::valid_until.is_null());
    credentials::table
        .left_join(schema::last_uses::table)
        .left_join(schema::secrets::table.on(newest))
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
        .select(FullRow::as_select())
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
        .select(FullRow::as_select())
        .first(connection)
        .optional())?;
    found.map(FullRow::into_credential).transpose()
}

/// Returns a user's credentials, newest first. `selection` narrows the query only by the fields
/// that have an index. The caller must check each row with it.
pub(crate) fn newest(
    connection: &mut AnyConnection,
    user: UserId,
    selection: &CredentialFilter,
    status: StatusFilter,
    paging: Paging<CredentialTag>,
) -> QueryResult<Vec<Credential>> {
    let mut query = full_rows()
        .filter(credentials::user_id.eq(user))
        .order(credentials::id.desc())
        .limit(paging.to_fetch())
        .select(FullRow::as_select())
        .into_boxed();
    if status == StatusFilter::Active {
        query = query.filter(credentials::ended_at.is_null());
    }
    if let [class] = selection.class.as_slice() {
        query = query.filter(credentials::class.eq(class.as_str()));
    }
    if !selection.id.is_empty() {
        query = query.filter(credentials::id.eq_any(selection.id.clone()));
    }
    if let Some(after) = paging.after() {
        query = query.filter(credentials::id.lt(after));
    }
    into_credentials(query.load(connection)?)
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
        .select(FullRow::as_select())
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

/// Stores the time until which a session counts as recently authenticated.
pub(in crate::credentials) fn confirm(
    connection: &mut AnyConnection,
    _: Invalidation,
    session: CredentialId,
    until: Timestamp,
    form_key: Option<&[u8]>,
) -> QueryResult<()> {
    let form_key = form_key.map(|key| credentials::form_key.eq(key));
    diesel::update(credentials::table.find(session))
        .set((credentials::confirmed_until.eq(until), form_key))
        .execute(connection)
        .map(drop)
}
