//! Deletes the users and tokens that an import created and that were never used since.

use std::collections::HashMap;

use super::{
    SourceName,
    store::{self, ImportedKind, ImportedRow, TokenState},
};
use crate::{
    accounts,
    app_state::{AppState, Transaction},
    audit::Actor,
    credentials::revoke::lock_user_and_recheck_actor,
    error::{Error, Result},
    types::ids::{CredentialId, UserId},
};

/// The number of users and tokens of one transaction.
const BATCH: usize = 500;

/// The rows that an undo deleted and kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct UndoCounts {
    /// Users that were deleted.
    pub users: u64,
    /// Tokens that were deleted, those of deleted users included.
    pub tokens: u64,
    /// Users and tokens that were kept, because they were used, changed or deleted since.
    pub kept: u64,
}

impl UndoCounts {
    const fn add(&mut self, other: Self) {
        self.users += other.users;
        self.tokens += other.tokens;
        self.kept += other.kept;
    }
}

/// Deletes the tokens of a source that were neither used nor rotated since their import, and then
/// its users without credentials and without events since their import. Accounts to which tokens
/// were attached stay.
///
/// # Errors
/// Returns an error if the database cannot be changed. A second call continues the undo.
pub async fn undo(state: &AppState, source: SourceName) -> Result<UndoCounts> {
    let of_source = source.clone();
    let rows = state
        .read(move |_, connection| Ok(store::imported_rows(connection, &of_source)?))
        .await?;
    let (tokens, users): (Vec<_>, Vec<_>) = rows
        .into_iter()
        .partition(|row| row.kind == ImportedKind::Token);
    let mut undone = UndoCounts::default();
    // Tokens first: a user with a token is not deleted.
    for (rows, work) in [
        (tokens, undo_tokens as UndoBatch),
        (users, undo_users as UndoBatch),
    ] {
        for batch in rows.chunks(BATCH) {
            let (source, batch) = (source.clone(), batch.to_vec());
            undone.add(state.write(move |tx| work(tx, &source, &batch)).await?);
        }
    }
    Ok(undone)
}

type UndoBatch = fn(&mut Transaction<'_>, &SourceName, &[ImportedRow]) -> Result<UndoCounts>;

fn undo_tokens(
    tx: &mut Transaction<'_>,
    source: &SourceName,
    rows: &[ImportedRow],
) -> Result<UndoCounts> {
    let mut undone = UndoCounts::default();
    let ids: Vec<CredentialId> = rows
        .iter()
        .map(|row| CredentialId::from_uuid(row.id))
        .collect();
    let mut users: Vec<UserId> = token_states(tx, &ids)?
        .into_values()
        .map(|token| token.user)
        .collect();
    lock_users(tx, &mut users)?;
    // Read again under the locks.
    let states = token_states(tx, &ids)?;
    for (row, id) in rows.iter().zip(ids) {
        match states.get(&id) {
            Some(token) if token.is_unused_since(row.imported_at) => {
                let invalidation = tx.invalidate_user(token.user);
                store::delete_token(tx.connection, invalidation, id)?;
                store::forget(tx.connection, source, row)?;
                undone.tokens += 1;
            }
            _ => undone.kept += 1,
        }
    }
    Ok(undone)
}

fn token_states(
    tx: &mut Transaction<'_>,
    ids: &[CredentialId],
) -> Result<HashMap<CredentialId, TokenState>> {
    Ok(store::token_states(tx.connection, ids)?)
}

fn undo_users(
    tx: &mut Transaction<'_>,
    source: &SourceName,
    rows: &[ImportedRow],
) -> Result<UndoCounts> {
    let mut undone = UndoCounts::default();
    let mut users: Vec<UserId> = rows.iter().map(|row| UserId::from_uuid(row.id)).collect();
    lock_users(tx, &mut users)?;
    for row in rows {
        let user = UserId::from_uuid(row.id);
        if row.kind == ImportedKind::Attached {
            store::forget(tx.connection, source, row)?;
            undone.kept += 1;
        } else if users.contains(&user) && store::is_unused_user(tx.connection, user)? {
            accounts::delete_rows(tx, user)?;
            store::forget(tx.connection, source, row)?;
            undone.users += 1;
        } else {
            undone.kept += 1;
        }
    }
    Ok(undone)
}

/// Locks users in the order of their IDs. Afterwards the list has those that exist.
fn lock_users(tx: &mut Transaction<'_>, users: &mut Vec<UserId>) -> Result<()> {
    users.sort_unstable();
    users.dedup();
    let mut existing = Vec::new();
    for user in users.drain(..) {
        match lock_user_and_recheck_actor(tx, user, &Actor::operator()) {
            Ok(()) => existing.push(user),
            Err(Error::NotFound) => {}
            Err(other) => return Err(other),
        }
    }
    *users = existing;
    Ok(())
}
