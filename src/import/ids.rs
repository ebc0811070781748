//! The users of a source, with their IDs there and here.

use super::{SourceName, store};
use crate::{app_state::AppState, error::Result, types::ids::UserId};

/// A user that an import created, or to which it attached tokens.
#[derive(Clone, Debug)]
pub struct ImportedUser {
    /// The ID in the source.
    pub foreign_id: String,
    /// The ID here.
    pub id: UserId,
}

/// Returns the users of a source, in the order of their IDs there. An app needs the pairs to find
/// its own rows by the IDs of Narthex.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn users(state: &AppState, source: SourceName) -> Result<Vec<ImportedUser>> {
    state
        .read(move |_, connection| {
            let users = store::users_of(connection, &source)?.into_iter();
            Ok(users
                .map(|(foreign_id, id)| ImportedUser { foreign_id, id })
                .collect())
        })
        .await
}
