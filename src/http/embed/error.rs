//! The error of an operation that the app calls.

use std::fmt;

use actix_web::{HttpResponse, ResponseError, http::StatusCode};

use crate::{
    error::Error as Inner,
    http::response::error_response,
    i18n::{self, Language},
};

/// The reason why an operation failed. Nothing was changed, except for
/// [`ErrorKind::OutcomeUnknown`].
///
/// It is a response too, so a handler can return it with `?`: a problem (RFC 9457) with the status
/// that the API of Narthex has.
pub struct Error(pub(super) Inner);

/// The kind of an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The user or the credential does not exist.
    NotFound,
    /// A value is invalid. [`Error::fields`] has the reasons.
    Invalid,
    /// The preview is not current any more.
    PreviewOutdated,
    /// The user has the largest number of tokens.
    TooManyTokens,
    /// The database does not answer, or too many passwords are being hashed. Retry later.
    Unavailable,
    /// The database did not confirm the change. It may have happened.
    OutcomeUnknown,
    /// Another reason.
    Other,
}

impl Error {
    /// Returns the kind.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match &self.0 {
            Inner::NotFound => ErrorKind::NotFound,
            Inner::Invalid(_) => ErrorKind::Invalid,
            Inner::PreviewOutdated => ErrorKind::PreviewOutdated,
            Inner::TooManyTokens(_) => ErrorKind::TooManyTokens,
            Inner::Unavailable(_) | Inner::SerializationFailure(_) | Inner::Busy => {
                ErrorKind::Unavailable
            }
            Inner::OutcomeUnknown(_) => ErrorKind::OutcomeUnknown,
            _ => ErrorKind::Other,
        }
    }

    /// Returns each invalid field with advice for the user, in English.
    #[must_use]
    pub fn fields(&self) -> Vec<(String, String)> {
        let Inner::Invalid(fields) = &self.0 else {
            return Vec::new();
        };
        let advice = |message| i18n::text(Language::english(), message);
        fields
            .iter()
            .map(|(field, message)| (field.to_owned(), advice(message)))
            .collect()
    }
}

impl From<Inner> for Error {
    fn from(error: Inner) -> Self {
        Self(error)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Error").field(&self.kind()).finish()
    }
}

/// For the log.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.fields().as_slice() {
            [] => self.0.fmt(f),
            fields => {
                let all: Vec<String> = fields
                    .iter()
                    .map(|(field, advice)| format!("{field}: {advice}"))
                    .collect();
                f.write_str(&all.join(" "))
            }
        }
    }
}

impl std::error::Error for Error {}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        self.0.status()
    }

    fn error_response(&self) -> HttpResponse {
        // No page describes what an app asks for (RFC 9457, section 4.2.1).
        error_response::problem_of_type("about:blank".to_owned(), &self.0)
    }
}
