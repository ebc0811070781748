//! Finding the pass in a request: an `Authorization` header, or the session cookie.

use actix_web::{
    HttpRequest,
    http::header::{self, HeaderValue},
    web::Data,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};

use crate::{
    context::Context,
    credentials::{Caller, Class, gate},
    error::{Error, Result},
    kit::digest::Digest,
    sessions::cookie::{CookieRules, SessionCookie},
    tokens::TokenSecret,
    web::{address::client_address, body::percent_decoded},
};

/// The caller of a page behind the session cookie, if the cookie is good.
///
/// # Errors
/// When the database cannot be asked.
pub(super) async fn by_cookie(context: &Context, request: &HttpRequest) -> Result<Option<Caller>> {
    match SessionCookie::of(request).secret() {
        Some(secret) => ask_the_gate(context, request, Class::Session, secret.digest()).await,
        None => Ok(None),
    }
}

/// What the session's secret is known by, on the API: most calls only look, and need nothing else of the
/// cookie.
fn verified_cookie(request: &HttpRequest) -> Option<Digest> {
    let rules = request.app_data::<Data<CookieRules>>()?;
    rules.secret_among(request.headers())
}

/// The caller of the API, if anybody: an `Authorization` header, where there is one, decides alone.
///
/// # Errors
/// [`Error::NotSignedIn`] for whatever is no good bearer token, [`Error::TwoPasses`] for two headers.
pub async fn by_either(context: &Context, request: &HttpRequest) -> Result<Option<Caller>> {
    let Some(value) = authorization(request)? else {
        return match verified_cookie(request) {
            Some(digest) => ask_the_gate(context, request, Class::Session, digest).await,
            None => Ok(None),
        };
    };
    let digest = match bearer(value) {
        Shown::Token(digest) => Some(digest),
        Shown::Malformed => None,
        // A scheme that is not ours is no attempt with a token, and told no error code (RFC 6750,
        // section 3.1). It was meant as a pass all the same, so no cookie counts beside it.
        Shown::ByAnotherScheme => {
            return Err(Error::NotSignedIn {
                invalid_token: false,
            });
        }
    };
    by_token(context, request, digest)
        .await?
        .map(Some)
        .ok_or(Error::NotSignedIn {
            invalid_token: true,
        })
}

/// The caller of an OAuth endpoint, if anybody. As [`by_either`]; and since most programs that
/// introspect can show nothing else, a token's secret is also taken as a client's password (RFC 6749,
/// section 2.3.1). The secret says all, so the client's name may be any. It is one more way to carry a
/// token to the same gate, never another verdict.
///
/// # Errors
/// Those of [`by_either`], and [`Error::InvalidClient`] for a password that is no good token.
pub(super) async fn by_client(context: &Context, request: &HttpRequest) -> Result<Option<Caller>> {
    let value = match authorization(request)? {
        Some(value) if parts(value).0.eq_ignore_ascii_case("basic") => value,
        _ => return by_either(context, request).await,
    };
    let secret = client_password(value);
    by_token(context, request, secret.map(|secret| secret.digest()))
        .await?
        .map(Some)
        .ok_or(Error::InvalidClient)
}

/// The one `Authorization` header, if there is any.
fn authorization(request: &HttpRequest) -> Result<Option<&HeaderValue>> {
    let mut headers = request.headers().get_all(header::AUTHORIZATION);
    let value = headers.next();
    if headers.next().is_some() {
        return Err(Error::TwoPasses);
    }
    Ok(value)
}

/// The scheme of an `Authorization` header, and what it shows (RFC 9110, section 11.6.2).
fn parts(value: &HeaderValue) -> (&str, &str) {
    let text = str::from_utf8(value.as_bytes()).ok();
    let text = text.filter(|text| text.is_ascii()).unwrap_or_default();
    let (scheme, shown) = text.split_once(' ').unwrap_or((text, ""));
    (scheme, shown.trim_start_matches(' '))
}

/// What an `Authorization` header shows to whoever looks for a bearer token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// What has the form of a token's secret: its digest.
    Token(Digest),
    /// Something else as a bearer token.
    Malformed,
    /// No bearer token.
    ByAnotherScheme,
}

/// What an `Authorization` header shows (RFC 6750, section 2.1), without a copy of it.
#[must_use]
pub fn bearer(value: &HeaderValue) -> Shown {
    let (scheme, shown) = parts(value);
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Shown::ByAnotherScheme;
    }
    TokenSecret::digest_of(shown).map_or(Shown::Malformed, Shown::Token)
}

/// The secret that an `Authorization` header shows as a client's password, where it has the form of
/// one: HTTP Basic (RFC 7617, section 2), in which OAuth's clients write it as in a form before (RFC
/// 6749, section 2.3.1): some of them send `_` as `%5F`.
#[must_use]
pub fn client_password(value: &HeaderValue) -> Option<TokenSecret> {
    let (scheme, shown) = parts(value);
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64_STANDARD.decode(shown).ok()?).ok()?;
    let (_, password) = decoded.split_once(':')?;
    let password = String::from_utf8(percent_decoded(password.as_bytes())).ok()?;
    TokenSecret::parse(&password)
}

async fn by_token(
    context: &Context,
    request: &HttpRequest,
    digest: Option<Digest>,
) -> Result<Option<Caller>> {
    match digest {
        Some(digest) => ask_the_gate(context, request, Class::Token, digest).await,
        None => Ok(None),
    }
}

async fn ask_the_gate(
    context: &Context,
    request: &HttpRequest,
    class: Class,
    digest: Digest,
) -> Result<Option<Caller>> {
    match gate::check(context, class, digest, client_address(request)).await? {
        Ok(caller) => Ok(Some(caller)),
        Err(refusal) => {
            tracing::debug!(class = class.as_str(), ?refusal, "a pass was refused");
            Ok(None)
        }
    }
}
