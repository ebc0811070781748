//! The middleware around `actix-session`: it selects the one cookie that counts before, and
//! corrects what is set after.

use actix_web::{
    HttpMessage as _,
    body::{EitherBody, MessageBody},
    cookie::{Cookie, time::Duration},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{self, HeaderMap, HeaderValue},
    middleware::Next,
    web::Data,
};

use super::{CookieConfig, OtherCookies, PersistentCookie, SignedCookie};
use crate::{
    app_state::AppState, credentials::authenticate, crypto::digest::Digest,
    error::Result as NarthexResult, http::middleware::client_ip::client_address,
    types::credential_kind::CredentialType,
};

/// Goes around [`CookieConfig::middleware`]. Of the request's cookies it passes on at most one: that
/// of the session, signed with the first key. In the answer it makes the cookie end with the
/// browser, unless the user asked to stay signed in, and deletes further cookies of the same name.
///
/// # Errors
/// Those of the inner service.
pub async fn keep<B: MessageBody>(
    rules: Data<CookieConfig>,
    context: AppState,
    mut request: ServiceRequest,
    next: Next<EitherBody<B>>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    if request.headers().contains_key(header::COOKIE)
        && let Err(error) = select(&rules, &context, &mut request).await
    {
        return Ok(request.error_response(error).map_into_right_body());
    }
    let mut response = next.call(request).await?;
    let (lasting, superseded) = {
        let extensions = response.request().extensions();
        let others = extensions.get::<OtherCookies>();
        let superseded = others.is_some_and(|others| others.superseded);
        (extensions.contains::<PersistentCookie>(), superseded)
    };
    if !lasting {
        end_with_the_browser(rules.name(), response.headers_mut());
    }
    if superseded {
        delete_others(&rules, response.headers_mut());
    }
    Ok(response)
}

/// Leaves in the `Cookie` header the cookie that counts and nothing else. `actix-session` decodes
/// names and reads only the first pair of its name, so it must not see the others.
async fn select(
    rules: &CookieConfig,
    context: &AppState,
    request: &mut ServiceRequest,
) -> NarthexResult<()> {
    let signed = rules.signed_among(request.headers());
    let place = match signed.as_slice() {
        [] | [_] => 0,
        _ => first_alive(context, request, &signed).await?.unwrap_or(0),
    };
    let mut others: Vec<Digest> = Vec::new();
    let mut line = None;
    for (at, cookie) in signed.into_iter().enumerate() {
        if at == place {
            line = Some(cookie.line);
        } else {
            others.extend(cookie.secret);
        }
    }
    let others = OtherCookies::new(rules.sent(request.headers()), others);
    let headers = request.headers_mut();
    match line {
        Some(line) => drop(headers.insert(header::COOKIE, line)),
        None => drop(headers.remove(header::COOKIE)),
    }
    request.extensions_mut().insert(others);
    Ok(())
}

/// Returns the place of the first cookie whose session is alive.
async fn first_alive(
    context: &AppState,
    request: &ServiceRequest,
    signed: &[SignedCookie],
) -> NarthexResult<Option<usize>> {
    let ip = client_address(request.request());
    for (place, cookie) in signed.iter().enumerate() {
        let Some(digest) = cookie.secret else {
            continue;
        };
        if authenticate::authenticate(context, CredentialType::Session, digest, ip)
            .await?
            .is_ok()
        {
            return Ok(Some(place));
        }
    }
    Ok(None)
}

/// Reads a `Set-Cookie` header that sets or deletes our cookie.
fn ours(name: &str, value: &HeaderValue) -> Option<Cookie<'static>> {
    let text = value.to_str().ok()?;
    let cookie = Cookie::parse(text.to_owned()).ok()?;
    (cookie.name() == name).then_some(cookie)
}

/// Takes `Max-Age` off our cookie, unless that deletes it.
fn end_with_the_browser(name: &str, headers: &mut HeaderMap) {
    let values: Vec<HeaderValue> = headers.remove(header::SET_COOKIE).collect();
    for value in values {
        let ours = ours(name, &value).filter(|cookie| cookie.max_age() != Some(Duration::ZERO));
        let value = ours
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

/// Deletes the cookies of our name that were set for another domain, and our own where the answer
/// does not set it. The deletions come first: to a browser that does not tell a host from the domain
/// of the same name, the last `Set-Cookie` decides.
fn delete_others(rules: &CookieConfig, headers: &mut HeaderMap) {
    let values: Vec<HeaderValue> = headers.remove(header::SET_COOKIE).collect();
    let is_set = values
        .iter()
        .any(|value| ours(rules.name(), value).is_some());
    let own = (!is_set).then(|| rules.deletion()).flatten();
    for value in rules.deletions_elsewhere().chain(own).chain(values) {
        headers.append(header::SET_COOKIE, value);
    }
}
