//! Forward auth at `/auth/verify`. For each request to an app, a proxy asks whether its caller is
//! authorized (nginx `auth_request`, Caddy `forward_auth`, Traefik `ForwardAuth`, Envoy
//! `ext_authz`).
//!
//! The answer is `200` with the identity of the caller, or `401` or `403`. There are no other
//! statuses, because nginx treats them as a failure of the authentication server. The request is
//! for an app, and so the `Authorization` header may be for the app too: see
//! [`from_original_request`]. If there is no caller, `middleware::security_headers` sends empty
//! identity headers. `docs/nginx.conf` and `docs/Caddyfile` show the configuration of a proxy. The
//! tests start both proxies with them.

mod assurance;
mod original_request;

use std::borrow::Cow;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        Method,
        header::{self, HeaderMap, HeaderValue},
    },
    web::{BytesMut, Data},
};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use url::Url;

use self::original_request::VerifyParams;
pub use self::original_request::VerifyParamsCache;
#[cfg(feature = "pages")]
use super::response::html::see_other;
use super::{
    address::Address,
    auth::{AcceptedCredentials, from_original_request, session_cookie::CookieConfig},
    middleware::{client_ip::is_from_a_trusted_proxy, security_headers::IDENTITY},
    paths,
    return_to::ReturnTo,
};
#[cfg(feature = "pages")]
use crate::types::assurance::ACR_TWO_FACTORS;
use crate::{
    app_state::AppState,
    config::{Origin, Settings},
    credentials::Principal,
    error::{Error, Result},
    factors::requirement,
    types::{assurance::RequiredAssurance, credential_kind::CredentialType},
};

/// `/auth/verify?ability=…&any=…&acr=…&max_age=…&by=…&redirect=on&preflight=allow`, with any method.
///
/// # Errors
/// Database errors. The proxy then refuses the request.
pub async fn verify(
    request: HttpRequest,
    state: Data<AppState>,
    cache: Data<VerifyParamsCache>,
    rules: Data<CookieConfig>,
) -> Result<HttpResponse> {
    let params = cache.read(request.query_string())?;
    if params.preflight && is_preflight(&request, &state, &rules) {
        // There is no caller, so `middleware::security_headers` sends empty identity headers.
        return Ok(HttpResponse::Ok().finish());
    }
    let not_signed_in = || match params.by {
        AcceptedCredentials::Tokens => Error::TokenMissing,
        AcceptedCredentials::Both | AcceptedCredentials::Sessions => Error::NotSignedIn {
            invalid_token: false,
        },
    };
    let result = from_original_request(&state, &request, params.by)
        .await
        .and_then(|caller| caller.ok_or_else(not_signed_in))
        .and_then(|caller| params.authorize(&caller).map(|()| caller))
        .and_then(|caller| caller.require_verified_address(&state).map(|()| caller));
    let result = match result {
        Ok(caller) => match requirement::require(&state, &caller).await {
            #[cfg(feature = "pages")]
            Err(Error::SecondFactorMissing) if leads_to_page(&request, &caller, &params) => {
                return Ok(see_other(&page_address(&state, &request, paths::TOTP)));
            }
            #[cfg(feature = "pages")]
            Err(Error::SecondFactorUnproved) if leads_to_page(&request, &caller, &params) => {
                let two = RequiredAssurance {
                    acr: Some(ACR_TWO_FACTORS),
                    max_age: None,
                };
                return Ok(see_other(&confirmation_address(&state, &request, two)));
            }
            required => required.map(|()| caller),
        },
        refused => refused,
    };
    if let (Some(required), Ok(caller)) = (params.assurance, &result)
        && !assurance::is_met(required, caller.credential(), &state)
    {
        #[cfg(feature = "pages")]
        if leads_to_page(&request, caller, &params) {
            let page = confirmation_address(&state, &request, required);
            return Ok(see_other(&page));
        }
        return Err(Error::InsufficientAuthentication(required));
    }
    match result {
        Ok(caller) => authorized(&caller),
        #[cfg(feature = "pages")]
        Err(Error::NotSignedIn {
            invalid_token: false,
        }) if params.redirect && is_navigation(request.headers()) => {
            Ok(see_other(&page_address(&state, &request, paths::LOGIN)))
        }
        Err(error) => Err(error),
    }
}

fn authorized(caller: &Principal) -> Result<HttpResponse> {
    let mut answer = HttpResponse::Ok().finish();
    for (name, value) in IDENTITY.into_iter().zip(identity(caller)?) {
        answer.headers_mut().append(name, value);
    }
    Ok(answer)
}

/// Returns the values of [`IDENTITY`]. They depend on the user and the credential only, so they are
/// valid as long as both are unchanged.
///
/// # Errors
/// None are expected, because all values are printable ASCII.
pub fn identity(caller: &Principal) -> Result<[HeaderValue; 7]> {
    let (user, credential) = (&caller.user(), &caller.credential());
    // One allocation for all values.
    let mut texts = BytesMut::with_capacity(256);
    let mut next = |text: &str| {
        texts.extend_from_slice(text.as_bytes());
        HeaderValue::from_maybe_shared(texts.split().freeze()).map_err(Error::internal)
    };
    Ok([
        next(user.id.text(&mut [0; 36]))?,
        next(&encoded(&user.email))?,
        next(&encoded(&user.name))?,
        next(&credential.abilities.to_stored())?,
        next(credential.id.text(&mut [0; 36]))?,
        HeaderValue::from_static(credential.methods.acr()),
        HeaderValue::from_static(if user.email_verified { "true" } else { "false" }),
    ])
}

/// Encodes text for a header. Printable ASCII stays as it is. The percent sign and each other byte
/// of the UTF-8 become `%XX` (RFC 3986, section 2.1). So each name is one line and can be decoded
/// exactly.
fn encoded(text: &str) -> Cow<'_, str> {
    const ENCODED: &AsciiSet = &CONTROLS.add(b'%');
    utf8_percent_encode(text, ENCODED).into()
}

/// Returns whether this is a CORS-preflight request (WHATWG Fetch, section 3.3.2). A browser sends
/// it without a credential to ask what the app allows. Proxies use `GET` and name the original
/// method in a header, which is read from trusted proxies only. If there is such a header, the
/// method of this request is ignored.
fn is_preflight(request: &HttpRequest, state: &AppState, rules: &CookieConfig) -> bool {
    let headers = request.headers();
    let proxies = &state.settings().server.trusted_proxies;
    let mut methods = headers.get_all("x-forwarded-method");
    let is_options = match (methods.next(), methods.next()) {
        (Some(method), None) if is_from_a_trusted_proxy(request, proxies) => {
            method.as_bytes() == Method::OPTIONS.as_str().as_bytes()
        }
        (None, _) => request.method() == Method::OPTIONS,
        _ => false,
    };
    is_options
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
        && !headers.contains_key(header::AUTHORIZATION)
        && !rules.has_cookie(headers)
}

/// Returns whether the original request is a navigation of a browser, and not a request of a script
/// or a program. On navigation, each browser accepts `text/html` by name; hardly any program does.
/// `Sec-Fetch-Mode` is newer than some browsers (W3C Fetch Metadata, section 2.2).
fn is_navigation(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let mode = text("sec-fetch-mode").is_none_or(|mode| mode == "navigate");
    let accepts = text("accept").is_some_and(|accept| accept.contains("text/html"));
    mode && accepts && text("x-requested-with").is_none()
}

/// Returns whether a caller whose proof is not enough is led to a page that completes it.
#[cfg(feature = "pages")]
fn leads_to_page(request: &HttpRequest, caller: &Principal, params: &VerifyParams) -> bool {
    params.redirect
        && caller.credential().class() == CredentialType::Session
        && is_navigation(request.headers())
}

/// Returns the address of a page, with the original address as the return address.
fn page_address(state: &AppState, request: &HttpRequest, path: &str) -> Address {
    let page = format!("{}{path}", state.settings().base_url());
    let next = original_address(state, request);
    Address::whole(ReturnTo::append_to(&page, next.as_ref()))
}

/// Returns the address of the confirmation that meets `required`, with the original address as the
/// return address. A user without a second factor is led from there to set one up.
fn confirmation_address(
    state: &AppState,
    request: &HttpRequest,
    required: RequiredAssurance,
) -> Address {
    let next = original_address(state, request);
    let page = if required.needs_second_factor() {
        paths::confirm_second_factor(next.as_ref().map(ReturnTo::as_str))
    } else {
        ReturnTo::append_to(paths::CONFIRM, next.as_ref())
    };
    Address::whole(format!("{}{page}", state.settings().base_url()))
}

/// Returns the original address. It is read from trusted proxies only, and must be on this origin or
/// a trusted one.
fn original_address(state: &AppState, request: &HttpRequest) -> Option<ReturnTo> {
    let settings = state.settings();
    is_from_a_trusted_proxy(request, &settings.server.trusted_proxies)
        .then(|| forwarded_address(request.headers(), settings))
        .flatten()
        .and_then(|address| ReturnTo::parse(&address, settings))
}

/// Returns the original address: a path if the app shares the origin of Narthex, otherwise a URL.
/// If the proxy names neither scheme nor host, the app shares the origin.
fn forwarded_address(headers: &HeaderMap, settings: &Settings) -> Option<String> {
    // The header of nginx, Caddy and Traefik, and the header of many nginx configurations.
    let path = ["x-forwarded-uri", "x-original-uri"]
        .iter()
        .find_map(|name| headers.get(*name))?
        .to_str()
        .ok()?;
    let plain = path.starts_with('/') && !path.starts_with("//");
    plain.then_some(())?;
    let host = first(headers, "x-forwarded-host");
    let scheme = match first(headers, "x-forwarded-proto") {
        // Traefik sends the protocol of a WebSocket.
        Some("ws") => Some("http"),
        Some("wss") => Some("https"),
        other => other,
    };
    let own = settings.origin();
    let host_of = |origin: &str| Some(Url::parse(origin).ok()?.authority().to_owned());
    let url = match (scheme, host) {
        (None, None) => return Some(path.to_owned()),
        (Some(scheme), Some(host)) => format!("{scheme}://{host}"),
        (Some(_), None) => own.clone(),
        // The accepted origin that has this host.
        (None, Some(host)) => {
            let trusted = settings.server.trusted_origins.iter().map(Origin::as_str);
            let mut origins = std::iter::once(&*own).chain(trusted);
            origins
                .find(|origin| host_of(origin).is_some_and(|authority| authority == host))?
                .to_owned()
        }
    };
    let origin = Url::parse(&url).ok()?;
    Some(if Origin::of(&origin).as_str() == own {
        path.to_owned()
    } else {
        format!("{url}{path}")
    })
}

/// Returns the first entry of a header to which each proxy appends: the value of the client's
/// request.
fn first<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let value = headers.get(name)?.to_str().ok()?;
    value.split(',').next().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_becomes_one_line_of_ascii() {
        assert_eq!(encoded("Ada Lovelace"), "Ada Lovelace");
        assert_eq!(encoded("Zoë"), "Zo%C3%AB");
        assert_eq!(encoded("100%\r\nX: y"), "100%25%0D%0AX: y");
    }
}
