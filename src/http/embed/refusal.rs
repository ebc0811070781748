//! The response to a request that an extractor or a guard refuses.

use std::fmt;

use actix_web::{
    HttpRequest, HttpResponse, ResponseError,
    body::MessageBody as _,
    http::{
        StatusCode,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
    web::{Bytes, Data},
};

#[cfg(feature = "pages")]
use crate::http::response::html::see_other;
use crate::{
    error::Error,
    http::{
        address::{Address, mount_of},
        extract::language,
        middleware::security_headers::Headers,
        paths,
        response::error_response::{self, ResponseFormat},
    },
};

/// A refused request. As a response it is what the client expects:
///
/// - a browser that is not signed in is redirected to the sign-in page, and then comes back;
/// - a browser that must confirm is redirected to the confirmation page, and then comes back;
/// - a browser whose user must set up a second factor is redirected to that page, and then comes
///   back;
/// - any other browser gets a page, and any other client a problem (RFC 9457), with
///   `WWW-Authenticate` (RFC 6750, section 3) for 401 and a missing ability.
///
/// A client counts as a browser if it accepts `text/html` and sends no `Authorization`. Without the
/// feature `pages`, every client gets a problem.
///
/// A handler that takes `Result<User, Refusal>` as an argument can answer in its own way.
pub struct Refusal {
    error: Error,
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
}

/// The reason of a [`Refusal`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefusalReason {
    /// The request has no credential, or an invalid one.
    NotSignedIn,
    /// The token lacks an ability.
    MissingAbility,
    /// The route requires the other class of credential: a session or a token.
    WrongCredential,
    /// The user must confirm the password or a second factor first.
    ConfirmationRequired,
    /// The user must set up a second factor first (`NARTHEX_REQUIRE_SECOND_FACTOR`).
    SecondFactorMissing,
    /// A page of another site sent the request with the cookie.
    CrossSite,
    /// The request names a host that this server does not serve.
    WrongHost,
    /// The credential cannot be checked now, because the database does not answer.
    Unavailable,
    /// Another fault. The log has its cause.
    Internal,
}

impl Refusal {
    /// Makes the response for `request`.
    pub(super) fn new(request: &HttpRequest, error: Error) -> Self {
        let mut answer = answer(request, &error);
        let is_page = answer
            .headers()
            .get(header::CONTENT_TYPE)
            .is_some_and(is_html);
        if let Some(headers) = request.app_data::<Data<Headers>>().filter(|_| is_page) {
            headers.protect_page(answer.headers_mut());
            language::declare(request, answer.headers_mut());
        }
        answer
            .headers_mut()
            .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if answer.status().is_server_error() {
            tracing::error!(cause = %error, "caller not identified");
        }
        let status = answer.status();
        let headers = pairs(answer.headers());
        // The body of an error is text, so it is complete already.
        let body = answer.into_body().try_into_bytes().unwrap_or_default();
        Self {
            error,
            status,
            headers,
            body,
        }
    }

    /// Returns the reason.
    #[must_use]
    pub const fn reason(&self) -> RefusalReason {
        match &self.error {
            Error::NotSignedIn { .. } | Error::MultipleCredentials => RefusalReason::NotSignedIn,
            Error::MissingAbility(_) => RefusalReason::MissingAbility,
            Error::SessionRequired | Error::TokenMissing => RefusalReason::WrongCredential,
            Error::ReauthenticationRequired | Error::SecondFactorUnproved => {
                RefusalReason::ConfirmationRequired
            }
            Error::SecondFactorMissing => RefusalReason::SecondFactorMissing,
            Error::CrossSite => RefusalReason::CrossSite,
            Error::Misdirected => RefusalReason::WrongHost,
            Error::Unavailable(_) => RefusalReason::Unavailable,
            _ => RefusalReason::Internal,
        }
    }
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refusal")
            .field("reason", &self.reason())
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for Refusal {}

impl ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        for header in &self.headers {
            response.append_header(header.clone());
        }
        response.body(self.body.clone())
    }
}

fn answer(request: &HttpRequest, error: &Error) -> HttpResponse {
    let format = if is_browser(request.headers()) {
        ResponseFormat::Html
    } else {
        ResponseFormat::Json
    };
    match (format, error) {
        #[cfg(feature = "pages")]
        (ResponseFormat::Html, Error::NotSignedIn { .. }) => redirect(request, paths::LOGIN),
        #[cfg(feature = "pages")]
        (ResponseFormat::Html, Error::ReauthenticationRequired) => {
            redirect(request, paths::CONFIRM)
        }
        #[cfg(feature = "pages")]
        (ResponseFormat::Html, Error::SecondFactorMissing) => redirect(request, paths::TOTP),
        #[cfg(feature = "pages")]
        (ResponseFormat::Html, Error::SecondFactorUnproved) => see_other(&Address::of(
            mount_of(request),
            &paths::confirm_second_factor(page_of(request).as_deref()),
        )),
        _ => error_response::answer_as(request, error, format),
    }
}

/// Redirects to a page of Narthex, which leads back to the page of this request. The page of a
/// form is named by `Referer` (RFC 9110, section 10.1.3), because the address of the form has no
/// page of its own.
#[cfg(feature = "pages")]
fn redirect(request: &HttpRequest, page: &str) -> HttpResponse {
    let page = match page_of(request) {
        Some(back) => paths::with_next(page, &back),
        None => page.to_owned(),
    };
    see_other(&Address::of(mount_of(request), &page))
}

#[cfg(feature = "pages")]
fn page_of(request: &HttpRequest) -> Option<String> {
    if request.method().is_safe() {
        request.uri().path_and_query().map(ToString::to_string)
    } else {
        page_of_form(request)
    }
}

fn page_of_form(request: &HttpRequest) -> Option<String> {
    let referer = request.headers().get(header::REFERER)?.to_str().ok()?;
    let referer = url::Url::parse(referer).ok()?;
    let host = request.headers().get(header::HOST)?.to_str().ok()?;
    if referer.authority() != host {
        return None;
    }
    Some(match referer.query() {
        Some(query) => format!("{}?{query}", referer.path()),
        None => referer.path().to_owned(),
    })
}

fn is_browser(headers: &HeaderMap) -> bool {
    !headers.contains_key(header::AUTHORIZATION)
        && headers.get_all(header::ACCEPT).any(|accepted| {
            accepted
                .as_bytes()
                .windows(9)
                .any(|part| part == b"text/html")
        })
}

fn is_html(content_type: &HeaderValue) -> bool {
    content_type.as_bytes().starts_with(b"text/html")
}

fn pairs(headers: &HeaderMap) -> Vec<(HeaderName, HeaderValue)> {
    let pairs = headers.iter();
    pairs
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
