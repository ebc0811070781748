//! The one error type: what a caller is told, and apart from it what the log is told.
//!
//! A handler returns `Error`; `web::refusal` turns it into a page or a problem (RFC 9457), by who asked.

mod problem_type;

use std::{borrow::Cow, time::Duration};

use actix_web::{HttpResponse, ResponseError, http::StatusCode};

use crate::{
    crypto::{password_hash::HashError, rng::NoRandomness},
    db::{self, Collision},
    i18n::humanize,
    types::fields::FieldErrors,
    util::clock::Timestamp,
};

pub use self::problem_type::{KINDS, Kind};

/// What a verb or handler answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something was not done.
///
/// `Display` is for the log. What the caller is told is [`Error::status`], [`Error::slug`],
/// [`Error::title`] and [`Error::detail`], none of which holds a cause.
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
    TwoPasses,
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
    SessionsOnly,
    /// A token may not make one that lives longer than itself.
    #[error("a token asked for one that outlives it")]
    OutlivesCaller(Timestamp),
    /// The form was sent before, and did what it does then.
    #[error("a form was sent twice")]
    FormSentTwice,
    /// The form was made for another user than the one who is signed in.
    #[error("a form of another account")]
    OtherAccount,
    /// The password must be confirmed first; `back` is where a browser goes afterwards.
    #[error("the password is to be confirmed first")]
    ConfirmPassword {
        /// A path on this origin.
        back: String,
    },
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
    TooSlow,
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
    Collided(String),
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

    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.kind().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The last part of the problem's `type`: stable, for programs.
    #[must_use]
    pub const fn slug(&self) -> &'static str {
        self.kind().slug
    }

    /// What happened, in a few words.
    #[must_use]
    pub const fn title(&self) -> &'static str {
        self.kind().title
    }

    /// What to do next, in a sentence or two.
    #[must_use]
    pub fn detail(&self) -> Cow<'static, str> {
        match self {
            Self::NotSignedIn {
                invalid_token: true,
            } => "The token is unknown, ended, paused or expired. Use another one.".into(),
            Self::NotSignedIn { .. } => {
                "Sign in, or send a token in the Authorization header.".into()
            }
            Self::TwoPasses | Self::SeveralAuthorizations => {
                "Send one Authorization header.".into()
            }
            Self::TokenMissing => {
                "Send a token: as Authorization: Bearer, or as the password of HTTP Basic.".into()
            }
            Self::InvalidClient => {
                "The password is no token's secret, or the token is ended, paused or expired."
                    .into()
            }
            Self::InvalidRequest(what) => (*what).into(),
            Self::WrongPassword => "Check both and try again.".into(),
            Self::MissingAbility(abilities) => {
                format!("It needs {abilities}. Use a token that has it.").into()
            }
            Self::SessionsOnly => "A token cannot do this. Sign in with a browser.".into(),
            Self::OutlivesCaller(end) => {
                format!("The token that asks ends at {end}. Ask for a time before that.").into()
            }
            Self::FormSentTwice => "Nothing was done a second time.".into(),
            Self::OtherAccount => {
                "Nothing was done: this form belongs to another account. Go on with the account \
                 that is signed in now, or sign out and sign in with the other one."
                    .into()
            }
            Self::ConfirmPassword { .. } => {
                "Enter your password once more, then repeat what you were doing.".into()
            }
            Self::CrossSite => {
                "Nothing was done. Open the page here and send the form again.".into()
            }
            Self::HttpsRequired(url) => {
                format!("Nothing was done. Open {url} and enter it again there.").into()
            }
            Self::RegistrationClosed => {
                "Accounts are made by whoever runs this service. Ask them for one.".into()
            }
            Self::NotFound => "Check the address. What was here may be gone.".into(),
            Self::MethodNotAllowed(allowed) => format!("This address takes {allowed}.").into(),
            Self::PreviewOutdated => {
                "Nothing was ended. Look at the new preview and decide again.".into()
            }
            Self::TooManyTokens(most) => format!(
                "Nothing was made: {most} tokens can be live at once. Revoke some that you no \
                 longer use, then try again."
            )
            .into(),
            Self::TooLarge(limit) => format!("Send at most {limit} bytes.").into(),
            Self::TooSlow => "Nothing was done. Send it again, faster.".into(),
            Self::WrongMediaType(wanted) => format!("Send it as {wanted}.").into(),
            Self::Misdirected => {
                "This service answers under another name. Use the address that you were given."
                    .into()
            }
            Self::Malformed(what) => what.clone().into(),
            Self::Invalid(fields) => fields.to_string().into(),
            Self::Throttled(wait) => format!(
                "Try again in {}. What comes before that is not looked at, right or wrong.",
                humanize::length(*wait)
            )
            .into(),
            Self::Busy => "Try again in a few seconds.".into(),
            Self::Unavailable(_) | Self::Collided(_) => {
                "Nothing was changed. Try again in a few seconds.".into()
            }
            Self::OutcomeUnknown(_) => {
                "Look in a few seconds whether it was, and do it again if not.".into()
            }
            Self::Internal(_) => {
                "It has been noted in the log. Try again; if it stays, tell whoever runs this \
                 service."
                    .into()
            }
        }
    }

    /// Both in one: `Too many attempts. Try again in 3 seconds.`
    #[must_use]
    pub fn sentence(&self) -> String {
        format!("{}. {}", self.title(), self.detail())
    }

    /// The code of what only OAuth's own endpoints answer (RFC 6749, section 5.2).
    #[must_use]
    pub const fn oauth_code(&self) -> Option<&'static str> {
        match self {
            Self::InvalidClient => Some("invalid_client"),
            Self::InvalidRequest(_) => Some("invalid_request"),
            _ => None,
        }
    }

    /// After which time asking again makes sense (`Retry-After`; RFC 9110, section 10.2.3).
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Throttled(wait) => Some(*wait),
            Self::Busy => Some(Duration::from_secs(2)),
            Self::Unavailable(_) | Self::Collided(_) | Self::OutcomeUnknown(_) => {
                Some(Duration::from_secs(5))
            }
            _ => None,
        }
    }
}

/// Carries the error to `web::refusal`, which gives it its form. Should one ever get past it, the
/// status is right and nothing is told.
impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status())
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
        if !error.is_collision() {
            metrics::counter!("narthex_database_errors_total").increment(1);
        }
        match error {
            db::Error::Unknown(_) => Self::OutcomeUnknown(cause),
            db::Error::Panicked => Self::Internal(cause),
            _ if error.is_collision() => Self::Collided(cause),
            _ => Self::Unavailable(cause),
        }
    }
}

impl Collision for Error {
    fn is_collision(&self) -> bool {
        matches!(self, Self::Collided(_))
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

impl From<NoRandomness> for Error {
    fn from(error: NoRandomness) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<FieldErrors> for Error {
    fn from(fields: FieldErrors) -> Self {
        Self::Invalid(fields)
    }
}
