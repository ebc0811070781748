//! The formats of secrets. A format is the system that made the secret and the header or cookie
//! that carries it.

use super::credential_kind::CredentialType;

/// The format of a secret. A secret is accepted only in its own format. So a session secret is not
/// accepted as a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SecretForm {
    /// The secret of a session, in the signed cookie.
    Session,
    /// The secret of a token that Narthex made.
    Token,
    /// A token of Laravel Sanctum.
    Sanctum,
    /// A token of django-rest-knox.
    Knox,
    /// A token of Django REST framework.
    Drf,
    /// An API key of better-auth.
    BetterAuth,
}

impl SecretForm {
    /// The forms of other systems.
    pub const FOREIGN: [Self; 4] = [Self::Sanctum, Self::Knox, Self::Drf, Self::BetterAuth];

    /// Returns the name of the other system. `None` for the forms of Narthex.
    #[must_use]
    pub const fn foreign_name(self) -> Option<&'static str> {
        match self {
            Self::Session | Self::Token => None,
            Self::Sanctum => Some("sanctum"),
            Self::Knox => Some("knox"),
            Self::Drf => Some("drf"),
            Self::BetterAuth => Some("better-auth"),
        }
    }

    /// Returns the format with this name of another system.
    #[must_use]
    pub fn parse_foreign(name: &str) -> Option<Self> {
        Self::FOREIGN
            .into_iter()
            .find(|form| form.foreign_name() == Some(name))
    }

    /// Returns the text that the database stores. It is empty for the forms of Narthex.
    #[must_use]
    pub const fn as_stored(self) -> &'static str {
        match self.foreign_name() {
            Some(name) => name,
            None => "",
        }
    }

    /// Returns the format of a stored secret. `None` if this version does not know it.
    #[must_use]
    pub fn from_stored(class: CredentialType, stored: &str) -> Option<Self> {
        match (class, stored) {
            (CredentialType::Session, "") => Some(Self::Session),
            (CredentialType::Token, "") => Some(Self::Token),
            (CredentialType::Token, name) => Self::parse_foreign(name),
            (CredentialType::Session, _) => None,
        }
    }
}
