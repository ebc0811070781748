//! The client of a sign-in: its address and its user agent.

use std::net::IpAddr;

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{self, HeaderMap},
};
use futures_util::future::{Ready, ready};

use crate::{
    error::{Error, Result},
    http::middleware::client_ip::client_address,
};

/// The origin of a sign-in: the client's address and user agent.
pub struct ClientInfo {
    /// The client's address.
    pub ip: Option<IpAddr>,
    /// The `User-Agent` header. The brand of `Sec-CH-UA` follows if the header does not name it.
    pub user_agent: Option<String>,
}

impl FromRequest for ClientInfo {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let user_agent = request
            .headers()
            .get(header::USER_AGENT)
            .map(|value| with_brand(ascii_of(value.as_bytes()), request.headers()));
        ready(Ok(Self {
            ip: client_address(request),
            user_agent,
        }))
    }
}

/// Browsers that send the user agent of Chrome, and their own name in `Sec-CH-UA` alone (User-Agent
/// Client Hints). Chromium sends that header without being asked, over HTTPS and to loopback
/// addresses.
const BRANDS: [&str; 3] = ["Brave", "DuckDuckGo", "Vivaldi"];

/// The longest version of a brand that is stored.
const MAX_VERSION_LENGTH: usize = 20;

/// Appends the product of the browser, such as `Brave/150`, if only the hint names it.
fn with_brand(user_agent: String, headers: &HeaderMap) -> String {
    let hint = headers.get("sec-ch-ua").and_then(|hint| hint.to_str().ok());
    let hint = hint.unwrap_or_default();
    let product = BRANDS.iter().find_map(|brand| {
        let (_, rest) = hint.split_once(&format!("\"{brand}\";v=\""))?;
        let version = rest
            .chars()
            .take_while(|character| character.is_ascii_digit() || *character == '.')
            .take(MAX_VERSION_LENGTH);
        let product = format!("{brand}/{}", version.collect::<String>());
        (!user_agent.contains(&format!("{brand}/"))).then_some(product)
    });
    match product {
        Some(product) => format!("{user_agent} {product}"),
        None => user_agent,
    }
}

/// Returns the text of a header without control characters. Each byte beyond ASCII becomes `?`, so
/// that one such byte does not make the whole user agent unknown.
fn ascii_of(value: &[u8]) -> String {
    value
        .iter()
        .filter(|byte| !byte.is_ascii_control())
        .map(|byte| {
            if byte.is_ascii() {
                char::from(*byte)
            } else {
                '?'
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use actix_web::{http::header::HeaderValue, test::TestRequest};

    use super::*;

    #[test]
    fn byte_beyond_ascii_keeps_the_rest_of_the_user_agent() {
        let agent = HeaderValue::from_bytes(b"Mozilla/5.0 (iPhone; caf\xe9)").unwrap();
        let request = TestRequest::default().insert_header((header::USER_AGENT, agent));
        let origin = ClientInfo::from_request(&request.to_http_request(), &mut Payload::None);
        let user_agent = origin.into_inner().unwrap().user_agent;
        assert_eq!(user_agent.as_deref(), Some("Mozilla/5.0 (iPhone; caf?)"));
    }
    #[test]
    fn brand_of_the_hint_follows_the_user_agent() {
        let chromium = r#""Chromium";v="150", "Not A Brand";v="99""#;
        let brave = r#""Brave";v="150", "Chromium";v="150", "Not A Brand";v="99""#;
        for (agent, hint, expected) in [
            ("Chrome/150", chromium, "Chrome/150"),
            ("Chrome/150", brave, "Chrome/150 Brave/150"),
            ("Chrome/150 Brave/150", brave, "Chrome/150 Brave/150"),
            ("Chrome/150", r#""Brave";v="<b>""#, "Chrome/150 Brave/"),
            ("Chrome/150", "Brave", "Chrome/150"),
        ] {
            let request = TestRequest::default().insert_header((header::USER_AGENT, agent));
            let request = request.insert_header(("sec-ch-ua", hint)).to_http_request();
            let origin = ClientInfo::from_request(&request, &mut Payload::None);
            let user_agent = origin.into_inner().unwrap().user_agent;
            assert_eq!(user_agent.as_deref(), Some(expected), "{agent} {hint}");
        }
    }
}
