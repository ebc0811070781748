//! The error type of all operations.
//!
//! `Display` is for the log. `http::response::problem` makes the response.

use std::time::Duration;

use crate::{
    crypto::{password_hash::HashError, rng::RngError, sealing::SealingError},
    db::{self, IsRetryable},
    types::{assurance::RequiredAssurance, fields::FieldErrors, message::Message},
    util::clock::Timestamp,
};

/// The result of an operation or a handler.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The reason why an operation failed.
///
/// `Display` is for the log. A response has a status, a problem type and a text. None of them
/// contains the cause.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The request is not authenticated: it has no credential, or (`true`) an invalid one.
    #[error("not signed in")]
    NotSignedIn {
        /// Whether the request has a bearer token that was rejected (RFC 6750, section 3.1,
        /// `invalid_token`).
        invalid_token: bool,
    },
    /// The request has two `Authorization` headers (RFC 6750, section 3.1, `invalid_request`).
    #[error("two Authorization headers")]
    MultipleCredentials,
    /// The request to an app behind a proxy has several `Authorization` headers. There every
    /// rejection of a credential is 401.
    #[error("several Authorization headers")]
    SeveralAuthorizations,
    /// The request has no token, and only a token is accepted.
    #[error("no token")]
    TokenMissing,
    /// The password of an OAuth client is no secret of a token (RFC 6749, section 5.2,
    /// `invalid_client`).
    #[error("invalid client")]
    InvalidClient,
    /// The parameters of an OAuth request are invalid (RFC 6749, section 5.2, `invalid_request`).
    #[error("invalid OAuth request: {0}")]
    InvalidRequest(Message),
    /// The e-mail address is unknown, the password is wrong, or the account is disabled. The
    /// response is the same for all.
    #[error("wrong e-mail or password")]
    WrongPassword,
    /// The password is right, and the account has a second factor that the request lacks: one of
    /// these methods, or a passkey, which the request cannot have.
    #[error("second factor required")]
    SecondFactorRequired(Vec<&'static str>),
    /// No user has the passkey of a sign-in: it was removed, or belongs to another server.
    #[error("unknown passkey")]
    UnknownPasskey,
    /// The operation requires a second factor in this session, recently.
    #[error("confirmation by a second factor required")]
    SecondFactorConfirmationRequired,
    /// The user was proved by too few factors for the resource, or too long ago (RFC 9470, section
    /// 3, `insufficient_user_authentication`).
    #[error("insufficient user authentication")]
    InsufficientAuthentication(RequiredAssurance),
    /// The user must set up a second factor before anything else (`NARTHEX_REQUIRE_SECOND_FACTOR`).
    #[error("second factor missing")]
    SecondFactorMissing,
    /// The user has a second factor, which this session has not proved, and must confirm it before
    /// anything else (`NARTHEX_REQUIRE_SECOND_FACTOR`).
    #[error("second factor not proved in this session")]
    SecondFactorUnproved,
    /// The token lacks these abilities (RFC 6750, section 3.1, `insufficient_scope`).
    #[error("missing ability: {0}")]
    MissingAbility(String),
    /// A token requested an operation that only a session may do.
    #[error("session required")]
    SessionRequired,
    /// A token cannot give a token a longer life than its own, which ends at this time.
    #[error("the token would outlive the token of the caller")]
    ExceedsCallerLifetime(Timestamp),
    /// The form was sent before, and its operation was done then.
    #[error("duplicate submission of a form")]
    DuplicateSubmission,
    /// The form belongs to another user than the authenticated one.
    #[error("the form belongs to another account")]
    OtherAccount,
    /// The form belongs to another mailed link than the one that the browser opened last.
    #[error("the form belongs to another mailed link")]
    OtherLink,
    /// The operation requires a recent authentication.
    #[error("re-authentication required")]
    ReauthenticationRequired,
    /// A page of another site sent the request.
    #[error("cross-site request")]
    CrossSite,
    /// A page that was opened over http sent the request. The public URL uses https, and this is
    /// it.
    #[error("the page was opened over http")]
    HttpsRequired(String),
    /// The address of the account is not verified yet.
    #[error("address not verified")]
    EmailNotVerified,
    /// Only operators create accounts.
    #[error("registration is closed")]
    RegistrationClosed,
    /// The resource does not exist or belongs to another user. The response is the same for both.
    #[error("not found")]
    NotFound,
    /// The path has other methods: the value of `Allow`.
    #[error("method not allowed")]
    MethodNotAllowed(String),
    /// The credentials of the preview are not the current ones.
    #[error("preview outdated")]
    PreviewOutdated,
    /// The user has this many active tokens, which is the maximum.
    #[error("limit of {0} tokens reached")]
    TooManyTokens(usize),
    /// The body is longer than this many bytes.
    #[error("body exceeds {0} bytes")]
    TooLarge(usize),
    /// The body did not arrive within the time limit.
    #[error("body timeout")]
    BodyTimeout,
    /// The body is not of this media type.
    #[error("body is not {0}")]
    WrongMediaType(&'static str),
    /// The request names a host that this server does not serve (RFC 9110, section 15.5.20).
    #[error("misdirected to another host name")]
    Misdirected,
    /// The request cannot be parsed. The text is the reason.
    #[error("malformed: {0}")]
    Malformed(Message),
    /// Fields have invalid values.
    #[error("invalid: {0}")]
    Invalid(FieldErrors),
    /// A rate limit rejects the request for this time.
    #[error("rate limit reached, retry after {0:?}")]
    Throttled(Duration),
    /// Too many password hashes are waiting.
    #[error("password hashing is busy")]
    Busy,
    /// The database cannot be reached.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// The database gave precedence to another transaction, more than once.
    #[error("serialization failure: {0}")]
    SerializationFailure(String),
    /// The database did not confirm the commit.
    #[error("outcome unknown: {0}")]
    OutcomeUnknown(String),
    /// A fault of Narthex itself.
    #[error("internal: {0}")]
    Internal(String),
}

impl Error {
    /// Returns an internal error for the log.
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

/// Converts an error of the database. The response asks the client to retry: nothing was changed,
/// and a failed query never counts as an empty result.
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

impl From<SealingError> for Error {
    fn from(error: SealingError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<FieldErrors> for Error {
    fn from(fields: FieldErrors) -> Self {
        Self::Invalid(fields)
    }
}
