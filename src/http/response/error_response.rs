//! What an [`Error`] looks like: a page for people, a problem (RFC 9457) for programs, and for what
//! only OAuth's endpoints answer the form that its clients read (RFC 6749, section 5.2).

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
};
use askama::Template;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

use super::html::{Layout, page, see_other};
use crate::{
    error::Error,
    http::{draft, openapi::schemas, paths},
    types::ability::Ability,
};

/// Who is at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseFormat {
    /// A person with a browser.
    Html,
    /// A program.
    Json,
}

impl ResponseFormat {
    /// By the path, so that it is known even where nothing is found.
    #[must_use]
    pub fn of(path: &str) -> Self {
        let below = |prefix: &str| {
            path.strip_prefix(prefix)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let programs = [
            // Also a version that is not there.
            "/api",
            paths::HEALTH,
            paths::READY,
            "/auth",
            "/oauth",
            paths::OPENAPI,
            "/.well-known",
        ];
        if programs.into_iter().any(below) {
            Self::Json
        } else {
            Self::Html
        }
    }
}

/// The answer that `error` is.
#[must_use]
pub fn answer(request: &HttpRequest, error: &Error) -> HttpResponse {
    let mut response = match ResponseFormat::of(request.path()) {
        ResponseFormat::Json => match error.oauth_code() {
            Some(code) => oauth_error(error, code),
            None => problem(error),
        },
        ResponseFormat::Html => error_page(request, error),
    };
    if let Error::MethodNotAllowed(allowed) = error
        && let Ok(value) = HeaderValue::from_str(allowed)
    {
        response.headers_mut().insert(header::ALLOW, value);
    }
    set_retry_after(&mut response, error);
    response
}

/// `Retry-After`, where asking again makes sense (RFC 9110, section 10.2.3).
pub(super) fn set_retry_after(response: &mut HttpResponse, error: &Error) {
    if let Some(wait) = error.retry_after() {
        // Rounded up: whoever comes back at the second that was named is let in.
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
}

/// Why something was not done (RFC 9457).
#[derive(Serialize, ToSchema)]
pub struct Problem<'a> {
    /// What sort of problem: stable, for programs.
    #[schema(format = "uri-reference")]
    r#type: String,
    /// The same in a few words.
    title: &'a str,
    /// The status of the answer.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What to do next.
    detail: &'a str,
    /// What is wrong with which field.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schemas::messages)]
    errors: Option<BTreeMap<&'a str, Vec<&'a str>>>,
}

fn problem(error: &Error) -> HttpResponse {
    let status = error.status();
    let errors = match error {
        Error::Invalid(fields) => {
            let mut by_field: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
            for (field, message) in fields.iter() {
                by_field.entry(field).or_default().push(message);
            }
            Some(by_field)
        }
        _ => None,
    };
    let body = Problem {
        r#type: paths::problem(error.slug()),
        title: error.title(),
        status: status.as_u16(),
        detail: &error.detail(),
        errors,
    };
    let mut builder = HttpResponse::build(status);
    challenge(&mut builder, error);
    match serde_json::to_string(&body) {
        Ok(text) => builder.content_type("application/problem+json").body(text),
        Err(_) => builder.finish(),
    }
}

/// What OAuth's endpoints answer where they cannot do what they are asked (RFC 6749, section 5.2).
#[derive(Serialize, ToSchema)]
pub struct OAuthError<'a> {
    error: &'a str,
    error_description: &'a str,
}

fn oauth_error(error: &Error, code: &str) -> HttpResponse {
    let body = OAuthError {
        error: code,
        error_description: &error.detail(),
    };
    let mut builder = HttpResponse::build(error.status());
    challenge(&mut builder, error);
    builder.json(body)
}

/// `WWW-Authenticate` (RFC 6750, section 3). A caller who showed nothing, or by a scheme that is not
/// ours, is told no error code (section 3.1). A client is challenged by the scheme that it used (RFC
/// 6749, section 5.2).
fn challenge(builder: &mut HttpResponseBuilder, error: &Error) {
    let quoted = |code: &str| {
        format!(
            "Bearer realm=\"narthex\", error=\"{code}\", error_description=\"{}\"",
            error.title()
        )
    };
    let value = match error {
        Error::NotSignedIn {
            invalid_token: true,
        } => quoted("invalid_token"),
        Error::MultipleCredentials | Error::SeveralAuthorizations => quoted("invalid_request"),
        // Two challenges in one header: nginx hands on no second one.
        Error::TokenMissing => {
            "Bearer realm=\"narthex\", Basic realm=\"narthex\", charset=\"UTF-8\"".to_owned()
        }
        Error::InvalidClient => "Basic realm=\"narthex\", charset=\"UTF-8\"".to_owned(),
        Error::NotSignedIn { .. } | Error::WrongPassword => "Bearer realm=\"narthex\"".to_owned(),
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

/// The longest `scope` that a challenge names: more than any app asks for at once.
const LONGEST_SCOPE: usize = 512;

/// The abilities that are missing, as a `scope` (RFC 6749, section 3.3), where all are abilities: a
/// proxy's question may ask for anything, and what it asks for comes back in a header.
fn scope(abilities: &str) -> Option<&str> {
    let all_are = abilities
        .split(' ')
        .all(|name| Ability::parse(name).is_some());
    (all_are && abilities.len() <= LONGEST_SCOPE).then_some(abilities)
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    frame: Layout,
    title: &'a str,
    detail: &'a str,
}

fn error_page(request: &HttpRequest, error: &Error) -> HttpResponse {
    match error {
        Error::NotSignedIn { .. } => {
            let back = way_back(request, list_of(request.path()));
            see_other(&paths::with_next(paths::LOGIN, &back))
        }
        Error::ReauthenticationRequired => {
            let page = draft::page_after_confirmation(request);
            let page = page.unwrap_or_else(|| list_of(request.path()).to_owned());
            see_other(&paths::with_next(paths::CONFIRM, &way_back(request, &page)))
        }
        error => {
            let template = ErrorPage {
                frame: Layout::new(request, None, None),
                title: error.title(),
                detail: &error.detail(),
            };
            page(error.status(), &template).unwrap_or_else(|_| HttpResponse::new(error.status()))
        }
    }
}

/// Back to the page that was asked for, or to the page of the form that was sent, with what was entered.
fn way_back(request: &HttpRequest, otherwise: &str) -> String {
    match (request.method().is_safe(), request.uri().path_and_query()) {
        (true, Some(path)) => path.to_string(),
        _ => draft::way_back(request, otherwise),
    }
}

/// The error behind a response: ours, or what actix-web itself had to refuse.
#[must_use]
pub fn our_error(error: &actix_web::Error, status: StatusCode) -> Error {
    match error.as_error::<Error>() {
        Some(ours) => ours.to_owned(),
        None if status == StatusCode::NOT_FOUND => Error::NotFound,
        None if status.is_client_error() => {
            Error::Malformed("The request cannot be read.".to_owned())
        }
        None => Error::internal(error),
    }
}

/// The answer to a refused request still sets the cookies that the handler wanted set.
#[must_use]
pub fn with_cookies_of(refused: &HttpResponse, mut answer: HttpResponse) -> HttpResponse {
    for value in refused.headers().get_all(header::SET_COOKIE) {
        answer
            .headers_mut()
            .append(header::SET_COOKIE, value.clone());
    }
    answer
}

/// The page that lists the thing at `path`, or the account.
fn list_of(path: &str) -> &'static str {
    let lists = [paths::SESSIONS, paths::TOKENS];
    let list = lists.into_iter().find(|list| path.starts_with(list));
    list.unwrap_or(paths::ACCOUNT)
}
