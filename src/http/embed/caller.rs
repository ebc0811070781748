//! The caller of a route of the app.

use std::time::SystemTime;

use crate::{
    credentials::Principal,
    types::{
        ability::Ability,
        credential_kind::CredentialType,
        ids::{CredentialId, UserId},
        user::User as UserInfo,
    },
};

/// The user and the credential of a request, which were verified.
///
/// [`Can`](super::Can) and [`User`](super::User) give it to a handler. It is a snapshot: a
/// revocation that is answered while a handler runs does not stop that handler.
/// [`Narthex::verify_again`](super::Narthex::verify_again) checks it once more, for instance before
/// each message of a web socket.
#[derive(Clone, Debug)]
pub struct Caller {
    pub(super) principal: Principal,
}

impl Caller {
    /// The ID of the user.
    #[must_use]
    pub fn id(&self) -> UserId {
        self.user().id
    }

    /// The user.
    #[must_use]
    pub fn user(&self) -> &UserInfo {
        self.principal.user()
    }

    /// Returns whether the credential has an ability. A session has every ability. A text that is
    /// not an ability is never granted.
    #[must_use]
    pub fn can(&self, ability: &str) -> bool {
        let abilities = &self.principal.credential().abilities;
        Ability::missing_among(&[ability], |ability| abilities.grant(ability)).is_empty()
    }

    /// The ID of the credential: of the session or the token.
    #[must_use]
    pub fn credential(&self) -> CredentialId {
        self.principal.credential().id
    }

    /// Returns whether the credential is a session of a browser. Otherwise it is a token.
    #[must_use]
    pub fn is_session(&self) -> bool {
        self.principal.credential().class() == CredentialType::Session
    }
}

impl UserInfo {
    /// The time at which the account was created.
    #[must_use]
    pub fn created(&self) -> SystemTime {
        self.created_at.to_system_time()
    }
}
