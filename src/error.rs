//! The one error type: why something was not done.
//!
//! `Display` is for the log. `http::response::problem` says how a caller is told.

use std::time::Duration;

use crate::{
    crypto::{password_hash::HashError, rng::RngError},
    db::{self, IsRetryable},
    types::fields::FieldErrors,
    util::clock::Timestamp,
};

/// What a verb or handler answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something was not done.
///
/// `Display` is for the log. A caller is told a status, a problem type and a text, none of which holds
/// the cause.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// Nobody was recognised: no credential came, or (`true`) one came that is not valid.
    #[error("not signed in")]
    NotSignedIn {
        /// Whether a bearer token came and was refused (RFC 6750, section 3.1, `invalid_token`).
        invalid_token: bool,
    },
    /// Two `Authorization` headers came (RFC 6750, section 3.1, `invalid_request`).
    #[error("two Authorization headers")]
    MultipleCredentials,
    /// Several `Authorization` headers came with a request to an app behind a proxy, where every
    /// refusal of a credential is 401.
    #[error("several Authorization headers")]
    SeveralAuthorizations,
    /// Nobody was recognised where only tokens count.
    #[error("no token")]
    TokenMissing,
    /// An OAuth client's password is no token's secret (RFC 6749, section 5.2, `invalid_client`).
    #[error("invalid client")]
    InvalidClient,
    /// The parameters of an OAuth request (RFC 6749, section 5.2, `invalid_request`).
    #[error("invalid OAuth request: {0}")]
    InvalidRequest(&'static str),
    /// E-mail and password do not belong together, or the account is disabled: one answer for all.
    #[error("wrong e-mail or password")]
    WrongPassword,
    /// The token lacks these abilities (RFC 6750, section 3.1, `insufficient_scope`).
    #[error("missing ability: {0}")]
    MissingAbility(String),
    /// Only a session may do this, and a token asked.
    #[error("a token asked for what only a session may do")]
    SessionRequired,
    /// A token may not make one that lives longer than itself.
    #[error("a token asked for one that outlives it")]
    ExceedsCallerLifetime(Timestamp),
    /// The form was sent before, and did what it does then.
    #[error("a form was sent twice")]
    DuplicateSubmission,
    /// The form was made for another user than the one who is signed in.
    #[error("a form of another account")]
    OtherAccount,
    /// The password must be confirmed first.
    #[error("the password is to be confirmed first")]
    ReauthenticationRequired,
    /// Another site's page sent this.
    #[error("cross-site request")]
    CrossSite,
    /// A page sent this that was opened by http, where the public URL, named here, is https.
    #[error("a page that was opened by http")]
    HttpsRequired(String),
    /// Accounts are made by an operator.
    #[error("registration is closed")]
    RegistrationClosed,
    /// There is no such thing, or it is somebody else's: nobody is to learn which.
    #[error("not found")]
    NotFound,
    /// The path takes other methods: `Allow`'s value.
    #[error("method not allowed")]
    MethodNotAllowed(String),
    /// What a preview showed is no longer what would end.
    #[error("the preview is out of date")]
    PreviewOutdated,
    /// The user has this many live tokens, and may have no more.
    #[error("{0} tokens, which is the most")]
    TooManyTokens(usize),
    /// The body is longer than this many bytes.
    #[error("body over {0} bytes")]
    TooLarge(usize),
    /// The body did not come in the time that there is for it.
    #[error("the body came too slowly")]
    BodyTimeout,
    /// The body is not of this media type.
    #[error("body is not {0}")]
    WrongMediaType(&'static str),
    /// The request was sent to a host name that is not ours (RFC 9110, section 15.5.20).
    #[error("misdirected to another host name")]
    Misdirected,
    /// The request cannot be read at all; the text says what is wrong with it.
    #[error("malformed: {0}")]
    Malformed(String),
    /// Fields that cannot be taken as they are.
    #[error("invalid: {0}")]
    Invalid(FieldErrors),
    /// Come back after this time.
    #[error("throttled for {0:?}")]
    Throttled(Duration),
    /// More sign-ins are under way than can be served at once.
    #[error("password hashing is busy")]
    Busy,
    /// The database cannot be reached.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// The database let another change go first, more than once.
    #[error("collided: {0}")]
    SerializationFailure(String),
    /// The database did not say whether it was done.
    #[error("outcome unknown: {0}")]
    OutcomeUnknown(String),
    /// Something is wrong with Narthex itself.
    #[error("internal: {0}")]
    Internal(String),
}

impl Error {
    /// Something that should not be able to happen, for the log.
    #[must_use]
    pub fn internal(what: impl std::fmt::Display) -> Self {
        Self::Internal(what.to_string())
    }
}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        Self::from(db::Error::Query(error))
    }
}

/// Whatever the database's trouble is, the caller is told to come back: nothing was done, and
/// nothing is taken to be absent because it could not be read.
impl From<db::Error> for Error {
    fn from(error: db::Error) -> Self {
        let cause = error.to_string();
        if !error.is_retryable() {
            metrics::counter!("narthex_database_errors_total").increment(1);
        }
        match error {
            db::Error::Unknown(_) => Self::OutcomeUnknown(cause),
            db::Error::Panicked => Self::Internal(cause),
            _ if error.is_retryable() => Self::SerializationFailure(cause),
            _ => Self::Unavailable(cause),
        }
    }
}

impl IsRetryable for Error {
    fn is_retryable(&self) -> bool {
        matches!(self, Self::SerializationFailure(_))
    }

    fn is_unexplained(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

impl From<HashError> for Error {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => Self::Busy,
            HashError::Failed(why) => Self::Internal(why),
        }
    }
}

impl From<RngError> for Error {
    fn from(error: RngError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<FieldErrors> for Error {
    fn from(fields: FieldErrors) -> Self {
        Self::Invalid(fields)
    }
}
