//! Responses to an [`Error`]: a page for browsers, a problem (RFC 9457) for programs, and an OAuth
//! error (RFC 6749, section 5.2) for the errors of OAuth endpoints only.

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    http::{
        Method, StatusCode,
        header::{self, HeaderValue},
    },
};
use serde::Serialize;
use std::{collections::BTreeMap, time::Duration};
use utoipa::ToSchema;

#[cfg(feature = "pages")]
use super::error_page::error_page;
use super::field_texts::FieldTexts;
use crate::{
    config::Mount,
    error::Error,
    http::{address::mount_of, openapi::schemas, paths},
    i18n::Language,
    types::{ability::Ability, assurance::ACR_TWO_FACTORS, message::problem},
};

/// The format of an error response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseFormat {
    /// A page for a person with a browser. No response has it without the feature `pages`.
    Html,
    /// JSON for a program.
    Json,
}

impl ResponseFormat {
    /// Returns the format for the whole path of a request. It depends on the path alone, because
    /// errors like 404 have no route. A path outside the mount belongs to the app, or RFC 8615
    /// requires it there. So the whole path decides.
    #[must_use]
    pub fn at(mount: &Mount, path: &str) -> Self {
        Self::of(mount.relative(path).unwrap_or(path))
    }

    /// Returns the format for a path that is relative to the mount.
    #[must_use]
    pub fn of(path: &str) -> Self {
        let below = |prefix: &str| {
            path.strip_prefix(prefix)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let programs = [
            // Includes versions that do not exist.
            "/api",
            paths::HEALTH,
            paths::READY,
            "/auth",
            "/oauth",
            paths::OPENAPI,
            "/.well-known",
        ];
        if cfg!(not(feature = "pages")) || programs.into_iter().any(below) {
            Self::Json
        } else {
            Self::Html
        }
    }
}

/// The calls of the scripts of pages. They are part of the pages, with their session and their
/// protection against requests of other sites, but a script reads the response.
const SCRIPT_CALLS: [&str; 6] = [
    paths::LOGIN_PASSKEY_OPTIONS,
    paths::LOGIN_PASSKEY,
    paths::CONFIRM_PASSKEY_OPTIONS,
    paths::CONFIRM_PASSKEY,
    paths::PASSKEY_OPTIONS,
    paths::PASSKEYS,
];

/// Returns the response to `error`.
#[must_use]
pub fn answer(request: &HttpRequest, error: &Error) -> HttpResponse {
    let (mount, path) = (mount_of(request), request.path());
    let is_call = mount
        .relative(path)
        .is_some_and(|path| SCRIPT_CALLS.contains(&path));
    // A browser that opens the address of a call gets a page. A script sends POST.
    if is_call && request.method() != Method::GET {
        return answer_as(request, error, ResponseFormat::Json);
    }
    answer_as(request, error, ResponseFormat::at(mount, path))
}

/// Returns the response to `error` in this format.
#[must_use]
pub fn answer_as(request: &HttpRequest, error: &Error, format: ResponseFormat) -> HttpResponse {
    let mount = mount_of(request);
    let mut response = match format {
        #[cfg(feature = "pages")]
        ResponseFormat::Html => error_page(request, error),
        _ => match error.oauth_code() {
            Some(code) => oauth_error(error, code),
            None => problem(mount, error),
        },
    };
    if let Error::MethodNotAllowed(allowed) = error
        && let Ok(value) = HeaderValue::from_str(allowed)
    {
        response.headers_mut().insert(header::ALLOW, value);
    }
    set_retry_after(&mut response, error);
    response
}

/// Adds `Retry-After` if a retry can succeed (RFC 9110, section 10.2.3).
pub(super) fn set_retry_after(response: &mut HttpResponse, error: &Error) {
    if let Some(wait) = error.retry_after() {
        let seconds = HeaderValue::from(whole_seconds(wait));
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
}

/// Returns a time to wait in seconds. It is rounded up, so that a retry at that second is accepted.
pub(super) fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

/// A problem (RFC 9457): the reason why a request failed.
#[derive(Serialize, ToSchema)]
pub struct Problem<'a> {
    /// The problem type. It is stable, for programs.
    #[schema(format = "uri-reference")]
    r#type: String,
    /// A short description of the problem type.
    title: &'a str,
    /// The status of the response.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// The next step of the client or the user.
    detail: &'a str,
    /// Error messages by field.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schemas::messages)]
    errors: Option<BTreeMap<&'a str, Vec<&'a str>>>,
    /// The second factors of the account, one of which is missing. This call takes the code of an
    /// authenticator app and a recovery code. A passkey needs the sign-in page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schemas::factor_methods)]
    methods: Option<&'a [&'static str]>,
}

fn problem(mount: &Mount, error: &Error) -> HttpResponse {
    problem_of_type(mount.url(&paths::problem(error.slug())), error)
}

/// Returns a problem of this type.
pub fn problem_of_type(r#type: String, error: &Error) -> HttpResponse {
    let status = error.status();
    // The API is in English.
    let texts = match error {
        Error::Invalid(fields) => Some(FieldTexts::new(Language::english(), fields)),
        _ => None,
    };
    let errors = texts.as_ref().map(|texts| {
        let mut by_field: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (field, text) in texts.iter() {
            by_field.entry(field).or_default().push(text);
        }
        by_field
    });
    let body = Problem {
        r#type,
        title: &error.title(Language::english()),
        status: status.as_u16(),
        detail: &error.detail(Language::english()),
        errors,
        methods: match error {
            Error::SecondFactorRequired(methods) => Some(methods),
            _ => None,
        },
    };
    let mut builder = HttpResponse::build(status);
    challenge(&mut builder, error);
    match serde_json::to_string(&body) {
        Ok(text) => builder.content_type("application/problem+json").body(text),
        Err(_) => builder.finish(),
    }
}

/// An OAuth error (RFC 6749, section 5.2).
#[derive(Serialize, ToSchema)]
pub struct OAuthError<'a> {
    error: &'a str,
    error_description: &'a str,
}

fn oauth_error(error: &Error, code: &str) -> HttpResponse {
    let body = OAuthError {
        error: code,
        error_description: &error.detail(Language::english()),
    };
    let mut builder = HttpResponse::build(error.status());
    challenge(&mut builder, error);
    builder.json(body)
}

/// Adds `WWW-Authenticate` (RFC 6750, section 3). A client without a credential, or with another
/// scheme, gets no error code (section 3.1). An OAuth client gets a challenge for the scheme that
/// it used (RFC 6749, section 5.2).
fn challenge(builder: &mut HttpResponseBuilder, error: &Error) {
    let quoted = |code: &str| {
        format!(
            "Bearer realm=\"narthex\", error=\"{code}\", error_description=\"{}\"",
            error.title(Language::english())
        )
    };
    let value = match error {
        Error::NotSignedIn {
            invalid_token: true,
        } => quoted("invalid_token"),
        Error::MultipleCredentials | Error::SeveralAuthorizations => quoted("invalid_request"),
        // Both challenges are in one header, because nginx passes on only one header.
        Error::TokenMissing => {
            "Bearer realm=\"narthex\", Basic realm=\"narthex\", charset=\"UTF-8\"".to_owned()
        }
        Error::InvalidClient => "Basic realm=\"narthex\", charset=\"UTF-8\"".to_owned(),
        Error::NotSignedIn { .. } | Error::WrongPassword | Error::SecondFactorRequired(_) => {
            "Bearer realm=\"narthex\"".to_owned()
        }
        Error::InsufficientAuthentication(required) => {
            let mut value = quoted("insufficient_user_authentication");
            if let Some(acr) = required.acr {
                value.push_str(&format!(", acr_values=\"{acr}\""));
            }
            if let Some(age) = required.max_age {
                value.push_str(&format!(", max_age=\"{}\"", age.as_secs()));
            }
            value
        }
        Error::SecondFactorMissing | Error::SecondFactorUnproved => format!(
            "{}, acr_values=\"{ACR_TWO_FACTORS}\"",
            quoted("insufficient_user_authentication")
        ),
        Error::MissingAbility(abilities) => {
            let quoted = quoted("insufficient_scope");
            match scope(abilities) {
                Some(scope) => format!("{quoted}, scope=\"{scope}\""),
                None => quoted,
            }
        }
        other if other.status().as_u16() == 403 => quoted("insufficient_scope"),
        _ => return,
    };
    builder.insert_header((header::WWW_AUTHENTICATE, value));
}

/// The longest `scope` in a challenge. No app requires more at once.
const MAX_SCOPE_LENGTH: usize = 512;

/// Returns the missing abilities as a `scope` (RFC 6749, section 3.3), if all are valid abilities.
/// The parameters of forward auth can contain any text, which would appear in a header.
fn scope(abilities: &str) -> Option<&str> {
    let are_valid = abilities
        .split(' ')
        .all(|name| Ability::parse(name).is_some());
    (are_valid && abilities.len() <= MAX_SCOPE_LENGTH).then_some(abilities)
}

/// Returns the error of a response: the own error of Narthex, or a conversion of an error of
/// actix-web.
#[must_use]
pub fn to_narthex_error(error: &actix_web::Error, status: StatusCode) -> Error {
    match error.as_error::<Error>() {
        Some(own) => own.to_owned(),
        None if status == StatusCode::NOT_FOUND => Error::NotFound,
        None if status.is_client_error() => Error::Malformed(problem::malformed_meaning()),
        None => Error::internal(error),
    }
}

/// Copies the cookies of the original error response to `answer`.
#[must_use]
pub fn with_cookies_of(refused: &HttpResponse, mut answer: HttpResponse) -> HttpResponse {
    for value in refused.headers().get_all(header::SET_COOKIE) {
        answer
            .headers_mut()
            .append(header::SET_COOKIE, value.clone());
    }
    answer
}
