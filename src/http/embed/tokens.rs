//! The tokens of a user, for the app.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use super::{
    Error, Receipt,
    ability::{Require, names_in},
};
use crate::{
    app_state::AppState,
    audit::Actor,
    credentials::{
        self, Credential, CredentialFilter, StatusFilter,
        revoke::{self, find_to_revoke},
    },
    error::Error as Inner,
    tokens::{self, NewToken, TokenSecret},
    types::{
        credential_kind::{CredentialKind, CredentialType},
        fields::FieldErrors,
        ids::{CredentialId, UserId},
        name::Name,
        pagination::{MAX_PAGE_SIZE, Paging},
    },
    util::clock::Timestamp,
};

/// The tokens of one user. The app acts as an operator.
#[derive(Clone, Copy)]
pub struct Tokens<'a> {
    pub(super) state: &'a AppState,
    pub(super) user: UserId,
}

/// A new token. Its secret is available here only: the database has its digest.
pub struct NewApiToken {
    /// The token.
    pub token: TokenInfo,
    secret: TokenSecret,
}

impl NewApiToken {
    /// Returns the secret, which the client sends as `Authorization: Bearer`. Show it once.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        self.secret.expose()
    }
}

/// Without the secret.
impl fmt::Debug for NewApiToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewApiToken")
            .field("token", &self.token)
            .finish_non_exhaustive()
    }
}

/// A token, without its secret.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TokenInfo {
    /// The ID.
    pub id: CredentialId,
    /// The name.
    pub name: String,
    /// The last characters of its secret, by which its owner recognises it.
    pub hint: String,
    /// The abilities.
    pub abilities: Vec<String>,
    /// The time of its creation.
    pub created_at: SystemTime,
    /// The time of its last use.
    pub last_used_at: Option<SystemTime>,
    /// The expiry of the token.
    pub expires_at: Option<SystemTime>,
}

impl TokenInfo {
    fn new(token: Credential) -> Self {
        let abilities = token.abilities.iter();
        Self {
            id: token.id,
            abilities: abilities.map(ToString::to_string).collect(),
            created_at: token.created_at.to_system_time(),
            last_used_at: token.last_used_at.map(Timestamp::to_system_time),
            expires_at: token.expires_at.map(Timestamp::to_system_time),
            name: token.name,
            hint: token.hint,
        }
    }
}

impl Tokens<'_> {
    /// Creates a personal token with the abilities in `A`. Without `expires_in` it does not expire.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](super::ErrorKind::Invalid) for an empty name, or for a lifetime
    /// beyond `token_max_age`; [`ErrorKind::NotFound`](super::ErrorKind::NotFound) if the user does
    /// not exist; [`ErrorKind::TooManyTokens`](super::ErrorKind::TooManyTokens).
    pub async fn issue<A: Require>(
        &self,
        name: &str,
        expires_in: Option<Duration>,
    ) -> Result<NewApiToken, Error> {
        self.issue_with(name, &names_in::<A>(), expires_in).await
    }

    /// Does the same as [`Tokens::issue`] with abilities that are known at run time only, such as
    /// `orders:read` or `orders:*`.
    ///
    /// # Errors
    /// The errors of [`Tokens::issue`]; [`ErrorKind::Invalid`](super::ErrorKind::Invalid) if an
    /// ability was not declared.
    pub async fn issue_with(
        &self,
        name: &str,
        abilities: &[&str],
        expires_in: Option<Duration>,
    ) -> Result<NewApiToken, Error> {
        let mut errors = FieldErrors::default();
        let catalogue = &self.state.settings().tokens.catalogue;
        let name = errors.take("name", Name::parse(name));
        let abilities = errors.take("abilities", catalogue.parse(abilities));
        let expiry = NewToken::expiry(self.state, expires_in);
        let expiry = errors.take("expires_in", expiry);
        let new = NewToken::of(errors, name, abilities, expiry).map_err(Inner::from)?;
        let kind = CredentialKind::Personal;
        let issued = tokens::create_as_operator(self.state, self.user, kind, new).await?;
        Ok(NewApiToken {
            token: TokenInfo::new(issued.token),
            secret: issued.secret,
        })
    }

    /// Returns the active tokens, newest first.
    ///
    /// # Errors
    /// A failure of the database.
    pub async fn list(&self) -> Result<Vec<TokenInfo>, Error> {
        let mut tokens = Vec::new();
        let mut after = None;
        loop {
            let filter = CredentialFilter::all_of(CredentialType::Token);
            let paging = Paging::new(MAX_PAGE_SIZE, after);
            let page =
                credentials::list(self.state, self.user, filter, StatusFilter::Active, paging)
                    .await?;
            tokens.extend(page.rows.into_iter().map(TokenInfo::new));
            after = page.next;
            if after.is_none() {
                return Ok(tokens);
            }
        }
    }

    /// Revokes one token. It is in force on every server when this returns. A token that was
    /// revoked before is no error.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](super::ErrorKind::NotFound) if the user has no such token.
    pub async fn revoke(&self, id: CredentialId) -> Result<Receipt, Error> {
        let (state, user) = (self.state, self.user);
        find_to_revoke(state, user, CredentialType::Token, id).await?;
        let receipt = revoke::revoke_token(state, user, id, Actor::operator()).await?;
        Ok(Receipt::new(&receipt))
    }
}
