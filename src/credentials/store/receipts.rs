//! The queries about receipts.

use diesel::{QueryResult, prelude::*};

use super::{FullRow, full_rows, into_credentials};
use crate::{
    credentials::{
        credential::Credential,
        receipt::{RevocationReason, RevocationReceipt},
    },
    db::{AnyConnection, with_backend},
    schema::{credentials, receipts},
    types::ids::{CredentialId, ReceiptId, UserId},
    util::clock::Timestamp,
};

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = receipts, treat_none_as_default_value = false)]
struct ReceiptRow {
    id: ReceiptId,
    user_id: UserId,
    at: Timestamp,
    reason: String,
    actor_credential_id: Option<CredentialId>,
    ip: Option<String>,
    sessions_ended: i64,
    tokens_ended: i64,
    trusted_browsers_ended: i64,
}

/// Inserts a receipt.
pub(crate) fn insert_receipt(
    connection: &mut AnyConnection,
    user: UserId,
    receipt: &RevocationReceipt,
) -> QueryResult<()> {
    let row = ReceiptRow {
        id: receipt.id,
        user_id: user,
        at: receipt.at,
        reason: receipt.reason.as_str().to_owned(),
        actor_credential_id: receipt.by,
        ip: receipt.ip.map(|ip| ip.to_string()),
        sessions_ended: receipt.sessions_ended,
        tokens_ended: receipt.tokens_ended,
        trusted_browsers_ended: receipt.trusted_browsers_ended,
    };
    with_backend!(connection => diesel::insert_into(receipts::table)
        .values(row)
        .execute(connection))
    .map(drop)
}

/// Returns up to 10 of the newest receipts of a user since `since`, which is more than a user
/// creates within a minute.
pub(crate) fn receipts_since(
    connection: &mut AnyConnection,
    user: UserId,
    since: ReceiptId,
) -> QueryResult<Vec<ReceiptId>> {
    receipts::table
        .filter(receipts::user_id.eq(user).and(receipts::id.ge(since)))
        .order(receipts::id.desc())
        .limit(10)
        .select(receipts::id)
        .load(connection)
}

/// Returns a receipt of a user with its credentials.
pub(crate) fn find_receipt(
    connection: &mut AnyConnection,
    user: UserId,
    id: ReceiptId,
) -> QueryResult<Option<RevocationReceipt>> {
    let row: Option<ReceiptRow> = receipts::table
        .filter(receipts::user_id.eq(user).and(receipts::id.eq(id)))
        .select(ReceiptRow::as_select())
        .first(connection)
        .optional()?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(RevocationReceipt {
        id: row.id,
        at: row.at,
        reason: RevocationReason::parse(&row.reason),
        by: row.actor_credential_id,
        ip: row.ip.and_then(|ip| ip.parse().ok()),
        sessions_ended: row.sessions_ended,
        tokens_ended: row.tokens_ended,
        trusted_browsers_ended: row.trusted_browsers_ended,
        credentials: credentials_of(connection, id)?,
    }))
}

/// Returns up to `limit` credentials of a user that were revoked with one of these receipts, newest
/// first.
pub(crate) fn revoked_by(
    connection: &mut AnyConnection,
    user: UserId,
    receipts: Vec<ReceiptId>,
    limit: i64,
) -> QueryResult<Vec<Credential>> {
    let rows = with_backend!(connection => full_rows()
        .filter(credentials::user_id.eq(user))
        .filter(credentials::receipt_id.eq_any(receipts))
        .order(credentials::id.desc())
        .limit(limit)
        .select(FullRow::columns(connection))
        .load(connection))?;
    into_credentials(rows)
}

/// Returns the credentials of a receipt, newest first.
fn credentials_of(
    connection: &mut AnyConnection,
    receipt: ReceiptId,
) -> QueryResult<Vec<Credential>> {
    let rows = with_backend!(connection => full_rows()
        .filter(credentials::receipt_id.eq(receipt))
        .order(credentials::id.desc())
        .select(FullRow::columns(connection))
        .load(connection))?;
    into_credentials(rows)
}
