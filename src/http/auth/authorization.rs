//! Parses the `Authorization` header.

use actix_web::{
    HttpRequest,
    http::header::{self, HeaderValue},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use percent_encoding::percent_decode_str;

use crate::{
    config::ForeignTokens,
    error::{Error, Result},
    tokens::{PresentedToken, TokenScheme, TokenSecret},
    types::secret_form::SecretForm,
};

/// The part of an `Authorization` header that is for Narthex.
#[derive(Clone, Copy)]
pub(super) enum NarthexAuthorization {
    /// Nothing. The header belongs to the app.
    Nothing,
    /// A token, as a bearer token or as a password.
    Token(PresentedToken),
    /// A token in a place where it is not accepted.
    Misplaced,
}

pub(super) fn narthex_authorization(
    value: &HeaderValue,
    foreign: &ForeignTokens,
) -> NarthexAuthorization {
    let is_token = |text: &str| TokenSecret::digest_of(text).is_some();
    if let Authorization::Bearer(token) = bearer(value, foreign) {
        return NarthexAuthorization::Token(token);
    }
    if let Some(password) = client_password(value) {
        return NarthexAuthorization::Token(presented(&password));
    }
    let bytes = value.as_bytes();
    let user = basic(value).is_some_and(|(user, _)| is_token(&user));
    let mut parts = bytes.split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_');
    if user || parts.any(|part| str::from_utf8(part).is_ok_and(is_token)) {
        NarthexAuthorization::Misplaced
    } else {
        NarthexAuthorization::Nothing
    }
}

/// Returns the `Authorization` header, if there is one. Two headers are an error.
pub(super) fn authorization(request: &HttpRequest) -> Result<Option<&HeaderValue>> {
    let mut headers = request.headers().get_all(header::AUTHORIZATION);
    let value = headers.next();
    if headers.next().is_some() {
        return Err(Error::MultipleCredentials);
    }
    Ok(value)
}

/// Splits an `Authorization` header into scheme and credentials (RFC 9110, section 11.6.2).
pub(super) fn parts(value: &HeaderValue) -> (&str, &str) {
    let text = str::from_utf8(value.as_bytes()).ok();
    let text = text.filter(|text| text.is_ascii()).unwrap_or_default();
    let (scheme, credentials) = text.split_once(' ').unwrap_or((text, ""));
    (scheme, credentials.trim_start_matches(' '))
}

/// The content of an `Authorization` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authorization {
    /// A token with the format of a secret.
    Bearer(PresentedToken),
    /// A bearer token of another format.
    Malformed,
    /// Another scheme.
    OtherScheme,
}

/// Parses an `Authorization` header as a bearer token (RFC 6750, section 2.1), without a copy of
/// the secret. The scheme `Token` counts only for a token of a system that uses this scheme.
#[must_use]
pub fn bearer(value: &HeaderValue, foreign: &ForeignTokens) -> Authorization {
    let (scheme, credentials) = parts(value);
    if scheme.eq_ignore_ascii_case("bearer") {
        let token = PresentedToken::parse(credentials, TokenScheme::Bearer, foreign);
        return token.map_or(Authorization::Malformed, Authorization::Bearer);
    }
    if scheme.eq_ignore_ascii_case("token") {
        let token = PresentedToken::parse(credentials, TokenScheme::Token, foreign);
        return token.map_or(Authorization::OtherScheme, Authorization::Bearer);
    }
    Authorization::OtherScheme
}

/// Returns the secret of a token that Narthex made as a presented token.
pub(super) fn presented(secret: &TokenSecret) -> PresentedToken {
    PresentedToken {
        digest: secret.digest(),
        form: SecretForm::Token,
    }
}

/// Returns the secret that an `Authorization` header contains as the password of a client, if it
/// has the format of one. The scheme is HTTP Basic (RFC 7617, section 2). OAuth clients encode the
/// password as in a form first (RFC 6749, section 2.3.1), so some of them send `_` as `%5F`.
#[must_use]
pub fn client_password(value: &HeaderValue) -> Option<TokenSecret> {
    let (_, password) = basic(value)?;
    let password = percent_decode_str(&password).decode_utf8().ok()?;
    TokenSecret::parse(&password)
}

/// Returns the user and the password of HTTP Basic.
fn basic(value: &HeaderValue) -> Option<(String, String)> {
    let (scheme, credentials) = parts(value);
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64_STANDARD.decode(credentials).ok()?).ok()?;
    let (user, password) = decoded.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

pub(super) fn is_bearer(value: &HeaderValue) -> bool {
    parts(value).0.eq_ignore_ascii_case("bearer")
}
