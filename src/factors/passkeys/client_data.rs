//! The part of the client data that webauthn-rs-core does not verify, or that is needed before it.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    challenge: String,
    #[serde(default)]
    cross_origin: Option<bool>,
    #[serde(default)]
    top_origin: Option<String>,
}

/// Returns the challenge that the browser says it has answered. `None` if the client data has none,
/// or if the page was in a frame of another site, where a user cannot see for whom the answer is.
pub(crate) fn challenge_in(client_data: &[u8]) -> Option<Vec<u8>> {
    let data: ClientData = serde_json::from_slice(client_data).ok()?;
    if data.cross_origin == Some(true) || data.top_origin.is_some() {
        return None;
    }
    BASE64_URL_SAFE_NO_PAD.decode(data.challenge).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenge_of_a_framed_page_is_refused() {
        let of = |rest: &str| challenge_in(format!("{{\"challenge\":\"AQI\"{rest}}}").as_bytes());
        assert_eq!(of(""), Some(vec![1, 2]));
        assert_eq!(of(",\"crossOrigin\":false,\"other\":1"), Some(vec![1, 2]));
        assert_eq!(of(",\"crossOrigin\":true"), None);
        assert_eq!(of(",\"topOrigin\":\"https://evil.example\""), None);
        assert_eq!(challenge_in(b"{\"challenge\":\"=\"}"), None);
        assert_eq!(challenge_in(b"[]"), None);
    }
}
