//! The client of a sign-in: its address and its user agent.

use std::net::IpAddr;

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header};
use futures_util::future::{Ready, ready};

use crate::{
    error::{Error, Result},
    http::middleware::client_ip::client_address,
};

/// The origin of a sign-in: the client's address and user agent.
pub struct ClientInfo {
    /// The client's address.
    pub ip: Option<IpAddr>,
    /// The `User-Agent` header.
    pub user_agent: Option<String>,
}

impl FromRequest for ClientInfo {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let user_agent = request
            .headers()
            .get(header::USER_AGENT)
            .map(|value| ascii_of(value.as_bytes()));
        ready(Ok(Self {
            ip: client_address(request),
            user_agent,
        }))
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
}
