//! The queries about the recipients and the authors of notices.

use diesel::{QueryResult, prelude::*};

use super::{Author, Recipients};
use crate::{
    db::AnyConnection,
    schema::{credentials, users},
    types::{
        credential_kind::CredentialType,
        ids::{CredentialId, UserId},
    },
    util::clock::Timestamp,
};

pub(super) fn recipients(
    connection: &mut AnyConnection,
    user: UserId,
) -> QueryResult<Option<Recipients>> {
    let row: Option<(String, Option<String>, Option<Timestamp>)> = users::table
        .find(user)
        .select((
            users::email,
            users::notice_email,
            users::notice_email_verified_at,
        ))
        .first(connection)
        .optional()?;
    Ok(row.map(|(account, second, verified_at)| Recipients {
        account,
        second: second.filter(|_| verified_at.is_some()),
    }))
}

/// Returns the author that acts with this credential.
pub(super) fn author(
    connection: &mut AnyConnection,
    credential: CredentialId,
) -> QueryResult<Option<Author>> {
    let row: Option<(String, String, Option<String>)> = credentials::table
        .find(credential)
        .select((
            credentials::class,
            credentials::name,
            credentials::user_agent,
        ))
        .first(connection)
        .optional()?;
    Ok(row.map(|(class, name, user_agent)| {
        if class == CredentialType::Session.as_str() {
            Author::Browser(user_agent)
        } else {
            Author::Token(name)
        }
    }))
}
