//! `/auth/verify`: a proxy asks, for each request to an app behind it, whether its caller may pass
//! (nginx `auth_request`, Caddy `forward_auth`, Traefik `ForwardAuth`, Envoy `ext_authz`).
//!
//! The answer is `200` with who it is, or `401`/`403`, and nothing else on purpose: nginx takes every
//! other status for a failure of its own. The request is that of an app, and so may be its
//! `Authorization` header: see [`from_original_request`]. `middleware::security_headers` blanks the identity headers where nobody is.
//! `docs/nginx.conf` and `docs/Caddyfile` are how a proxy asks; the tests start both with them.

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
use url::Url;

pub use self::original_request::KnownQuestions;
use super::{
    auth::{AcceptedCredentials, from_original_request, session_cookie::CookieConfig},
    middleware::{client_ip::is_from_a_trusted_proxy, security_headers::IDENTITY},
    paths,
    response::html::see_other,
    return_to::ReturnTo,
};
use crate::{
    app_state::AppState,
    config::{Origin, Settings},
    credentials::Principal,
    error::{Error, Result},
};

/// `/auth/verify?ability=…&any=…&by=…&redirect=on&preflight=allow`, any method.
///
/// # Errors
/// When the database cannot be asked: nobody passes then.
pub async fn verify(
    request: HttpRequest,
    context: Data<AppState>,
    questions: Data<KnownQuestions>,
    rules: Data<CookieConfig>,
) -> Result<HttpResponse> {
    let question = questions.read(request.query_string())?;
    if question.preflight && is_preflight(&request, &context, &rules) {
        // It names nobody: `middleware::security_headers` blanks who it is.
        return Ok(HttpResponse::Ok().finish());
    }
    let nobody = || match question.by {
        AcceptedCredentials::Tokens => Error::TokenMissing,
        AcceptedCredentials::Both | AcceptedCredentials::Sessions => Error::NotSignedIn {
            invalid_token: false,
        },
    };
    let verdict = from_original_request(&context, &request, question.by)
        .await
        .and_then(|caller| caller.ok_or_else(nobody))
        .and_then(|caller| question.insert(&caller).map(|()| caller));
    match verdict {
        Ok(caller) => pass(&caller),
        Err(Error::NotSignedIn {
            invalid_token: false,
        }) if question.redirect && is_navigation(request.headers()) => {
            Ok(see_other(&sign_in_address(&context, &request)))
        }
        Err(error) => Err(error),
    }
}

fn pass(caller: &Principal) -> Result<HttpResponse> {
    let mut answer = HttpResponse::Ok().finish();
    for (name, value) in IDENTITY.into_iter().zip(identity(caller)?) {
        answer.headers_mut().append(name, value);
    }
    Ok(answer)
}

/// The values of [`IDENTITY`]. They say nothing but what user and credential are: they are good for as
/// long as those are known to be so.
///
/// # Errors
/// None that is known: all is printable ASCII.
pub fn identity(caller: &Principal) -> Result<[HeaderValue; 5]> {
    let (user, credential) = (&caller.user, &caller.credential);
    // One piece of memory for all of them.
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
    ])
}

/// Text for a header: printable ASCII as it is, every other byte of its UTF-8 and the percent sign as
/// `%XX` (RFC 3986, section 2.1), so that any name is one line and reads back exactly.
fn encoded(text: &str) -> Cow<'_, str> {
    use std::fmt::Write as _;
    let is_plain = |byte: u8| (byte.is_ascii_graphic() || byte == b' ') && byte != b'%';
    if text.bytes().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if is_plain(byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing into a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    Cow::Owned(encoded)
}

/// Whether this is a CORS-preflight request (WHATWG Fetch, section 3.3.2): a browser sends it without
/// any credential, and asks what the app allows. Proxies ask with `GET` and name the method, which is
/// read of trusted ones alone; where one names it, the method of the question itself says nothing.
fn is_preflight(request: &HttpRequest, context: &AppState, rules: &CookieConfig) -> bool {
    let headers = request.headers();
    let proxies = &context.settings.trusted_proxies;
    let mut named = headers.get_all("x-forwarded-method");
    let asks = match (named.next(), named.next()) {
        (Some(method), None) if is_from_a_trusted_proxy(request, proxies) => {
            method.as_bytes() == Method::OPTIONS.as_str().as_bytes()
        }
        (None, _) => request.method() == Method::OPTIONS,
        _ => false,
    };
    asks && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
        && !headers.contains_key(header::AUTHORIZATION)
        && !rules.is_sent(headers)
}

/// Whether a person looks at this: a browser that goes to a page, not a script of one and not a
/// program. Every browser asks for `text/html` by name there, and hardly a program does; `Sec-Fetch-Mode`
/// is newer than some browsers (W3C Fetch Metadata, section 2.2).
fn is_navigation(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let mode = text("sec-fetch-mode").is_none_or(|mode| mode == "navigate");
    let accepts = text("accept").is_some_and(|accept| accept.contains("text/html"));
    mode && accepts && text("x-requested-with").is_none()
}

/// The sign-in page, leading back to what the proxy was asked for where it may: the app's address is
/// believed only of a trusted proxy, and gone to only at a trusted origin or at our own.
fn sign_in_address(context: &AppState, request: &HttpRequest) -> String {
    let settings = &context.settings;
    let login = format!("{}{}", settings.base_url(), paths::LOGIN);
    let asked_for = is_from_a_trusted_proxy(request, &settings.trusted_proxies)
        .then(|| forwarded_address(request.headers(), settings))
        .flatten()
        .and_then(|address| ReturnTo::parse(&address, settings));
    match asked_for {
        Some(next) => paths::with_next(&login, next.as_str()),
        None => login,
    }
}

/// What the proxy was asked for: a path where the app shares our origin, a URL where it has its own.
/// Proxies that name neither scheme nor host share our origin, or would not be asked for a page of
/// another.
fn forwarded_address(headers: &HeaderMap, settings: &Settings) -> Option<String> {
    // The path of nginx, Caddy and Traefik; that of many nginx configurations.
    let path = ["x-forwarded-uri", "x-original-uri"]
        .iter()
        .find_map(|name| headers.get(*name))?
        .to_str()
        .ok()?;
    let plain = path.starts_with('/') && !path.starts_with("//");
    plain.then_some(())?;
    let host = first(headers, "x-forwarded-host");
    let scheme = match first(headers, "x-forwarded-proto") {
        // Traefik names the protocol of a WebSocket.
        Some("ws") => Some("http"),
        Some("wss") => Some("https"),
        other => other,
    };
    let own = settings.base_url();
    let host_of = |origin: &str| Some(Url::parse(origin).ok()?.authority().to_owned());
    let url = match (scheme, host) {
        (None, None) => return Some(path.to_owned()),
        (Some(scheme), Some(host)) => format!("{scheme}://{host}"),
        (Some(_), None) => own.clone(),
        // The one origin of that host, of those that may be gone to.
        (None, Some(host)) => {
            let trusted = settings.trusted_origins.iter().map(Origin::as_str);
            let mut known = std::iter::once(&*own).chain(trusted);
            known
                .find(|origin| host_of(origin).is_some_and(|known| known == host))?
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

/// The first entry of a header that each proxy in a row adds to: what the user typed.
fn first<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let value = headers.get(name)?.to_str().ok()?;
    value.split(',').next().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_of_ascii_in_a_header() {
        assert_eq!(encoded("Ada Lovelace"), "Ada Lovelace");
        assert_eq!(encoded("Zoë"), "Zo%C3%AB");
        assert_eq!(encoded("100%\r\nX: y"), "100%25%0D%0AX: y");
    }
}
