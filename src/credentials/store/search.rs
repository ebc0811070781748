//! The queries of the lists on pages.

use diesel::{QueryResult, prelude::*};

use super::{FullRow, full_rows, into_credentials};
use crate::{
    credentials::credential::Credential,
    db::{AnyConnection, with_backend},
    schema::{credentials, receipts},
    types::{credential_kind::CredentialType, ids::UserId},
};

/// Returns all unrevoked credentials of one type.
pub(crate) fn unrevoked_of_type(
    connection: &mut AnyConnection,
    user: UserId,
    class: CredentialType,
) -> QueryResult<Vec<Credential>> {
    let rows = with_backend!(connection => full_rows()
        .filter(credentials::user_id.eq(user))
        .filter(credentials::ended_at.is_null())
        .filter(credentials::class.eq(class.as_str()))
        .select(FullRow::columns(connection))
        .load(connection))?;
    into_credentials(rows)
}

/// Returns the last `limit` revoked credentials of one type. They are found by their receipts,
/// because an index has the receipts of a user in the order of time. So a credential is missing
/// if an operator ended it with SQL, without a receipt.
pub(crate) fn last_revoked(
    connection: &mut AnyConnection,
    user: UserId,
    class: CredentialType,
    limit: i64,
) -> QueryResult<Vec<Credential>> {
    let rows = with_backend!(connection => full_rows()
        .inner_join(receipts::table)
        .filter(receipts::user_id.eq(user))
        .filter(credentials::class.eq(class.as_str()))
        .order((receipts::id.desc(), credentials::id.desc()))
        .limit(limit)
        .select(FullRow::columns(connection))
        .load(connection))?;
    into_credentials(rows)
}

/// Counts the credentials that [`last_revoked`] returns.
pub(crate) fn count_revoked(
    connection: &mut AnyConnection,
    user: UserId,
    class: CredentialType,
    limit: i64,
) -> QueryResult<usize> {
    let ids: Vec<i32> = with_backend!(connection => credentials::table
        .inner_join(receipts::table)
        .filter(receipts::user_id.eq(user))
        .filter(credentials::class.eq(class.as_str()))
        .limit(limit)
        .select(1_i32.into_sql::<diesel::sql_types::Integer>())
        .load(connection))?;
    Ok(ids.len())
}
