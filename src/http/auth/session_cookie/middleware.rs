//! The middleware around `actix-session`. Before it, the middleware selects the one cookie that
//! counts. After it, the middleware corrects the `Set-Cookie` headers.

use actix_web::{
    HttpMessage as _,
    body::{EitherBody, MessageBody},
    cookie::{Cookie, time::Duration},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{self, HeaderMap, HeaderValue},
    middleware::Next,
    web::Data,
};

#[cfg(feature = "pages")]
use super::super::{browser_cookie, trust_cookie};
use super::{CookieConfig, OtherCookies, PersistentCookie, SignedCookie};
use crate::{
    app_state::AppState, credentials::authenticate, crypto::digest::Digest,
    error::Result as NarthexResult, http::middleware::client_ip::client_address,
    types::secret_form::SecretForm,
};

/// Runs around [`CookieConfig::middleware`]. It passes on at most one cookie of the request: the
/// selected session cookie, signed with the first key. In the response it makes the cookie end with
/// the browser, unless the user asked to stay signed in. It also deletes further cookies of the
/// same name.
///
/// # Errors
/// The errors of the inner service.
pub async fn session_cookie_middleware<B: MessageBody>(
    config: Data<CookieConfig>,
    state: AppState,
    mut request: ServiceRequest,
    next: Next<EitherBody<B>>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    if request.headers().contains_key(header::COOKIE)
        && let Err(error) = select(&config, &state, &mut request).await
    {
        return Ok(request.error_response(error).map_into_right_body());
    }
    let mut response = next.call(request).await?;
    let (persistent, superseded) = {
        let extensions = response.request().extensions();
        let others = extensions.get::<OtherCookies>();
        let superseded = others.is_some_and(|others| others.superseded);
        (extensions.contains::<PersistentCookie>(), superseded)
    };
    if !persistent {
        remove_max_age(config.name(), response.headers_mut());
    }
    if superseded {
        delete_others(&config, response.headers_mut());
    }
    Ok(response)
}

/// Replaces the `Cookie` header by the selected cookie. `actix-session` decodes names and reads
/// only the first pair of its name, so it must not see the others.
async fn select(
    config: &CookieConfig,
    state: &AppState,
    request: &mut ServiceRequest,
) -> NarthexResult<()> {
    #[cfg(feature = "pages")]
    {
        browser_cookie::keep(state, request);
        trust_cookie::keep(state, request);
    }
    let signed = config.signed_among(request.headers());
    let selected = match signed.as_slice() {
        [] | [_] => 0,
        _ => first_active(state, request, &signed).await?.unwrap_or(0),
    };
    let mut others: Vec<Digest> = Vec::new();
    let mut line = None;
    for (index, cookie) in signed.into_iter().enumerate() {
        if index == selected {
            line = Some(cookie.line);
        } else {
            others.extend(cookie.secret);
        }
    }
    let others = OtherCookies::new(config.sent(request.headers()), others);
    let headers = request.headers_mut();
    match line {
        Some(line) => drop(headers.insert(header::COOKIE, line)),
        None => drop(headers.remove(header::COOKIE)),
    }
    request.extensions_mut().insert(others);
    Ok(())
}

/// Returns the index of the first cookie with an active session.
async fn first_active(
    state: &AppState,
    request: &ServiceRequest,
    signed: &[SignedCookie],
) -> NarthexResult<Option<usize>> {
    let ip = client_address(request.request());
    for (selected, cookie) in signed.iter().enumerate() {
        let Some(digest) = cookie.secret else {
            continue;
        };
        if authenticate::authenticate(state, SecretForm::Session, digest, ip)
            .await?
            .is_ok()
        {
            return Ok(Some(selected));
        }
    }
    Ok(None)
}

/// Parses a `Set-Cookie` header that sets or deletes the session cookie.
fn parse_own(name: &str, value: &HeaderValue) -> Option<Cookie<'static>> {
    let text = value.to_str().ok()?;
    let cookie = Cookie::parse(text.to_owned()).ok()?;
    (cookie.name() == name).then_some(cookie)
}

/// Removes `Max-Age` from the session cookie unless the header deletes the cookie.
fn remove_max_age(name: &str, headers: &mut HeaderMap) {
    let values: Vec<HeaderValue> = headers.remove(header::SET_COOKIE).collect();
    for value in values {
        let parse_own =
            parse_own(name, &value).filter(|cookie| cookie.max_age() != Some(Duration::ZERO));
        let value = parse_own
            .map(|mut cookie| {
                cookie.set_max_age(None);
                cookie.set_expires(None);
                cookie.to_string()
            })
            .and_then(|text| HeaderValue::from_str(&text).ok())
            .unwrap_or(value);
        headers.append(header::SET_COOKIE, value);
    }
}

/// Deletes the session cookies of other domains. Deletes the own session cookie if the response
/// does not set it. The deletions come first, because some browsers do not distinguish a host from
/// the domain of the same name. For them, the last `Set-Cookie` decides.
fn delete_others(config: &CookieConfig, headers: &mut HeaderMap) {
    let values: Vec<HeaderValue> = headers.remove(header::SET_COOKIE).collect();
    let is_set = values
        .iter()
        .any(|value| parse_own(config.name(), value).is_some());
    let own = (!is_set).then(|| config.deletion()).flatten();
    for value in config.other_deletions().chain(own).chain(values) {
        headers.append(header::SET_COOKIE, value);
    }
}
