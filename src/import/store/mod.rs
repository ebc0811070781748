//! The queries about imported users and tokens.

mod laravel;
mod undo;

use std::collections::{HashMap, HashSet};

use diesel::{QueryResult, prelude::*};

pub(super) use self::{
    laravel::{LaravelRow, laravel_tokens, laravel_users},
    undo::{
        ImportedRow, TokenState, delete_token, forget, imported_rows, is_unused_user, token_states,
    },
};
use super::{
    SourceName,
    candidate::User,
    differences::{KnownToken, KnownUser},
    prepare::Owner,
};
use crate::{
    credentials::store::count_unrevoked,
    crypto::digest::Digest,
    db::{AnyConnection, with_backend},
    schema::{authenticator_apps, credentials, imported, secrets, users},
    types::{
        credential_kind::CredentialType,
        id::Id,
        ids::{CredentialId, UserId},
        language_tag::LanguageTag,
    },
    util::clock::Timestamp,
};

/// The kind of a row of `imported`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ImportedKind {
    /// A user that an import created.
    User,
    /// A user with the same address, to which an import attached tokens.
    Attached,
    /// A token.
    Token,
}

impl ImportedKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Attached => "attached",
            Self::Token => "token",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::User, Self::Attached, Self::Token]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

const USERS: [&str; 2] = [ImportedKind::User.as_str(), ImportedKind::Attached.as_str()];

/// The rows of the database that decide about a batch.
pub(super) struct Known {
    /// The users that an import created or attached to, by their IDs in the source.
    pub(super) users: HashMap<String, UserId>,
    /// The users that still exist.
    pub(super) existing: HashMap<UserId, KnownUser>,
    /// The tokens that an import created, by their IDs in the source. `None` if the row of a revoked
    /// token was deleted.
    pub(super) tokens: HashMap<String, Option<KnownToken>>,
    /// The users with the addresses of the batch, by canonical address.
    pub(super) addresses: HashMap<String, UserId>,
    /// The secrets of the batch that are here.
    pub(super) digests: HashSet<Digest>,
    /// The numbers of tokens that are not revoked, of users that exist.
    pub(super) tokens_of: HashMap<UserId, usize>,
}

impl Known {
    pub(super) fn load(
        connection: &mut AnyConnection,
        source: &SourceName,
        owners: &[Owner],
    ) -> QueryResult<Self> {
        let ids: Vec<String> = owners.iter().map(|owner| owner.id.clone()).collect();
        let tokens = || owners.iter().flat_map(|owner| &owner.tokens);
        let token_ids: Vec<&str> = tokens().map(|token| token.content.id.as_str()).collect();
        let digests: Vec<Digest> = tokens().map(|token| token.content.digest).collect();
        let canonical: Vec<&str> = owners
            .iter()
            .filter_map(|owner| owner.user.as_ref())
            .map(|user| user.content.email.canonical())
            .collect();
        let imported_users = users_among(connection, source, &ids)?;
        let imported_tokens: Vec<(String, CredentialId)> = imported::table
            .filter(imported::source.eq(source.as_str()))
            .filter(imported::kind.eq(ImportedKind::Token.as_str()))
            .filter(imported::foreign_id.eq_any(token_ids))
            .select((imported::foreign_id, imported::id))
            .load(connection)?;
        let existing = known_users(connection, imported_users.iter().map(|(_, id)| *id))?;
        let mut known_tokens = known_tokens(connection, imported_tokens.iter().map(|(_, id)| *id))?;
        let tokens = imported_tokens.into_iter();
        let tokens = tokens.map(|(foreign_id, id)| (foreign_id, known_tokens.remove(&id)));
        let addresses: Vec<(String, UserId)> = users::table
            .filter(users::email_canonical.eq_any(canonical))
            .select((users::email_canonical, users::id))
            .load(connection)?;
        let digests: Vec<Digest> = secrets::table
            .filter(secrets::digest.eq_any(digests))
            .select(secrets::digest)
            .load(connection)?;
        let mut tokens_of = HashMap::new();
        for user in existing
            .keys()
            .chain(addresses.iter().map(|(_, user)| user))
        {
            let unrevoked = count_unrevoked(connection, *user, CredentialType::Token)?;
            tokens_of.insert(*user, usize::try_from(unrevoked).unwrap_or(usize::MAX));
        }
        Ok(Self {
            users: imported_users.into_iter().collect(),
            existing,
            tokens: tokens.collect(),
            addresses: addresses.into_iter().collect(),
            digests: digests.into_iter().collect(),
            tokens_of,
        })
    }
}

fn known_users(
    connection: &mut AnyConnection,
    ids: impl Iterator<Item = UserId>,
) -> QueryResult<HashMap<UserId, KnownUser>> {
    type Row = (UserId, String, String, Option<Timestamp>, Option<UserId>);
    let rows: Vec<Row> = users::table
        .left_join(authenticator_apps::table)
        .filter(users::id.eq_any(ids))
        .select((
            users::id,
            users::email_canonical,
            users::name,
            users::disabled_at,
            authenticator_apps::user_id.nullable(),
        ))
        .load(connection)?;
    let known = |(id, canonical, name, disabled_at, app): Row| {
        let is_disabled = disabled_at.is_some();
        (
            id,
            KnownUser {
                canonical,
                name,
                is_disabled,
                has_second_factor: app.is_some(),
            },
        )
    };
    Ok(rows.into_iter().map(known).collect())
}

fn known_tokens(
    connection: &mut AnyConnection,
    ids: impl Iterator<Item = CredentialId>,
) -> QueryResult<HashMap<CredentialId, KnownToken>> {
    type Row = (
        CredentialId,
        String,
        String,
        Option<Timestamp>,
        Option<Timestamp>,
    );
    let rows: Vec<Row> = credentials::table
        .filter(credentials::id.eq_any(ids))
        .select((
            credentials::id,
            credentials::name,
            credentials::abilities,
            credentials::expires_at,
            credentials::ended_at,
        ))
        .load(connection)?;
    let known = |(id, name, abilities, expires_at, ended_at): Row| {
        let is_revoked = ended_at.is_some();
        let token = KnownToken {
            name,
            abilities,
            expires_at,
            is_revoked,
        };
        (id, token)
    };
    Ok(rows.into_iter().map(known).collect())
}

/// Inserts an imported user.
pub(super) fn insert_user(
    connection: &mut AnyConnection,
    id: UserId,
    user: &User,
    now: Timestamp,
) -> QueryResult<()> {
    with_backend!(connection => diesel::insert_into(users::table)
        .values((
            users::id.eq(id),
            users::email.eq(user.email.as_str()),
            users::email_canonical.eq(user.email.canonical()),
            users::name.eq(&user.name),
            users::password_hash.eq(user.password.as_str()),
            users::created_at.eq(user.created_at),
            users::disabled_at.eq(user.is_disabled.then_some(now)),
            users::language.eq(user.language.as_ref().map(LanguageTag::to_string)),
        ))
        .execute(connection))
    .map(drop)
}

/// Records that an import created a user or a token, or attached tokens to a user.
pub(super) fn insert_imported<T: 'static>(
    connection: &mut AnyConnection,
    source: &SourceName,
    (kind, foreign_id): (ImportedKind, &str),
    id: Id<T>,
    at: Timestamp,
) -> QueryResult<()> {
    with_backend!(connection => diesel::insert_into(imported::table)
        .values((
            imported::source.eq(source.as_str()),
            imported::kind.eq(kind.as_str()),
            imported::foreign_id.eq(foreign_id),
            imported::id.eq(id),
            imported::imported_at.eq(at),
        ))
        .execute(connection))
    .map(drop)
}

/// Returns the users among these that an import created or attached to, with their IDs in the source.
pub(super) fn users_among(
    connection: &mut AnyConnection,
    source: &SourceName,
    ids: &[String],
) -> QueryResult<Vec<(String, UserId)>> {
    imported::table
        .filter(imported::source.eq(source.as_str()))
        .filter(imported::kind.eq_any(USERS))
        .filter(imported::foreign_id.eq_any(ids))
        .select((imported::foreign_id, imported::id))
        .load(connection)
}

/// Returns the users of a source, with their IDs in it.
pub(super) fn users_of(
    connection: &mut AnyConnection,
    source: &SourceName,
) -> QueryResult<Vec<(String, UserId)>> {
    imported::table
        .filter(imported::source.eq(source.as_str()))
        .filter(imported::kind.eq_any(USERS))
        .order(imported::foreign_id)
        .select((imported::foreign_id, imported::id))
        .load(connection)
}
