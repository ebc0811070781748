//! The problem types. Each has its name for programs, its status, its title and an explanation.

use crate::{
    error::Error,
    types::message::{Message, problem},
};

/// One problem type.
#[derive(Debug)]
pub struct ProblemType {
    /// The last path segment of the problem's `type`. It is stable, for programs.
    pub slug: &'static str,
    /// The status of the response.
    pub status: u16,
    /// A short description.
    pub title: fn() -> Message,
    /// The explanation and the remedy, in more detail than `detail`.
    pub meaning: fn() -> Message,
}

macro_rules! kinds {
    ($($name:ident $status:literal $slug:literal $title:path, $meaning:path;)*) => {
        $(const $name: ProblemType = ProblemType {
            slug: $slug,
            status: $status,
            title: $title,
            meaning: $meaning,
        };)*

        /// All problem types.
        pub const PROBLEM_TYPES: &[ProblemType] = &[$($name),*];
    };
}

kinds! {
    NOT_SIGNED_IN 401 "not-signed-in" problem::not_signed_in, problem::not_signed_in_meaning;
    INVALID_CLIENT 401 "invalid-client" problem::invalid_client, problem::invalid_client_meaning;
    WRONG_PASSWORD 401 "wrong-password" problem::wrong_password, problem::wrong_password_meaning;
    SECOND_FACTOR_REQUIRED 401 "second-factor-required" problem::second_factor_required, problem::second_factor_required_meaning;
    CONFIRM_SECOND_FACTOR 403 "confirm-second-factor" problem::confirm_second_factor, problem::confirm_second_factor_meaning;
    INSUFFICIENT_AUTHENTICATION 401 "insufficient-user-authentication" problem::insufficient_authentication, problem::insufficient_authentication_meaning;
    MISSING_ABILITY 403 "missing-ability" problem::missing_ability, problem::missing_ability_meaning;
    SESSIONS_ONLY 403 "sessions-only" problem::sessions_only, problem::sessions_only_meaning;
    OUTLIVES_CALLER 403 "outlives-caller" problem::outlives_caller, problem::outlives_caller_meaning;
    CONFIRM_PASSWORD 403 "confirm-password" problem::confirm_password, problem::confirm_password_meaning;
    CROSS_SITE 403 "cross-site" problem::cross_site, problem::cross_site_meaning;
    HTTPS_REQUIRED 403 "https-required" problem::https_required, problem::https_required_meaning;
    EMAIL_NOT_VERIFIED 403 "email-not-verified" problem::email_not_verified, problem::email_not_verified_meaning;
    REGISTRATION_CLOSED 403 "registration-closed" problem::registration_closed, problem::registration_closed_meaning;
    NOT_FOUND 404 "not-found" problem::not_found, problem::not_found_meaning;
    METHOD_NOT_ALLOWED 405 "method-not-allowed" problem::method_not_allowed, problem::method_not_allowed_meaning;
    TOO_SLOW 408 "too-slow" problem::too_slow, problem::too_slow_meaning;
    FORM_SENT_TWICE 409 "form-sent-twice" problem::form_sent_twice, problem::form_sent_twice_meaning;
    OTHER_ACCOUNT 409 "other-account" problem::other_account, problem::other_account_meaning;
    OTHER_LINK 409 "other-link" problem::other_link, problem::other_link_meaning;
    PREVIEW_OUTDATED 409 "preview-outdated" problem::preview_outdated, problem::preview_outdated_meaning;
    TOO_MANY_TOKENS 409 "too-many-tokens" problem::too_many_tokens, problem::too_many_tokens_meaning;
    TOO_LARGE 413 "too-large" problem::too_large, problem::too_large_meaning;
    WRONG_MEDIA_TYPE 415 "wrong-media-type" problem::wrong_media_type, problem::wrong_media_type_meaning;
    MISDIRECTED 421 "misdirected" problem::misdirected, problem::misdirected_meaning;
    INVALID 422 "invalid" problem::invalid, problem::invalid_meaning;
    UNKNOWN_PASSKEY 422 "unknown-passkey" problem::unknown_passkey, problem::unknown_passkey_meaning;
    THROTTLED 429 "throttled" problem::throttled, problem::throttled_meaning;
    MALFORMED 400 "malformed" problem::malformed, problem::malformed_meaning;
    INVALID_REQUEST 400 "invalid-request" problem::invalid_request, problem::invalid_request_meaning;
    INTERNAL 500 "internal" problem::internal, problem::internal_meaning;
    BUSY 503 "busy" problem::busy, problem::busy_meaning;
    UNAVAILABLE 503 "unavailable" problem::unavailable, problem::unavailable_meaning;
    OUTCOME_UNKNOWN 503 "outcome-unknown" problem::outcome_unknown, problem::outcome_unknown_meaning;
}

impl ProblemType {
    /// Returns the problem type with this `slug`.
    #[must_use]
    pub fn named(slug: &str) -> Option<&'static Self> {
        PROBLEM_TYPES.iter().find(|kind| kind.slug == slug)
    }
}

impl Error {
    /// Returns the problem type.
    #[must_use]
    pub const fn kind(&self) -> &'static ProblemType {
        match self {
            Self::NotSignedIn { .. } | Self::SeveralAuthorizations | Self::TokenMissing => {
                &NOT_SIGNED_IN
            }
            Self::InvalidClient => &INVALID_CLIENT,
            Self::InvalidRequest(_) => &INVALID_REQUEST,
            Self::WrongPassword => &WRONG_PASSWORD,
            Self::SecondFactorRequired(_) => &SECOND_FACTOR_REQUIRED,
            Self::SecondFactorConfirmationRequired => &CONFIRM_SECOND_FACTOR,
            Self::InsufficientAuthentication(_)
            | Self::SecondFactorMissing
            | Self::SecondFactorUnproved => &INSUFFICIENT_AUTHENTICATION,
            Self::MissingAbility(_) => &MISSING_ABILITY,
            Self::SessionRequired => &SESSIONS_ONLY,
            Self::ExceedsCallerLifetime(_) => &OUTLIVES_CALLER,
            Self::DuplicateSubmission => &FORM_SENT_TWICE,
            Self::ReauthenticationRequired => &CONFIRM_PASSWORD,
            Self::CrossSite => &CROSS_SITE,
            Self::HttpsRequired(_) => &HTTPS_REQUIRED,
            Self::EmailNotVerified => &EMAIL_NOT_VERIFIED,
            Self::RegistrationClosed => &REGISTRATION_CLOSED,
            Self::NotFound => &NOT_FOUND,
            Self::MethodNotAllowed(_) => &METHOD_NOT_ALLOWED,
            Self::OtherAccount => &OTHER_ACCOUNT,
            Self::OtherLink => &OTHER_LINK,
            Self::PreviewOutdated => &PREVIEW_OUTDATED,
            Self::TooManyTokens(_) => &TOO_MANY_TOKENS,
            Self::TooLarge(_) => &TOO_LARGE,
            Self::BodyTimeout => &TOO_SLOW,
            Self::WrongMediaType(_) => &WRONG_MEDIA_TYPE,
            Self::Misdirected => &MISDIRECTED,
            Self::Malformed(_) | Self::MultipleCredentials => &MALFORMED,
            Self::Invalid(_) => &INVALID,
            Self::UnknownPasskey => &UNKNOWN_PASSKEY,
            Self::Throttled(_) => &THROTTLED,
            Self::Busy => &BUSY,
            Self::Unavailable(_) | Self::SerializationFailure(_) => &UNAVAILABLE,
            Self::OutcomeUnknown(_) => &OUTCOME_UNKNOWN,
            Self::Internal(_) => &INTERNAL,
        }
    }
}
