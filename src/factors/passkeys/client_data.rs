//! The part of the client data that webauthn-rs-core does not verify, or that is needed before it.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    challenge: String,
    #[serde(default)]
    origin: Option<String>,
    #[serde(default)]
    cross_origin: Option<bool>,
    #[serde(default)]
    top_origin: Option<String>,
}

/// Returns the origin that the client data name, as the browser wrote it.
pub(super) fn origin_in(client_data: &[u8]) -> Option<String> {
    let data: ClientData = serde_json::from_slice(client_data).ok()?;
    data.origin
}

/// The challenge that the browser says it has answered.
pub(super) struct NamedChallenge {
    pub(super) bytes: Vec<u8>,
    /// Whether the page was in a frame of another site, where a user cannot see for whom the answer
    /// is.
    pub(super) is_framed: bool,
}

/// Returns the challenge that the client data name.
pub(super) fn challenge_in(client_data: &[u8]) -> Option<NamedChallenge> {
    let data: ClientData = serde_json::from_slice(client_data).ok()?;
    Some(NamedChallenge {
        bytes: BASE64_URL_SAFE_NO_PAD.decode(data.challenge).ok()?,
        is_framed: data.cross_origin == Some(true) || data.top_origin.is_some(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenge_of_a_framed_page_is_marked() {
        let of = |rest: &str| {
            let named = challenge_in(format!("{{\"challenge\":\"AQI\"{rest}}}").as_bytes());
            named.map(|named| (named.bytes, named.is_framed))
        };
        assert_eq!(of(""), Some((vec![1, 2], false)));
        let same = ",\"crossOrigin\":false,\"other\":1";
        assert_eq!(of(same), Some((vec![1, 2], false)));
        assert_eq!(of(",\"crossOrigin\":true"), Some((vec![1, 2], true)));
        let framed = ",\"topOrigin\":\"https://evil.example\"";
        assert_eq!(of(framed), Some((vec![1, 2], true)));
        assert!(challenge_in(b"{\"challenge\":\"=\"}").is_none());
        assert!(challenge_in(b"[]").is_none());
    }
}
