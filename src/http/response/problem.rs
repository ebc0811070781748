//! The HTTP representation of an [`Error`]: status, problem type and text.

use std::time::Duration;

use actix_web::{HttpResponse, ResponseError, http::StatusCode};

use super::field_texts::FieldTexts;
use crate::{
    error::Error,
    i18n::{self, Language},
    types::message::{Message, problem},
};

/// The parts of a list in one text.
fn words(text: &str, separator: char) -> Vec<String> {
    text.split(separator)
        .map(|word| word.trim().to_owned())
        .collect()
}

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
    pub fn title(&self, language: &Language) -> String {
        i18n::text(language, &(self.kind().title)())
    }

    /// Returns the next step for the client or the user, in one or two sentences.
    #[must_use]
    pub fn detail(&self, language: &Language) -> String {
        match self {
            Self::Invalid(fields) => FieldTexts::new(language, fields).to_string(),
            other => i18n::text(language, &other.detail_message()),
        }
    }

    fn detail_message(&self) -> Message {
        match self {
            Self::NotSignedIn {
                invalid_token: true,
            } => problem::use_another_token(),
            Self::NotSignedIn { .. } => problem::sign_in_or_send_token(),
            Self::MultipleCredentials | Self::SeveralAuthorizations => {
                problem::several_authorizations()
            }
            Self::TokenMissing => problem::send_token(),
            Self::InvalidClient => problem::client_secret_refused(),
            Self::InvalidRequest(message) | Self::Malformed(message) => message.clone(),
            Self::WrongPassword => problem::check_both(),
            Self::UnknownPasskey => problem::use_another_way(),
            Self::SecondFactorRequired(_) => problem::send_code(),
            Self::SecondFactorConfirmationRequired => problem::repeat_after_second_factor(),
            Self::InsufficientAuthentication(_) | Self::SecondFactorUnproved => {
                problem::confirm_for_resource()
            }
            Self::SecondFactorMissing => problem::set_up_second_factor(),
            Self::MissingAbility(abilities) => problem::needs_abilities(words(abilities, ' ')),
            Self::SessionRequired => problem::use_browser(),
            Self::ExceedsCallerLifetime(end) => problem::choose_earlier_expiry(*end),
            Self::DuplicateSubmission => problem::nothing_repeated(),
            Self::OtherAccount => problem::form_of_other_account(),
            Self::OtherLink => problem::form_of_other_link(),
            Self::ReauthenticationRequired => problem::repeat_after_confirmation(),
            Self::CrossSite => problem::send_form_here(),
            Self::HttpsRequired(url) => problem::open_https(url.clone()),
            Self::EmailNotVerified => problem::follow_verification_link(),
            Self::RegistrationClosed => problem::ask_operator_for_account(),
            Self::NotFound => problem::check_address(),
            Self::MethodNotAllowed(allowed) => problem::allowed_methods(words(allowed, ',')),
            Self::PreviewOutdated => problem::review_list(),
            Self::TooManyTokens(most) => problem::revoke_unused_tokens(*most),
            Self::TooLarge(limit) => problem::body_limit(*limit),
            Self::BodyTimeout => problem::send_again(),
            Self::WrongMediaType(wanted) => problem::send_media_type(wanted),
            Self::Misdirected => problem::use_given_address(),
            Self::Invalid(_) => problem::invalid_meaning(),
            Self::Throttled(wait) => problem::wait(*wait),
            Self::Busy => problem::try_again_soon(),
            Self::Unavailable(_) | Self::SerializationFailure(_) => problem::nothing_changed(),
            Self::OutcomeUnknown(_) => problem::check_outcome(),
            Self::Internal(_) => problem::tell_operator(),
        }
    }

    /// Returns title and detail: `Too many attempts. Try again in 3 seconds.`
    #[must_use]
    pub fn sentence(&self, language: &Language) -> String {
        format!("{}. {}", self.title(language), self.detail(language))
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
