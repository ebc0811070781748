//! The reasons why a line of a file is not taken.

use crate::credentials::limits::MAX_TOKENS;

/// The reason why a line is not taken.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Reason {
    /// The line cannot be read.
    #[error("it cannot be read: {0}")]
    Malformed(String),
    /// The ID is empty or too long.
    #[error("its ID is empty, or longer than 255 bytes")]
    Id,
    /// Another line has this ID.
    #[error("another line has the same ID")]
    RepeatedId,
    /// The address is malformed.
    #[error("it has no valid e-mail address")]
    Email,
    /// Another user of the file has this address.
    #[error("another user of the file has the same e-mail address")]
    RepeatedEmail,
    /// An account has this address.
    #[error("an account here has the same e-mail address (--attach-by-email)")]
    EmailHere,
    /// The secret of the user's authenticator app is missing or malformed.
    #[error(
        "it has an authenticator app that cannot be read: export it with the artisan command, or take it \
         without the app (--without-unreadable-apps)"
    )]
    SecondFactor,
    /// The user was deleted.
    #[error("its user was deleted here after an earlier import")]
    UserDeleted,
    /// The user is unknown.
    #[error("its user is neither in the file nor imported")]
    UserUnknown,
    /// The user was not taken.
    #[error("its user was not taken")]
    UserRejected,
    /// The token belongs to another model than the users.
    #[error("its owner is a {0}, not a user")]
    OtherModel(String),
    /// The digest is malformed.
    #[error("its sha256 is not 64 hexadecimal digits")]
    Digest,
    /// Another token has this digest.
    #[error("another token of the file has the same sha256")]
    RepeatedDigest,
    /// The system has no such secrets.
    #[error("its form is not one of this system")]
    Form,
    /// The ability is unknown.
    #[error("its ability \"{0}\" is neither declared nor in the map (--abilities)")]
    Ability(String),
    /// The user has too many tokens.
    #[error("its user has {MAX_TOKENS} tokens without it")]
    TooManyTokens,
}

impl Reason {
    /// Returns whether the reason is a repeated value in the file.
    #[must_use]
    pub const fn is_repetition(&self) -> bool {
        matches!(
            self,
            Self::RepeatedId | Self::RepeatedEmail | Self::RepeatedDigest
        )
    }
}
