//! Checks that a request names this server. Another name in `Host` is a mistake or an attack by DNS
//! rebinding, and gets 421 (RFC 9110, sections 7.4 and 15.5.20).

use std::net::SocketAddr;

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, HeaderMap},
};

use super::client_ip::is_from_a_trusted_proxy;
use crate::{
    config::Settings,
    http::{paths, response::error_response::ResponseFormat},
};

/// Returns whether the request names this server, or has a path that probes use with any name.
/// `path` is relative to the mount, and `None` outside of it. `listen` is the listen address as
/// text. Without a public URL, most requests name exactly this address, so no parser is needed.
#[must_use]
pub fn is_allowed_host(
    path: Option<&str>,
    uri_authority: Option<&str>,
    headers: &HeaderMap,
    settings: &Settings,
    listen: &str,
) -> bool {
    matches!(path, Some(paths::HEALTH | paths::READY | paths::VERIFY))
        || names_this_server(uri_authority, headers, settings, listen)
}

/// Returns whether the request names this server.
#[must_use]
pub fn names_this_server(
    uri_authority: Option<&str>,
    headers: &HeaderMap,
    settings: &Settings,
    listen: &str,
) -> bool {
    let mut hosts = headers.get_all(header::HOST);
    let host_header = hosts.next().and_then(|host| host.to_str().ok());
    // An absolute-form target outranks Host (RFC 9112, section 3.2.2).
    let host = uri_authority.or(host_header);
    let is_named = hosts.next().is_none()
        && host.is_some_and(|host| {
            (settings.server.public_url.is_none() && host == listen) || is_own_name(host, settings)
        });
    is_named || settings.server.any_host
}

fn is_own_name(host: &str, settings: &Settings) -> bool {
    if let Some(url) = &settings.server.public_url {
        let default_port = if url.is_https() { ":443" } else { ":80" };
        let bare = host.strip_suffix(default_port).unwrap_or(host);
        return [host, bare]
            .iter()
            .any(|name| name.eq_ignore_ascii_case(url.authority()));
    }
    // Without a public URL, most requests name an address. This needs no URL parser.
    if let Ok(address) = host.parse::<SocketAddr>() {
        return address.ip().is_loopback() || Some(address.ip()) == settings.server.listen.ip();
    }
    let Ok(url) = url::Url::parse(&format!("http://{host}/")) else {
        return false;
    };
    let bare = url.username().is_empty() && url.password().is_none() && url.path() == "/";
    bare && match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => {
            address.is_loopback() || settings.server.listen.ip() == Some(address.into())
        }
        Some(url::Host::Ipv6(address)) => {
            address.is_loopback() || settings.server.listen.ip() == Some(address.into())
        }
        None => false,
    }
}

/// Returns a redirect to https for a browser that asked a trusted proxy for a page over http. A
/// program is never redirected, because nothing would show that its secret travels
/// unencrypted.
///
/// Browsers send `Sec-Fetch-Site` over https only (W3C Fetch Metadata, section 2). If the request
/// has it, the proxy reports the wrong scheme, and a redirect would loop.
#[must_use]
pub fn to_https(request: &HttpRequest, settings: &Settings) -> Option<HttpResponse> {
    let format = || ResponseFormat::at(&settings.server.mount, request.path());
    if !settings.is_https() || format() == ResponseFormat::Json {
        return None;
    }
    let headers = request.headers();
    let proto = headers.get("x-forwarded-proto")?.to_str().ok()?;
    let by_http = proto.split(',').next().map(str::trim) == Some("http");
    let is_redirected = by_http
        && request.method().is_safe()
        && !headers.contains_key("sec-fetch-site")
        && is_from_a_trusted_proxy(request, &settings.server.trusted_proxies);
    let path = request.uri().path_and_query()?;
    is_redirected.then(|| {
        let address = format!("{}{path}", settings.origin());
        let mut answer = HttpResponse::PermanentRedirect();
        answer.insert_header((header::LOCATION, address)).finish()
    })
}

/// Returns the origin of this request's page, in the form of the `Origin` header.
#[must_use]
pub fn own_origin(request: &HttpRequest, settings: &Settings) -> Option<String> {
    if let Some(url) = &settings.server.public_url {
        return Some(url.origin().to_string());
    }
    let host = request.headers().get(header::HOST)?.to_str().ok()?;
    let url = url::Url::parse(&format!("http://{host}/")).ok()?;
    Some(url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Sources;

    fn settings(values: &[(&str, &str)]) -> Settings {
        Settings::read(&Sources::of(values.iter().copied()).unwrap()).unwrap()
    }

    #[test]
    fn loopback_and_listen_address_are_allowed_without_public_url() {
        let settings = settings(&[("NARTHEX_LISTEN", "192.0.2.7:9000")]);
        for host in [
            "localhost",
            "LocalHost:9000",
            "127.0.0.1:1",
            "[::1]:8080",
            "192.0.2.7:9000",
        ] {
            assert!(is_own_name(host, &settings), "{host}");
        }
        for host in [
            "",
            "example.com",
            "localhost.evil.example",
            "192.0.2.8",
            "a@localhost",
            "localhost/x",
        ] {
            assert!(!is_own_name(host, &settings), "{host}");
        }
    }

    #[test]
    fn only_the_host_of_the_public_url_is_allowed() {
        let settings = settings(&[("NARTHEX_PUBLIC_URL", "https://id.example.com")]);
        for host in ["id.example.com", "ID.example.com", "id.example.com:443"] {
            assert!(is_own_name(host, &settings), "{host}");
        }
        for host in [
            "localhost",
            "127.0.0.1:8080",
            "id.example.com:80",
            "example.com",
            "x.id.example.com",
        ] {
            assert!(!is_own_name(host, &settings), "{host}");
        }
    }
}
