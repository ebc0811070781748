//! The queries of an undo.

use std::collections::HashMap;

use diesel::{QueryResult, prelude::*};
use uuid::Uuid;

use super::{ImportedKind, SourceName};
use crate::{
    app_state::Invalidation,
    audit::EventKind,
    db::AnyConnection,
    schema::{credentials, events, imported, last_uses, secrets},
    types::ids::{CredentialId, UserId},
    util::clock::Timestamp,
};

/// A row of `imported`.
#[derive(Clone, Debug)]
pub(in crate::import) struct ImportedRow {
    pub(in crate::import) kind: ImportedKind,
    pub(in crate::import) foreign_id: String,
    /// The ID of a user or of a token.
    pub(in crate::import) id: Uuid,
    pub(in crate::import) imported_at: Timestamp,
}

/// The state of an imported token.
pub(in crate::import) struct TokenState {
    pub(in crate::import) user: UserId,
    last_used_at: Option<Timestamp>,
    is_revoked: bool,
    /// Whether its only secret is the imported one.
    has_imported_secret: bool,
}

impl TokenState {
    pub(in crate::import) fn is_unused_since(&self, imported_at: Timestamp) -> bool {
        self.has_imported_secret
            && !self.is_revoked
            && self.last_used_at.is_none_or(|used| used <= imported_at)
    }
}

/// Returns all rows of a source.
pub(in crate::import) fn imported_rows(
    connection: &mut AnyConnection,
    source: &SourceName,
) -> QueryResult<Vec<ImportedRow>> {
    let rows: Vec<(String, String, UserId, Timestamp)> = imported::table
        .filter(imported::source.eq(source.as_str()))
        .select((
            imported::kind,
            imported::foreign_id,
            imported::id,
            imported::imported_at,
        ))
        .load(connection)?;
    let rows = rows
        .into_iter()
        .filter_map(|(kind, foreign_id, id, imported_at)| {
            Some(ImportedRow {
                kind: ImportedKind::parse(&kind)?,
                foreign_id,
                id: id.uuid(),
                imported_at,
            })
        });
    Ok(rows.collect())
}

/// Returns the states of tokens. A token that was deleted is missing.
pub(in crate::import) fn token_states(
    connection: &mut AnyConnection,
    ids: &[CredentialId],
) -> QueryResult<HashMap<CredentialId, TokenState>> {
    let secrets: Vec<(CredentialId, String)> = secrets::table
        .filter(secrets::credential_id.eq_any(ids))
        .select((secrets::credential_id, secrets::form))
        .load(connection)?;
    let mut forms: HashMap<CredentialId, Vec<String>> = HashMap::new();
    for (id, form) in secrets {
        forms.entry(id).or_default().push(form);
    }
    let rows: Vec<(CredentialId, UserId, Option<Timestamp>, Option<Timestamp>)> =
        credentials::table
            .left_join(last_uses::table)
            .filter(credentials::id.eq_any(ids))
            .select((
                credentials::id,
                credentials::user_id,
                credentials::ended_at,
                last_uses::at.nullable(),
            ))
            .load(connection)?;
    let states = rows.into_iter().map(|(id, user, ended_at, last_used_at)| {
        let forms = forms.get(&id).map(Vec::as_slice).unwrap_or_default();
        let state = TokenState {
            user,
            last_used_at,
            is_revoked: ended_at.is_some(),
            has_imported_secret: matches!(forms, [form] if !form.is_empty()),
        };
        (id, state)
    });
    Ok(states.collect())
}

/// Returns whether a user has no credential, and no event except for the import and for wrong
/// passwords, which anyone can cause.
pub(in crate::import) fn is_unused_user(
    connection: &mut AnyConnection,
    user: UserId,
) -> QueryResult<bool> {
    let kinds = [
        EventKind::AccountImported,
        EventKind::TokenImported,
        EventKind::PasswordRefused,
    ]
    .map(EventKind::as_str);
    let credentials: i64 = credentials::table
        .filter(credentials::user_id.eq(user))
        .count()
        .get_result(connection)?;
    let other_events: i64 = events::table
        .filter(events::user_id.eq(user))
        .filter(events::kind.ne_all(kinds))
        .count()
        .get_result(connection)?;
    Ok(credentials + other_events == 0)
}

/// Deletes a token with its secrets.
pub(in crate::import) fn delete_token(
    connection: &mut AnyConnection,
    _: Invalidation,
    id: CredentialId,
) -> QueryResult<()> {
    diesel::delete(credentials::table.find(id))
        .execute(connection)
        .map(drop)
}

/// Deletes a row of `imported`, so that the next import takes the user or the token again.
pub(in crate::import) fn forget(
    connection: &mut AnyConnection,
    source: &SourceName,
    row: &ImportedRow,
) -> QueryResult<()> {
    diesel::delete(imported::table.find((source.as_str(), row.kind.as_str(), &row.foreign_id)))
        .execute(connection)
        .map(drop)
}
