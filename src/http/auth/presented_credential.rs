//! Finding the pass in a request: an `Authorization` header, or the session cookie.

use actix_web::{
    HttpRequest,
    http::header::{self, HeaderValue},
    web::Data,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::session_cookie::{CookieConfig, SessionCookie};
use crate::{
    app_state::AppState,
    credentials::{Principal, authenticate},
    crypto::digest::Digest,
    error::{Error, Result},
    http::middleware::{body::percent_decoded, client_ip::client_address},
    tokens::TokenSecret,
    types::credential_kind::CredentialType,
};

/// The caller behind the session cookie, if there is any. Of several cookies of our name the first
/// counts whose session is alive, wholly and alone.
///
/// # Errors
/// When the database cannot be asked.
pub(super) async fn from_cookie(
    context: &AppState,
    request: &HttpRequest,
) -> Result<Option<Principal>> {
    let Some(rules) = request.app_data::<Data<CookieConfig>>() else {
        return Ok(None);
    };
    for digest in rules.secrets_among(request.headers()) {
        let caller = authenticate(context, request, CredentialType::Session, digest).await?;
        if caller.is_some() {
            return Ok(caller);
        }
    }
    Ok(None)
}

/// The callers of all live sessions whose cookies the browser sent, `first` before the others.
///
/// # Errors
/// When the database cannot be asked.
pub(super) async fn sessions_of(
    context: &AppState,
    request: &HttpRequest,
    first: Option<&Principal>,
) -> Result<Vec<Principal>> {
    let mut found: Vec<Principal> = first.into_iter().cloned().collect();
    for digest in SessionCookie::of(request).others() {
        let other = authenticate(context, request, CredentialType::Session, digest).await?;
        let is_known = |other: &Principal| {
            let mut known = found.iter();
            known.any(|known| known.credential.id == other.credential.id)
        };
        found.extend(other.filter(|other| !is_known(other)));
    }
    Ok(found)
}

/// The caller of the API, if anybody: an `Authorization` header, where there is one, decides alone.
///
/// # Errors
/// [`Error::NotSignedIn`] for whatever is no good bearer token, [`Error::MultipleCredentials`] for two headers.
pub async fn from_header_or_cookie(
    context: &AppState,
    request: &HttpRequest,
) -> Result<Option<Principal>> {
    let Some(value) = authorization(request)? else {
        return from_cookie(context, request).await;
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
    from_token(context, request, digest)
        .await?
        .map(Some)
        .ok_or(Error::NotSignedIn {
            invalid_token: true,
        })
}

/// The caller of an OAuth endpoint, if anybody. As [`from_header_or_cookie`]; and since most programs that
/// introspect can show nothing else, a token's secret is also taken as a client's password (RFC 6749,
/// section 2.3.1). The secret says all, so the client's name may be any. It is one more way to carry a
/// token to the same gate, never another verdict.
///
/// # Errors
/// Those of [`from_header_or_cookie`], and [`Error::InvalidClient`] for a password that is no good token.
pub(super) async fn from_oauth_client(
    context: &AppState,
    request: &HttpRequest,
) -> Result<Option<Principal>> {
    let value = match authorization(request)? {
        Some(value) if parts(value).0.eq_ignore_ascii_case("basic") => value,
        _ => return from_header_or_cookie(context, request).await,
    };
    let secret = client_password(value);
    from_token(context, request, secret.map(|secret| secret.digest()))
        .await?
        .map(Some)
        .ok_or(Error::InvalidClient)
}

/// Which credentials count at `/auth/verify`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Counts {
    /// A token and a session; of both, the token.
    #[default]
    Both,
    /// A session alone: the `Authorization` header belongs to the app, whatever it holds.
    Sessions,
    /// A token alone.
    Tokens,
}

/// The caller of an app behind a proxy, if there is any. Apps have `Authorization` headers of their
/// own, so one counts only where it holds a token of ours, by form and checksum. A token of ours
/// decides alone; otherwise the cookie does.
///
/// # Errors
/// [`Error::NotSignedIn`] for a token that is refused, [`Error::SeveralAuthorizations`] for several
/// headers.
pub async fn from_original_request(
    context: &AppState,
    request: &HttpRequest,
    counts: Counts,
) -> Result<Option<Principal>> {
    let header = authorization(request).map_err(|_| Error::SeveralAuthorizations)?;
    let refused = Error::NotSignedIn {
        invalid_token: true,
    };
    let header = header.map(|value| (value, own(value)));
    match (header, counts) {
        (None, _) | (_, Counts::Sessions) | (Some((_, Own::Nothing)), Counts::Both) => {}
        (Some((_, Own::Token(digest))), _) => {
            let caller = authenticate(context, request, CredentialType::Token, digest).await?;
            return caller.map(Some).ok_or(refused);
        }
        (Some((_, Own::Misplaced)), _) => return Err(refused),
        (Some((_, Own::Nothing)), Counts::Tokens) => {}
    }
    let caller = match counts {
        Counts::Tokens => None,
        Counts::Both | Counts::Sessions => from_cookie(context, request).await?,
    };
    match (caller, header) {
        (None, Some((value, _))) if is_bearer(value) && counts != Counts::Sessions => Err(refused),
        (caller, _) => Ok(caller),
    }
}

/// What an `Authorization` header holds of ours.
#[derive(Clone, Copy)]
enum Own {
    /// Nothing: it is the app's own.
    Nothing,
    /// A token, as a bearer token or as a password.
    Token(Digest),
    /// A token in a place where none is taken.
    Misplaced,
}

fn own(value: &HeaderValue) -> Own {
    let is_ours = |text: &str| TokenSecret::digest_of(text).is_some();
    if let Shown::Token(digest) = bearer(value) {
        return Own::Token(digest);
    }
    if let Some(password) = client_password(value) {
        return Own::Token(password.digest());
    }
    let bytes = value.as_bytes();
    let user = basic(value).is_some_and(|(user, _)| is_ours(&user));
    let mut parts = bytes.split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_');
    if user || parts.any(|part| str::from_utf8(part).is_ok_and(is_ours)) {
        Own::Misplaced
    } else {
        Own::Nothing
    }
}

/// The one `Authorization` header, if there is any.
fn authorization(request: &HttpRequest) -> Result<Option<&HeaderValue>> {
    let mut headers = request.headers().get_all(header::AUTHORIZATION);
    let value = headers.next();
    if headers.next().is_some() {
        return Err(Error::MultipleCredentials);
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
    if !is_bearer(value) {
        return Shown::ByAnotherScheme;
    }
    let (_, shown) = parts(value);
    TokenSecret::digest_of(shown).map_or(Shown::Malformed, Shown::Token)
}

/// The secret that an `Authorization` header shows as a client's password, where it has the form of
/// one: HTTP Basic (RFC 7617, section 2), in which OAuth's clients write it as in a form before (RFC
/// 6749, section 2.3.1): some of them send `_` as `%5F`.
#[must_use]
pub fn client_password(value: &HeaderValue) -> Option<TokenSecret> {
    let (_, password) = basic(value)?;
    let password = String::from_utf8(percent_decoded(password.as_bytes())).ok()?;
    TokenSecret::parse(&password)
}

/// The user and the password of HTTP Basic.
fn basic(value: &HeaderValue) -> Option<(String, String)> {
    let (scheme, shown) = parts(value);
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64_STANDARD.decode(shown).ok()?).ok()?;
    let (user, password) = decoded.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

fn is_bearer(value: &HeaderValue) -> bool {
    parts(value).0.eq_ignore_ascii_case("bearer")
}

async fn from_token(
    context: &AppState,
    request: &HttpRequest,
    digest: Option<Digest>,
) -> Result<Option<Principal>> {
    match digest {
        Some(digest) => authenticate(context, request, CredentialType::Token, digest).await,
        None => Ok(None),
    }
}

async fn authenticate(
    context: &AppState,
    request: &HttpRequest,
    class: CredentialType,
    digest: Digest,
) -> Result<Option<Principal>> {
    match authenticate::authenticate(context, class, digest, client_address(request)).await? {
        Ok(caller) => Ok(Some(caller)),
        Err(refusal) => {
            tracing::debug!(class = class.as_str(), ?refusal, "a pass was refused");
            Ok(None)
        }
    }
}
