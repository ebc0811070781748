//! Types and kinds of credentials.

use super::message::{Message, label};

/// The type of a credential, which decides how its secret travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CredentialType {
    /// The credential of a browser. Its secret travels in the signed cookie.
    Session,
    /// The credential of an API client. Its secret travels in `Authorization: Bearer`.
    Token,
}

impl CredentialType {
    /// Both types.
    pub const ALL: [Self; 2] = [Self::Session, Self::Token];

    /// Returns the name of the type.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Token => "token",
        }
    }

    /// Returns the type with this name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == text)
    }
}

/// The kind of a session or token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CredentialKind {
    /// A session on a computer.
    Desktop,
    /// A session on a phone.
    Mobile,
    /// A session on a tablet.
    Tablet,
    /// A session of a client that is not a known browser.
    Other,
    /// A token that its owner created.
    Personal,
    /// A token of an app or command line that signed in with a password.
    Device,
    /// A token that an operator created for a machine.
    Service,
}

impl CredentialKind {
    /// Every kind, those of sessions first.
    pub const ALL: [Self; 7] = [
        Self::Desktop,
        Self::Mobile,
        Self::Tablet,
        Self::Other,
        Self::Personal,
        Self::Device,
        Self::Service,
    ];

    /// Returns the name of the kind.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Desktop => "desktop",
            Self::Mobile => "mobile",
            Self::Tablet => "tablet",
            Self::Other => "other",
            Self::Personal => "personal",
            Self::Device => "device",
            Self::Service => "service",
        }
    }

    /// Returns the name of the kind for people.
    #[must_use]
    pub fn label(self) -> Message {
        match self {
            Self::Desktop => label::kind_desktop(),
            Self::Mobile => label::kind_mobile(),
            Self::Tablet => label::kind_tablet(),
            Self::Other => label::kind_other(),
            Self::Personal => label::kind_personal(),
            Self::Device => label::kind_device(),
            Self::Service => label::kind_service(),
        }
    }

    /// Returns the type of credentials of this kind.
    #[must_use]
    pub const fn class(self) -> CredentialType {
        match self {
            Self::Desktop | Self::Mobile | Self::Tablet | Self::Other => CredentialType::Session,
            Self::Personal | Self::Device | Self::Service => CredentialType::Token,
        }
    }

    /// Iterates over the kinds of one type.
    pub fn of(class: CredentialType) -> impl Iterator<Item = Self> {
        Self::ALL
            .into_iter()
            .filter(move |kind| kind.class() == class)
    }

    /// Returns the kind with this name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}
