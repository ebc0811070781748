//! The sorts of credentials.

/// How a credential's secret travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CredentialType {
    /// A browser's: in the signed cookie.
    Session,
    /// An API client's: in `Authorization: Bearer`.
    Token,
}

impl CredentialType {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Session, Self::Token];

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Token => "token",
        }
    }

    /// The class with this name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == text)
    }
}

/// What sort of session or token it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CredentialKind {
    /// A session on a computer.
    Desktop,
    /// A session on a phone.
    Mobile,
    /// A session on a tablet.
    Tablet,
    /// A session of what is no browser that we know.
    Other,
    /// A token made by its owner.
    Personal,
    /// A token given to an app or command line that signed in with a password.
    Device,
    /// A token made by an operator for a machine.
    Service,
}

impl CredentialKind {
    /// Every kind, sessions' first.
    pub const ALL: [Self; 7] = [
        Self::Desktop,
        Self::Mobile,
        Self::Tablet,
        Self::Other,
        Self::Personal,
        Self::Device,
        Self::Service,
    ];

    /// Its name.
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

    /// What a person would call one of it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Desktop => "computer",
            Self::Mobile => "phone",
            Self::Tablet => "tablet",
            Self::Other => "other device",
            Self::Personal => "personal token",
            Self::Device => "device token",
            Self::Service => "service token",
        }
    }

    /// The class that it is a sort of.
    #[must_use]
    pub const fn class(self) -> CredentialType {
        match self {
            Self::Desktop | Self::Mobile | Self::Tablet | Self::Other => CredentialType::Session,
            Self::Personal | Self::Device | Self::Service => CredentialType::Token,
        }
    }

    /// Every kind of this class.
    pub fn of(class: CredentialType) -> impl Iterator<Item = Self> {
        Self::ALL
            .into_iter()
            .filter(move |kind| kind.class() == class)
    }

    /// The kind with this name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}
