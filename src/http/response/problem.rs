//! The HTTP representation of an [`Error`]: status, problem type and text.

use std::{borrow::Cow, time::Duration};

use actix_web::{HttpResponse, ResponseError, http::StatusCode};

use super::field_texts::FieldTexts;
use crate::{
    error::Error,
    i18n::{Language, humanize},
};

impl Error {
    /// Returns the status of the response.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.kind().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Returns the last path segment of the problem's `type`. It is stable, for programs.
    #[must_use]
    pub const fn slug(&self) -> &'static str {
        self.kind().slug
    }

    /// Returns a short description of the problem type.
    #[must_use]
    pub const fn title(&self) -> &'static str {
        self.kind().title
    }

    /// Returns the next step for the client or the user, in one or two sentences.
    #[must_use]
    pub fn detail(&self) -> Cow<'static, str> {
        match self {
            Self::NotSignedIn {
                invalid_token: true,
            } => "The token is unknown, ended, paused or expired. Use another one.".into(),
            Self::NotSignedIn { .. } => {
                "Sign in, or send a token in the Authorization header.".into()
            }
            Self::MultipleCredentials | Self::SeveralAuthorizations => {
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
            Self::SessionRequired => "A token cannot do this. Sign in with a browser.".into(),
            Self::ExceedsCallerLifetime(end) => {
                format!("The token that asks ends at {end}. Ask for a time before that.").into()
            }
            Self::DuplicateSubmission => "Nothing was done a second time.".into(),
            Self::OtherAccount => {
                "Nothing was done: this form belongs to another account. Go on with the account \
                 that is signed in now, or sign out and sign in with the other one."
                    .into()
            }
            Self::ReauthenticationRequired => {
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
            Self::BodyTimeout => "Nothing was done. Send it again, faster.".into(),
            Self::WrongMediaType(wanted) => format!("Send it as {wanted}.").into(),
            Self::Misdirected => {
                "This service answers under another name. Use the address that you were given."
                    .into()
            }
            Self::Malformed(what) => what.clone().into(),
            Self::Invalid(fields) => FieldTexts::new(Language::English, fields)
                .to_string()
                .into(),
            Self::Throttled(wait) => format!(
                "Try again in {}. What comes before that is not looked at, right or wrong.",
                humanize::length(Language::English, *wait)
            )
            .into(),
            Self::Busy => "Try again in a few seconds.".into(),
            Self::Unavailable(_) | Self::SerializationFailure(_) => {
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

    /// Returns title and detail: `Too many attempts. Try again in 3 seconds.`
    #[must_use]
    pub fn sentence(&self) -> String {
        format!("{}. {}", self.title(), self.detail())
    }

    /// Returns the error code of an error that only OAuth endpoints have (RFC 6749, section 5.2).
    #[must_use]
    pub const fn oauth_code(&self) -> Option<&'static str> {
        match self {
            Self::InvalidClient => Some("invalid_client"),
            Self::InvalidRequest(_) => Some("invalid_request"),
            _ => None,
        }
    }

    /// Returns the time after which a retry can succeed (`Retry-After`; RFC 9110, section 10.2.3).
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Throttled(wait) => Some(*wait),
            Self::Busy => Some(Duration::from_secs(2)),
            Self::Unavailable(_) | Self::SerializationFailure(_) | Self::OutcomeUnknown(_) => {
                Some(Duration::from_secs(5))
            }
            _ => None,
        }
    }
}

/// Passes the error to [`super::error_response`], which writes the response. If an error bypasses
/// that module, the response has the right status and an empty body.
impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status())
    }
}
