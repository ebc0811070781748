//! The keys of forms, by which a second click finds the credential of the first one.

use diesel::{QueryResult, prelude::*};

use crate::{
    db::AnyConnection,
    schema::credentials,
    types::ids::{CredentialId, UserId},
};

/// The key of a form, and the credential that has it.
pub(crate) struct FormKey<'a> {
    key: Option<&'a [u8; 16]>,
    /// The credential of the user for which the form was sent before.
    pub(crate) credential: Option<CredentialId>,
}

impl<'a> FormKey<'a> {
    /// Looks up the credential of a user that has this key.
    pub(crate) fn find(
        connection: &mut AnyConnection,
        user: UserId,
        key: Option<&'a [u8; 16]>,
    ) -> QueryResult<Self> {
        let credential = match key {
            Some(key) => by_form_key(connection, user, key)?,
            None => None,
        };
        Ok(Self { key, credential })
    }

    /// Returns the key if no credential has it. The key of an older credential is not stored a second
    /// time.
    pub(crate) fn unused(&self) -> Option<&'a [u8]> {
        let unused = self.key.filter(|_| self.credential.is_none());
        unused.map(<[u8; 16]>::as_slice)
    }
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
